"""Applications for staff: the list of a run, one application with its trail, and what the centre decides by hand.

Every button calls the use case that families' pages call; nothing here writes a state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import callers
from accounts.models import Student
from intake.admission import Code
from krds.dates import kdatetime
from lifecycle import access
from lifecycle.admin import MaskedAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name
from programs import enrolment, rules, seating, waiting
from programs.admin import many
from programs.enrolment import Entrant, People
from programs.models import Application, Group, Participant, Run, RunOffer

State = Application.State

MOST_RUNS = 60  # to choose from, in the filter and at the counter
CHANGE, ADD = "programs.change_application", "programs.add_application"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="사유",
        min_length=2,
        max_length=200,
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "사유를 적어 주세요."},
    )


class CallerForm(forms.Form):
    """For whom and for which run; the rules are passed only with a reason."""

    student = forms.IntegerField(widget=forms.HiddenInput, error_messages={"required": "학생을 먼저 골라 주세요."})
    run = forms.ModelChoiceField(Run.objects.none(), label="회차", empty_label="골라 주세요")
    remark = forms.CharField(
        label="남길 말", required=False, max_length=500, widget=forms.Textarea({"rows": 2, "class": "vLargeTextField"})
    )
    exception = forms.CharField(
        label="규칙 예외 사유",
        required=False,
        max_length=200,
        help_text="규칙에 걸리는 학생을 예외로 신청할 때만 적습니다. 처리 이력에 남습니다.",
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["run"].queryset = _open_runs()


def _open_runs() -> models.QuerySet[Run]:
    """Runs that a single person may still be entered for, the next first."""
    runs = Run.objects.filter(ends_at__gt=timezone.now(), opens_at__isnull=False).exclude(state=Run.State.CANCELLED)
    return runs.exclude(party=Run.Party.CLASS).select_related("program").order_by("starts_at", "pk")


class RunFilter(admin.SimpleListFilter):
    title, parameter_name = "회차", "run"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        runs = Run.objects.filter(applications__isnull=False).distinct().select_related("program")
        return [(run.pk, str(run)) for run in runs.order_by("-starts_at", "-pk")[:MOST_RUNS]]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        value = self.value() or ""
        return queryset.filter(run=int(value)) if value.isdecimal() and len(value) < 18 else queryset


class GroupFilter(admin.SimpleListFilter):
    """The groups of the run that is chosen above."""

    title, parameter_name = "그룹", "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[int, str]]:
        run = request.GET.get("run", "")
        chosen = Group.objects.filter(run=int(run)) if run.isdecimal() and len(run) < 18 else Group.objects.none()
        # who belongs to a group of priority is nobody's business
        return list(chosen.filter(for_priority=False).values_list("pk", "name"))

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        known = {str(pk) for pk, _name in self.lookup_choices}
        return queryset.filter(group=self.value()) if self.value() in known else queryset


class RunOfferInline(admin.TabularInline):
    """What was offered, and what was answered."""

    model = RunOffer
    fields = readonly_fields = ["state", "made_at", "announced_at", "deadline", "reason"]
    extra = max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RunOffer]:
        return super().get_queryset(request).select_related("application__run__program")  # what an offer is called

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("programs.view_application")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


Act = Callable[[Application, str], Any]


@admin.register(Application)
class ApplicationAdmin(MaskedAdmin):
    personal = {"applicant__name": mask_name}
    list_select_related = ["run__program", "group", "school", "applicant"]
    list_display = ["number_text", "people", "state", "run", "places", "group_text", "applied_at"]
    list_filter = [RunFilter, GroupFilter, "state", "on_behalf"]
    search_fields = ["participants__student__name", "participants__name"]
    search_help_text = "참가자 이름으로 찾습니다."
    ordering = ["-applied_at", "-pk"]
    change_form_template = "admin/programs/application/change_form.html"
    change_list_template = "admin/programs/application/change_list.html"
    inlines = [RunOfferInline]  # the base adds the trail
    fields = readonly_fields = [
        "run", "number_text", "state", "who", "places", "group_text", "school", "class_name", "applicant", "on_behalf",
        "remark", "applied_at", "waiting_since", "reserve_rank", "form_until", "confirmed_at", "reminded_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Application]:
        return super().get_queryset(request).for_page()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # states move by the buttons

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # by the page for callers

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_actions(request)
        decides = request.user.has_perm(CHANGE) and "_popup" not in request.GET
        return {**many.actions(ReasonForm), **found} if decides else found

    def get_urls(self) -> list[URLPattern]:
        both = require_http_methods(["GET", "HEAD", "POST"])

        def page(view: Any) -> Any:
            return self.admin_site.admin_view(both(view))

        return [
            path("call/", page(self.caller_view), name="programs_caller"),
            path("<int:pk>/cancel/", page(self.cancel_view), name="programs_application_cancel"),
            path("<int:pk>/seat/", page(self.seat_view), name="programs_application_seat"),
            path("<int:pk>/reject/", page(self.reject_view), name="programs_application_reject"),
            path("<int:pk>/queue/", page(self.queue_view), name="programs_application_queue"),
            *super().get_urls(),
        ]

    # --- Columns -----------------------------------------------------------------------------
    def subject_of(self, obj: Application) -> models.Model | None:
        """The first participant whom the house knows; else who applied."""
        known = [part.student or part.user for part in obj.participants.all()]
        return next((person for person in known if person), obj.applicant)

    def people_in(self, rows: list[models.Model]) -> list[models.Model]:
        """For the access log, which names people of one kind: the students; of a list without any, the members."""
        found = super().people_in(rows)
        return [one for one in found if isinstance(one, Student)] or found

    @admin.display(description="접수 번호", ordering="number")
    def number_text(self, application: Application) -> str:
        return application.number_label

    @admin.display(description="참가자")
    def people(self, application: Application) -> str:
        if application.headcount:
            return f"{application.school} {application.class_name}"
        return ", ".join(mask_name(part.called) for part in application.participants.all())

    @admin.display(description="참가자")
    def who(self, application: Application) -> str:
        if application.headcount:
            return f"{application.class_name} {application.headcount}명"
        return ", ".join(f"{part.called}({part.get_role_display()})" for part in application.participants.all())

    @admin.display(description="그룹", ordering="group__position")
    def group_text(self, application: Application) -> str:
        group = application.group
        return "–" if group is None or group.for_priority else group.name

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """With the buttons that this state allows."""
        moves = obj.MOVES[obj.state] if obj is not None and request.user.has_perm(CHANGE) else frozenset()
        context |= {
            "can_seat": bool(moves & Application.SEATED) and obj.state in _SEATABLE,
            "can_reject": State.REJECTED in moves,
            "can_queue": State.WAITING in moves,
            "can_cancel": State.CANCELLED in moves,
            "position": waiting.positions([obj]).get(obj.pk) if obj is not None else None,  # a query only in line
        }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    # --- What the centre decides ---------------------------------------------------------------
    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def cancel(application: Application, reason: str) -> None:
            enrolment.withdraw(application, by=request.user, reason=reason, by_centre=True)

        note = "가족에게 사유를 그대로 알리고, 자리는 기다리는 다음 사람에게 제안합니다."
        return self._act(request, pk, "신청 취소하기", cancel, note)

    def seat_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def seat(application: Application, reason: str) -> None:
            seating.seat(application, by=request.user, reason=reason)

        note = "정원 안에서만 자리를 줄 수 있습니다. 차례를 건너뛰면 사유가 처리 이력에 남습니다."
        return self._act(request, pk, "자리 주기", seat, note)

    def reject_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def reject(application: Application, reason: str) -> None:
            seating.reject(application, by=request.user, reason=reason)

        note = "가족에게 미선정을 알립니다. 사유는 처리 이력에만 남습니다."
        return self._act(request, pk, "미선정으로 하기", reject, note)

    def queue_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def back(application: Application, reason: str) -> None:
            seating.requeue(application, by=request.user, reason=reason)

        note = "처음 기다린 때의 순서로 되돌리고 가족에게 알립니다. 자리가 있으면 바로 다시 제안됩니다."
        return self._act(request, pk, "대기로 되돌리기", back, note)

    def _act(self, request: HttpRequest, pk: int, title: str, act: Act, note: str) -> HttpResponse:
        """Ask for a reason; then do it and write it into the access log, in one transaction."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        application = self.get_object(request, str(pk))
        if application is None:
            raise Http404
        subject, what = self.subject_of(application), f"{title}: 참가 신청 {pk}"
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    act(application, form.cleaned_data["reason"])
                    reason = form.cleaned_data["reason"]
                    access.record(request, access.AccessLog.Act.CHANGE, what, subject=subject, reason=reason)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"{title}: 처리했습니다.")
                return redirect("admin:programs_application_change", pk)
        elif request.method != "POST":
            access.viewed(request, subject, what)
        context = {"title": title, "form": form, "note": note, "application": application, "who": self.who(application)}
        return self._show(request, "act.html", context)

    # --- For a caller ----------------------------------------------------------------------------
    def caller_view(self, request: HttpRequest) -> HttpResponse:
        """전화·방문 신청: the student by name or number, then the run; by keyboard throughout."""
        if not request.user.has_perm(ADD):
            raise PermissionDenied
        query = request.GET.get("q", "").strip()
        found = callers.find(query, request.user) if query else []
        wanted = request.GET.get("student", "")
        chosen = next((one for one in found if len(found) == 1 or str(one.student.pk) == wanted), None)
        initial = {"student": chosen.student.pk} if chosen else {}
        form = CallerForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                application = self._apply(request, form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"신청을 받았습니다: {application.get_state_display()}")
                return redirect("admin:programs_application_change", application.pk)
        context = {"title": "전화·방문 신청", "query": query, "found": found, "chosen": chosen, "form": form}
        _with_places(form)
        return self._show(request, "caller.html", context)

    @transaction.atomic
    def _apply(self, request: HttpRequest, given: dict[str, Any]) -> Application:
        student = callers.students(request.user).filter(pk=given["student"]).first()
        if student is None:
            raise enrolment.Misfit("학생을 다시 찾아 주세요.")
        child = People((Entrant(Participant.Role.STUDENT, student_id=student.pk),))
        exception = given["exception"]
        overridden = frozenset(Code.values) if exception else frozenset()
        (application,) = enrolment.apply(
            given["run"].pk,
            [child],
            by=request.user,
            on_behalf=True,
            remark=given["remark"],
            overridden=overridden,
            exception=exception,
        )
        what = f"전화·방문 신청: 참가 신청 {application.pk}"
        access.record(request, access.AccessLog.Act.CHANGE, what, subject=student, reason=exception)
        return application

    def _show(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        site = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"admin/programs/application/{template}", {**site, **context})


_SEATABLE = frozenset({State.APPLIED, State.WAITING, State.REJECTED})


def _with_places(form: CallerForm) -> None:
    """Say beside each run when it is and how much is left; one query for all."""
    runs = list(form.fields["run"].queryset[:MOST_RUNS])
    places = rules.places(runs, timezone.now())

    def label(run: Run) -> str:
        one = places[run.pk]
        left = "정원 없음" if one.left is None else f"남은 자리 {one.left}"
        waits = f", 대기 {one.waiting}" if one.waiting else ""
        return f"{run} · {kdatetime(run.starts_at)} · {left}{waits}"

    form.fields["run"].choices = [("", "골라 주세요"), *((run.pk, label(run)) for run in runs)]
