"""보존 기간표, 파기 계획과 승인, 파기 관리대장."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from lifecycle import destruction, retention
from lifecycle.admin.base import AppendOnlyAdmin
from lifecycle.admin.reasons import ReasonForm
from lifecycle.models import DestructionPlan, DestructionRecord, IllegalMove, StaleState

COUNT_CAP = 10_000  # rows the table of periods counts per kind
REGISTER_CAP = 1_000  # lines of one printed register


@admin.register(DestructionPlan)
class DestructionPlanAdmin(AppendOnlyAdmin):
    """Plans to read; asking, agreeing, refusing and carrying out are buttons that go through the use cases."""

    list_display = ["label", "count", "period", "state", "automatic", "drafted_at", "requested_by", "approved_by"]
    list_filter = ["state", "automatic"]
    search_fields = ["label", "kind"]
    exclude = ["rows", "kind"]
    change_form_template = "admin/lifecycle/plan.html"

    def get_urls(self) -> list[URLPattern]:
        def verb(name: str) -> URLPattern:
            view = self.admin_site.admin_view(getattr(self, name))
            return path(f"<int:pk>/{name}/", view, name=f"lifecycle_destructionplan_{name}")

        open_to_staff = self.admin_site.admin_view
        return [
            path("periods/", open_to_staff(self.periods), name="lifecycle_destructionplan_periods"),
            path("ask/<str:code>/", open_to_staff(self.ask), name="lifecycle_destructionplan_ask"),
            *(verb(name) for name in ("approve", "reject", "carry_out")),
            *super().get_urls(),
        ]

    def periods(self, request: HttpRequest) -> HttpResponse:
        """Every kind of data: how long, on what ground, and how much of it is over now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        over = retention.over(timezone.now(), cap=COUNT_CAP)
        open_plans = {plan.kind: plan for plan in DestructionPlan.objects.filter(state__in=DestructionPlan.LIVE)}
        lines = [
            {"kind": kind, "over": over[kind.code], "plan": open_plans.get(kind.code)} for kind in retention.kinds()
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "보존 기간표",
            "lines": lines,
            "cap": COUNT_CAP,
            "may_ask": request.user.has_perm("lifecycle.add_destructionplan"),
        }
        return TemplateResponse(request, "admin/lifecycle/periods.html", context)

    # --- Verbs -------------------------------------------------------------------------------
    def ask(self, request: HttpRequest, code: str) -> HttpResponse:
        """Ask, in one's own name, for what is over to be destroyed."""
        if refusal := self._refusal(request, "lifecycle.add_destructionplan"):
            return refusal
        try:
            plan = destruction.draft(retention.kind(code), by=request.user)
        except (KeyError, destruction.NotDestroyed):
            plan = None
        if plan is None:
            self.message_user(request, "기간이 지난 자료가 없거나 이미 만든 계획이 있습니다.", messages.WARNING)
            return redirect("admin:lifecycle_destructionplan_periods")
        self.message_user(
            request, f"{plan}의 파기를 요청했습니다. 다른 담당자가 승인하면 파기합니다.", messages.SUCCESS
        )
        return redirect("admin:lifecycle_destructionplan_change", plan.pk)

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        def act(plan: DestructionPlan) -> str:
            destruction.approve(plan, by=request.user, digest=request.POST.get("digest", ""))
            return "승인했습니다. 다음 정기 실행 때 파기합니다. 바로 파기하려면 ‘지금 파기’를 누르세요."

        return self._verb(request, pk, act)

    def reject(self, request: HttpRequest, pk: int) -> HttpResponse:
        def act(plan: DestructionPlan) -> str:
            form = ReasonForm(request.POST)
            if not form.is_valid():
                raise destruction.NotDestroyed(" ".join(form.errors["reason"]))
            destruction.reject(plan, by=request.user, reason=form.cleaned_data["reason"])
            return "반려했습니다. 자료는 그대로 두었습니다."

        return self._verb(request, pk, act)

    def carry_out(self, request: HttpRequest, pk: int) -> HttpResponse:
        def act(plan: DestructionPlan) -> str:
            record = destruction.carry_out(plan, by=request.user)
            return f"{record.count}건을 파기하고 관리대장에 적었습니다."

        return self._verb(request, pk, act)

    def _verb(self, request: HttpRequest, pk: int, act) -> HttpResponse:
        if refusal := self._refusal(request, "lifecycle.approve_destructionplan"):
            return refusal
        plan = get_object_or_404(DestructionPlan, pk=pk)
        try:
            self.message_user(request, act(plan), messages.SUCCESS)
        except destruction.NotDestroyed as refused:
            self.message_user(request, str(refused), messages.ERROR)
        except (IllegalMove, StaleState):
            self.message_user(request, "이미 처리된 계획입니다.", messages.WARNING)
        return redirect("admin:lifecycle_destructionplan_change", pk)

    def _refusal(self, request: HttpRequest, permission: str) -> HttpResponse | None:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        plan = self.get_object(request, object_id)
        context = {
            **(extra_context or {}),
            "plan": plan,
            "may_decide": request.user.has_perm("lifecycle.approve_destructionplan"),
            "own_request": plan is not None and plan.requested_by_id == request.user.pk,
            "reason_field": ReasonForm()["reason"],
        }
        return super().change_view(request, object_id, form_url, context)


@admin.register(DestructionRecord)
class DestructionRecordAdmin(AppendOnlyAdmin):
    list_display = ["at", "label", "count", "period", "method", "requested_by", "approved_by", "remark"]
    list_filter = ["at", "label"]

    def get_urls(self) -> list[URLPattern]:
        register = self.admin_site.admin_view(self.register)
        return [path("register/", register, name="lifecycle_destructionrecord_register"), *super().get_urls()]

    def register(self, request: HttpRequest) -> HttpResponse:
        """The register of one year on paper, oldest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        this_year = timezone.localdate().year
        given = request.GET.get("year", "")
        year = int(given) if given.isdecimal() and 2000 <= int(given) <= this_year else this_year
        records = DestructionRecord.objects.filter(at__year=year).select_related("requested_by", "approved_by")
        first = DestructionRecord.objects.order_by("at").values_list("at", flat=True).first()
        oldest = timezone.localtime(first).year if first else this_year
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "개인정보 파기 관리대장",
            "year": year,
            "years": range(this_year, oldest - 1, -1),
            "records": records.order_by("at", "pk")[:REGISTER_CAP],
            "printed_at": timezone.now(),
        }
        return TemplateResponse(request, "admin/lifecycle/register.html", context)
