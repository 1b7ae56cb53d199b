"""학교 보조금 신청: what a school sent, and the next step by a button: correction, payment, settlement, return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from budget.admin.calls import contents
from budget.forms import DAY, ReasonForm
from budget.grants import applying, deciding, papers, paying, reviewing, settling
from budget.grants.views import shown
from budget.models import GrantApplication, GrantFile, GrantPayment, GrantReviewer
from budget.templatetags.budget import won
from lifecycle import access
from lifecycle.admin import StaffAdmin
from lifecycle.locks import Refused
from lifecycle.models import AccessLog

State = GrantApplication.State
MONEY, CARE = "budget.add_entry", "budget.change_grantapplication"


class CorrectionForm(ReasonForm):
    until = forms.SplitDateTimeField(
        label="보완 기한",
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": "보완 기한 날짜"},
            time_attrs={"type": "time", "aria-label": "보완 기한 시각"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
        error_messages={"required": "보완 기한을 적어 주세요.", "incomplete": "날짜와 시각을 모두 적어 주세요."},
    )


class BookForm(forms.Form):
    """When and under which number e호조 holds it."""

    effective_on = forms.DateField(label="날짜", widget=DAY, initial=timezone.localdate)
    document_no = forms.CharField(
        label="e호조 문서번호", max_length=50, error_messages={"required": "e호조 문서번호를 적어 주세요."}
    )


class ReturnForm(BookForm):
    interest_no = forms.CharField(
        label="이자 수입 문서번호", max_length=50, required=False,
        help_text="이자는 세외수입으로 받습니다. 예산 기록에는 적지 않고 여기에 문서번호만 남깁니다.",
    )  # fmt: skip


class NoForm(forms.Form):
    """A step that needs no words."""


@dataclass(frozen=True)
class Act:
    """One step of staff: the words of its button, what it asks, the right it needs, and what it does."""

    label: str
    button: str
    form: type[forms.Form]
    permission: str
    do: Callable[[GrantApplication, dict[str, Any], Any], object]
    hint: str = ""


def _payment(application: GrantApplication) -> GrantPayment:
    found = application.payments.filter(state=GrantPayment.State.ASKED).first()
    if found is None:
        raise applying.NotNow("처리를 기다리는 지급 요청이 없습니다.")
    return found


ACTS = {
    "pay": Act(
        "지급", "지급 기록하기", BookForm, MONEY,
        lambda one, given, by: paying.pay(_payment(one), by=by, **given),
    ),
    "decline": Act(
        "지급 요청 돌려보내기", "돌려보내기", ReasonForm, MONEY,
        lambda one, given, by: paying.decline(_payment(one), reason=given["reason"], by=by),
    ),
    "correction": Act(
        "보완 요청", "보완 요청하기", CorrectionForm, CARE,
        lambda one, given, by: applying.ask_correction(one, what=given["reason"], until=given["until"], by=by),
        hint="학교가 사유를 읽고 기한 전에 고쳐 다시 제출합니다.",
    ),
    "accept": Act(
        "정산 확정", "정산 확정하기", NoForm, MONEY, lambda one, given, by: settling.accept(one, by=by),
        hint="남은 금액이나 이자가 있으면 학교에 반납을 안내하고, 없으면 정산을 마칩니다.",
    ),
    "again": Act(
        "정산 보완 요청", "보완 요청하기", ReasonForm, CARE,
        lambda one, given, by: settling.ask_again(one, what=given["reason"], by=by),
    ),
    "returned": Act(
        "반납 확인", "반납 기록하기", ReturnForm, MONEY,
        lambda one, given, by: settling.take_return(one, by=by, **given),
    ),
    "cancel": Act(
        "교부 취소", "교부 취소하기", ReasonForm, MONEY,
        lambda one, given, by: deciding.cancel(one, by=by, reason=given["reason"]),
        hint="지급하기 전에만 할 수 있습니다. 원인행위를 취소하고 학교에 알립니다.",
    ),
}  # fmt: skip


def possible(application: GrantApplication) -> list[str]:
    """What can be done now, most likely first."""
    state = application.state
    found = []
    if state == State.GRANTED and application.payments.filter(state=GrantPayment.State.ASKED).exists():
        found += ["pay", "decline"]
    if state in (State.SUBMITTED, State.CORRECTION):
        found.append("correction")
    if state == State.REPORTED:
        found += ["accept", "again"]
    if state == State.RETURNING:
        found.append("returned")
    if state == State.GRANTED and not application.paid_won:
        found.append("cancel")
    return found


@admin.register(GrantApplication)
class GrantApplicationAdmin(StaffAdmin):
    """Nothing is written by hand; each step below the facts is a use case."""

    list_display = ["label_number", "school__name", "title", "call__title", "asked", "granted", "state", "submitted_at"]
    list_display_links = ["label_number", "title"]
    list_filter = ["state", "call"]
    search_fields = ["school__name", "title"]
    search_help_text = "학교와 사업 이름으로 찾습니다."
    fields = readonly_fields = [
        "call", "school", "label_number", "title", "purpose", "asked", "granted", "paid", "returned", "state",
        "submitted_at", "correction", "correction_until", "decided_because",
    ]  # fmt: skip
    change_form_template = "admin/budget/grants/application.html"

    label_number = admin.display(description="접수 번호", ordering="number")(lambda _self, one: one.label_number)
    asked = admin.display(description="신청액(원)", ordering="asked_won")(lambda _self, one: won(one.asked_won))
    granted = admin.display(description="교부 결정액(원)", ordering="granted_won")(
        lambda _self, one: won(one.granted_won)
    )
    paid = admin.display(description="지급액(원)")(lambda _self, one: won(one.paid_won))
    returned = admin.display(description="반납액(원)")(lambda _self, one: won(one.returned_won))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[GrantApplication]:
        return super().get_queryset(request).visible_to(request.user).select_related("call", "school")

    def get_urls(self) -> list[URLPattern]:
        def page(where: str, view: Callable, name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(never_cache(view))
            return path(where, wrapped, name=f"budget_grantapplication_{name}")

        return [
            page("<int:pk>/act/<slug:verb>/", require_POST(self.act), "act"),
            page("<int:pk>/letter/", require_POST(self.letter), "letter"),
            page("files/<int:pk>/", require_safe(self.file), "file"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any) -> Any:
        if obj is not None:
            refused = getattr(request, "refused", {})
            acts = [
                (verb, ACTS[verb], refused.get(verb) or ACTS[verb].form(prefix=verb))
                for verb in possible(obj)
                if request.user.has_perm(ACTS[verb].permission)
            ]
            context = {
                **context,
                **contents(obj),
                "acts": acts,
                "payments": obj.payments.select_related("entry", "asked_by"),
                "report": getattr(obj, "report", None),
                "rest": settling.to_return(obj) if obj.state in (State.REPORTED, State.RETURNING) else None,
                "is_granted": obj.state in GrantApplication.GRANTEES,
                "earlier": GrantApplication.objects.standing().filter(school=obj.school).exclude(pk=obj.pk)
                .select_related("call", "school")[:10],
                "show_save": False,
                "show_save_and_continue": False,
            }  # fmt: skip
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def act(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        act = ACTS.get(verb)
        if act is None:
            raise Http404
        if not request.user.has_perm(act.permission):
            raise PermissionDenied
        found = get_object_or_404(GrantApplication.objects.visible_to(request.user).for_page(), pk=pk)
        form = act.form(request.POST, prefix=verb)
        if form.is_valid():
            try:
                act.do(found, form.cleaned_data, request.user)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"{act.label}: 처리했습니다. 학교에 알립니다.")
                return redirect("admin:budget_grantapplication_change", pk)
        if verb not in possible(found):  # somebody was quicker: the page would have no place for the form
            for error in form.non_field_errors():
                messages.error(request, error)
            return redirect("admin:budget_grantapplication_change", pk)
        request.refused = {verb: form}
        request.method = "GET"  # nothing of the model's own form was sent
        return self.change_view(request, str(pk))

    def letter(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("budget.view_grantapplication"):
            raise PermissionDenied
        found = get_object_or_404(GrantApplication.objects.visible_to(request.user), pk=pk)
        try:
            return redirect(papers.letter(found, by=request.user))
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("admin:budget_grantapplication_change", pk)

    def file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A file of a school, logged; for whoever may see applications, and readers of the call but for the own school's."""
        row = get_object_or_404(GrantFile.objects.select_related("application"), pk=pk)
        application = row.application
        seat = GrantReviewer.objects.filter(call=application.call_id, user=request.user).exists()
        reads = seat and application.school_id not in reviewing.own_schools(request.user)
        if not (request.user.has_perm("budget.view_grantapplication") or reads):
            raise PermissionDenied
        if application.state == State.DRAFT:
            raise Http404
        access.record(request, AccessLog.Act.VIEW, f"보조금 파일 {row.pk} {application.label_number}")
        return shown(row)
