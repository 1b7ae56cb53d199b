"""학교 보조금 공고: what a call asks for, its readers, their points, and the decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from budget.forms import ReasonForm, WonField
from budget.grants import calling, deciding, reviewing
from budget.grants.deciding import Wish
from budget.models import (
    GrantApplication,
    GrantCall,
    GrantCriterion,
    GrantPaper,
    GrantQuestion,
    GrantReading,
    GrantReviewer,
)
from budget.templatetags.budget import won
from lifecycle import access
from lifecycle.admin import StaffAdmin
from lifecycle.locks import Refused, lock
from lifecycle.models import AccessLog

both = require_http_methods(["GET", "HEAD", "POST"])
SETTLED = ["line", "budget_won", "ceiling_won", "opens_at", "accounts"]  # stays as it was published


class CallForm(forms.ModelForm):
    budget_won = WonField(label="지원 총액(원)")
    ceiling_won = WonField(label="학교당 한도(원)")


class _Part(admin.TabularInline):
    """A part of the call that stays as it was published."""

    extra = 0

    def _is_out(self, call: GrantCall | None) -> bool:
        return call is not None and call.published_at is not None

    def has_add_permission(self, request: HttpRequest, obj: GrantCall | None = None) -> bool:
        return request.user.has_perm("budget.change_grantcall") and not self._is_out(obj)

    def has_change_permission(self, request: HttpRequest, obj: GrantCall | None = None) -> bool:
        return request.user.has_perm("budget.change_grantcall") and not self._is_out(obj)

    def has_delete_permission(self, request: HttpRequest, obj: GrantCall | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: GrantCall | None = None) -> bool:
        return request.user.has_perm("budget.view_grantcall")


class CriterionInline(_Part):
    model = GrantCriterion
    fields = ["position", "name", "weight"]


class PaperInline(_Part):
    model = GrantPaper
    fields = ["position", "name", "required"]


class QuestionInline(_Part):
    model = GrantQuestion
    fields = ["position", "text", "required"]


class ReviewerInline(_Part):
    """Readers may be added later; whoever has read stays."""

    model = GrantReviewer
    fields = ["user"]

    def formfield_for_foreignkey(self, key: models.ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if key.name == "user":
            kwargs["queryset"] = User.objects.present().filter(is_staff=True).order_by("name", "pk")
        return super().formfield_for_foreignkey(key, request, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: GrantCall | None = None) -> bool:
        return request.user.has_perm("budget.change_grantcall")


class RateForm(forms.Form):
    """Points for each criterion, and a remark."""

    def __init__(self, *args: Any, call: GrantCall, reading: GrantReading | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = dict(reading.scores.values_list("criterion", "points")) if reading else {}
        for one in call.criteria.all():
            self.fields[f"points_{one.pk}"] = forms.IntegerField(
                label=f"{one.name} (0~{one.weight}점)",
                min_value=0,
                max_value=one.weight,
                initial=given.get(one.pk),
                error_messages={"required": f"0점에서 {one.weight}점 사이로 적어 주세요."},
            )
        self.fields["remark"] = forms.CharField(
            label="의견", max_length=500, required=False, initial=reading.remark if reading else "",
            widget=forms.Textarea({"rows": 3, "class": "vLargeTextField"}),
        )  # fmt: skip

    def points(self) -> dict[int, int]:
        found = self.cleaned_data.items()
        return {int(name.partition("_")[2]): value for name, value in found if name.startswith("points_")}


class AwardsForm(ReasonForm):
    """An amount for each application that is to be decided; blank is left open, 0 is 미선정 and needs a reason."""

    def __init__(self, *args: Any, rows: list[reviewing.Ranked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "결재 사유"
        self.rows = [row for row in rows if row.application.state in ("submitted", "correction")]
        for row in self.rows:
            key, school = row.application.pk, row.application.school
            self.fields[f"won_{key}"] = WonField(label=f"{school} 교부 결정액(원)", required=False)
            self.fields[f"why_{key}"] = forms.CharField(label=f"{school} 사유", max_length=300, required=False)

    def of(self, application: GrantApplication) -> tuple[Any, Any] | None:
        name = f"won_{application.pk}"
        return (self[name], self[f"why_{application.pk}"]) if name in self.fields else None

    def wishes(self) -> list[Wish]:
        given = self.cleaned_data
        return [
            Wish(row.application, amount, given[f"why_{row.application.pk}"])
            for row in self.rows
            if (amount := given[f"won_{row.application.pk}"]) is not None
        ]


@admin.register(GrantCall)
class GrantCallAdmin(StaffAdmin):
    form = CallForm
    list_display = ["title", "line", "budget", "opens_at", "closes_at", "settle_by", "stand"]
    search_fields = ["title"]
    fields = [
        "title", "about", "line", "accounts", "budget_won", "ceiling_won", "opens_at", "closes_at", "settle_by",
        "published_at",
    ]  # fmt: skip
    readonly_fields = ["published_at"]
    filter_horizontal = ["accounts"]
    inlines = [CriterionInline, PaperInline, QuestionInline, ReviewerInline]
    change_form_template = "admin/budget/grants/call.html"

    budget = admin.display(description="지원 총액(원)", ordering="budget_won")(lambda _self, call: won(call.budget_won))

    @admin.display(description="상태")
    def stand(self, call: GrantCall) -> str:
        return call.stand.label

    def joined(self, request: HttpRequest) -> set[str]:
        return super().joined(request) | {"line__project", "line__account", "line__year"}

    def get_readonly_fields(self, request: HttpRequest, obj: GrantCall | None = None) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, *SETTLED] if obj is not None and obj.published_at is not None else fields

    def has_delete_permission(self, request: HttpRequest, obj: GrantCall | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.published_at is None)

    def save_model(self, request: HttpRequest, obj: GrantCall, form: forms.ModelForm, change: bool) -> None:
        """Only what was changed is written, under the row that numbers and decisions hold."""
        if not change:
            obj.save()
            return
        lock(GrantCall.objects.all(), obj.pk)
        columns = [name for name in form.changed_data if name != "accounts"]
        if columns:
            obj.save(update_fields=columns)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        call = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if call is not None:
            user = request.user
            context |= {
                "may_publish": call.published_at is None and user.has_perm("budget.change_grantcall"),
                "gaps": calling.gaps(call) if call.published_at is None else [],
                "may_read": call.reviewers.filter(user=user).exists() and user.has_perm("budget.review_grants"),
            }
        return super().change_view(request, object_id, form_url, context)

    # --- Pages of its own ---------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        def page(where: str, view: Callable, name: str) -> URLPattern:
            return path(where, self.admin_site.admin_view(never_cache(view)), name=f"budget_grantcall_{name}")

        return [
            page("reading/", require_safe(self.reading), "reading"),
            page("<int:pk>/publish/", require_POST(self.publish), "publish"),
            page("<int:pk>/ranking/", both(self.ranking), "ranking"),
            page("<int:pk>/read/<int:application>/", both(self.read), "read"),
            *super().get_urls(),
        ]

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("budget.change_grantcall"):
            raise PermissionDenied
        try:
            calling.publish(get_object_or_404(GrantCall, pk=pk), by=request.user)
            messages.success(request, "공고를 게시했습니다. 접수 시작 시각부터 학교가 신청할 수 있습니다.")
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:budget_grantcall_change", pk)

    def reading(self, request: HttpRequest) -> HttpResponse:
        """What I have to read, call by call, with my own points alone."""
        self._may_review(request)
        calls = []
        for seat in GrantReviewer.objects.filter(user=request.user).select_related("call").order_by("-call", "pk"):
            mine = dict(seat.readings.annotate(sum=models.Sum("scores__points")).values_list("application", "sum"))
            calls.append((seat.call, [(one, mine.get(one.pk)) for one in reviewing.to_read(seat)]))
        context = self._context(request, "보조금 심사", calls=calls)
        return TemplateResponse(request, "admin/budget/grants/reading.html", context)

    def read(self, request: HttpRequest, pk: int, application: int) -> HttpResponse:
        """One application, whole, and my points for it."""
        self._may_review(request)
        seat = get_object_or_404(GrantReviewer.objects.select_related("call", "user"), call=pk, user=request.user)
        found = next((one for one in reviewing.to_read(seat) if one.pk == application), None)
        if found is None:
            raise Http404
        reading = seat.readings.filter(application=found).first()
        form = RateForm(request.POST if request.method == "POST" else None, call=seat.call, reading=reading)
        if request.method == "POST" and form.is_valid():
            try:
                reviewing.rate(found, form.points(), by=request.user, remark=form.cleaned_data["remark"])
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"{found.school}의 점수를 저장했습니다.")
                return redirect("admin:budget_grantcall_reading")
        if request.method != "POST":
            access.record(request, AccessLog.Act.VIEW, f"보조금 신청 심사 {found.label_number} {found.school}"[:200])
        context = self._context(request, f"{found.school} 심사", call=seat.call, form=form, **contents(found))
        return TemplateResponse(request, "admin/budget/grants/read.html", context)

    def ranking(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Progress for everybody; ranks and amounts once every reader is done."""
        if not request.user.has_perm("budget.view_grantapplication"):
            raise PermissionDenied
        call = get_object_or_404(GrantCall.objects.select_related("line__year", "line__project"), pk=pk)
        open_ = reviewing.may_see_scores(call)
        rows = reviewing.ranking(call) if open_ else []
        form = AwardsForm(request.POST if request.method == "POST" else None, rows=rows)
        if request.method == "POST":
            if not request.user.has_perm("budget.add_entry"):
                raise PermissionDenied
            if form.is_valid() and self._proposed(request, call, form):
                return redirect("admin:budget_grantcall_ranking", pk)
        context = self._context(
            request, f"{call} 심사 결과와 교부 결정", call=call, progress=reviewing.progress(call), is_open=open_,
            rows=[(row, form.of(row.application)) for row in rows], form=form, left=deciding.left(call),
            decisions=call.decisions.select_related("made_by"),
            may_decide=open_ and bool(form.rows) and request.user.has_perm("budget.add_entry"),
        )  # fmt: skip
        return TemplateResponse(request, "admin/budget/grants/ranking.html", context)

    def _proposed(self, request: HttpRequest, call: GrantCall, form: AwardsForm) -> bool:
        try:
            deciding.propose(call, form.wishes(), by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error(None, str(refused))
            return False
        messages.success(request, "결재를 올렸습니다. 다른 담당자가 승인하면 교부가 결정되고 학교에 알립니다.")
        return True

    @staticmethod
    def _may_review(request: HttpRequest) -> None:
        if not request.user.has_perm("budget.review_grants"):
            raise PermissionDenied

    def _context(self, request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **more}


def contents(found: GrantApplication) -> dict[str, Any]:
    """What a school wrote, for whoever reads it."""
    return {
        "application": found,
        "lines": found.lines.select_related("account"),
        "answers": [(one, found.answers.get(str(one.pk), "")) for one in found.call.questions.all()],
        "files": [(one, reverse("admin:budget_grantapplication_file", args=[one.pk])) for one in found.files.select_related("paper").order_by("paper", "pk")],
    }  # fmt: skip
