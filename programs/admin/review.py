"""심사: every run that is decided by reading, its applications with points, decisions and their one announcement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from krds.dates import kdatetime
from lifecycle import access
from lifecycle.admin import AppendOnlyAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name
from programs import questionnaires, reviewing
from programs.admin.workplace import door
from programs.models import Application, Criterion, Decision, Participant, Review, Run

SEE, SCORE, DECIDE = "programs.view_review", "programs.score_application", "programs.announce_review"
READ = "programs.view_application"
PER_BOARD, PER_PAGE = 100, 100
LONGEST_KEY = 18  # digits of a row number
Outcome = Decision.State
SHOWN = {"": "모두", reviewing.UNDECIDED: "아직 안 정함", **dict(Outcome.choices)}


class CriteriaForm(forms.Form):
    """One criterion a line: ``자기소개, 30``."""

    criteria = forms.CharField(
        label="심사 기준과 만점",
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 5, "class": "vLargeTextField"}),
        help_text="한 줄에 하나씩 ‘기준, 만점’으로 적습니다. 예: 참여 동기, 30. 비우면 점수 없이 정합니다.",
    )

    def clean_criteria(self) -> list[tuple[str, int]]:
        found = []
        for line in filter(None, map(str.strip, self.cleaned_data["criteria"].splitlines())):
            name, _comma, most = (part.strip() for part in line.rpartition(","))
            if not name or not most.isascii() or not most.isdecimal() or len(most) > 3:
                raise forms.ValidationError(f"‘{line[:40]}’을(를) ‘기준, 만점’으로 적어 주세요. 예: 참여 동기, 30")
            found.append((name, int(most)))
        return found


class DecisionForm(forms.Form):
    """What is to become of the chosen ones; the reason stays with staff."""

    outcome = forms.ChoiceField(label="결정", choices=Outcome.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="사유", max_length=500, required=False, help_text="직원만 봅니다. 가족에게 보내지 않습니다."
    )


class PlanForm(forms.Form):
    at = forms.SplitDateTimeField(
        label="발표할 때",
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": "발표할 날짜"},
            time_attrs={"type": "time", "aria-label": "발표할 시각"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
        error_messages={
            "required": "발표할 날짜와 시각을 적어 주세요.",
            "incomplete": "날짜와 시각을 모두 적어 주세요.",
        },
        help_text="이때 상태가 바뀌고 알림이 나갑니다. 밤에는 문자를 아침에 보냅니다.",
    )


class ScoreForm(forms.Form):
    """A number for each criterion."""

    def __init__(self, *args: Any, criteria: list[Criterion], own: Mapping[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in criteria:
            self.fields[f"c{one.pk}"] = forms.IntegerField(
                label=f"{one.name} (0~{one.most}점)", min_value=0, max_value=one.most, initial=own.get(one.pk)
            )

    @property
    def points(self) -> dict[int, int]:
        return {int(name[1:]): value for name, value in self.cleaned_data.items()}


@admin.register(Review)
class ReviewAdmin(AppendOnlyAdmin):
    """Its list is the board of all runs that are reviewed; a review's own page is that of its run."""

    list_display = ["run", "announce_at", "announced_at"]

    def get_urls(self) -> list[URLPattern]:
        def guarded(view: Callable[..., HttpResponse], *rights: str) -> Callable[..., HttpResponse]:
            @wraps(view)
            def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
                if not request.user.has_perms([SEE, *rights]):
                    raise PermissionDenied
                return view(request, *args, **kwargs)

            both = require_http_methods(["GET", "HEAD", "POST"])
            return self.admin_site.admin_view(never_cache(both(checked)))

        return [
            path("run/<int:run_id>/", guarded(self.run_view), name="programs_review_run"),
            path("application/<int:pk>/", guarded(self.application_view, READ), name="programs_review_application"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not request.user.has_perm(SEE):
            raise PermissionDenied
        runs = Run.objects.filter(admission=Run.Admission.REVIEW).select_related("program", "review")
        now = timezone.now()
        rows = [(run, _standing(run, now)) for run in runs.order_by("-closes_at", "-pk")[:PER_BOARD]]
        return self._page(request, "reviews.html", {"title": "심사", "rows": rows})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not request.user.has_perm(SEE):
            raise PermissionDenied
        found = get_object_or_404(Review, pk=object_id) if object_id.isdecimal() else None
        if found is None:
            return redirect("admin:programs_review_changelist")
        return redirect("admin:programs_review_run", found.run_id)

    # --- One run -----------------------------------------------------------------------------
    def run_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        runs = Run.objects.filter(admission=Run.Admission.REVIEW).select_related("program", "review")
        run, now = get_object_or_404(runs, pk=run_id), timezone.now()
        review, may = getattr(run, "review", None), request.user.has_perm(DECIDE)
        asked = request.POST.get("do", "") if request.method == "POST" else ""
        if asked and not may:
            raise PermissionDenied
        criteria = list(review.criteria.all()) if review else []
        typed = "\n".join(f"{one.name}, {one.most}" for one in criteria)
        post = request.POST
        made = {
            "criteria": CriteriaForm(post if asked == "criteria" else None, initial={"criteria": typed}),
            "decision": DecisionForm(post if asked in {"look", "decide"} else None),
            "plan": PlanForm(post if asked == "plan" else None, initial={"at": review and review.announce_at}),
        }
        if asked and self._done(request, run, asked, made):
            return redirect("admin:programs_review_run", run_id)
        found = reviewing.lines(run)
        changed = _asked_for(request, run, asked, made["decision"], now)
        shown = request.GET.get("show", "") if request.GET.get("show", "") in SHOWN else ""
        rows = [one for one in found if not shown or (one.decided or reviewing.UNDECIDED) == shown]
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        announced = bool(review and review.announced_at)
        total = reviewing.sums(run, found, now, changed)
        context = {
            "title": f"심사: {run}",
            "run": run,
            "review": review,
            "standing": _standing(run, now),
            "criteria": criteria,
            "may": may and not announced and run.state != Run.State.CANCELLED,
            "may_read": request.user.has_perm(READ),
            "forms": made,
            "scored": any(one.reviewers for one in found),
            "page": page,
            "rows": _described(page.object_list),
            "shown": shown,
            "picked": {int(key) for key in request.POST.getlist("pick") if _is_key(key)},
            "choices": SHOWN.items(),
            "sums": total,
            "counts": [(label, total.applications.get(key, 0), total.places.get(key, 0)) for key, label in _COUNTED],
            "preview": _preview(found, changed),
            "announcing": asked == "announce_look" and not total.problem,
            "closed": run.closes_at is not None and run.closes_at <= now,
            "result": _result(run) if announced else [],
        }
        return self._page(request, "review.html", context)

    def _done(self, request: HttpRequest, run: Run, asked: str, made: dict[str, Any]) -> bool:
        """Do what was asked; whether the page is to be opened anew."""
        by = request.user
        try:
            if asked == "criteria" and made["criteria"].is_valid():
                reviewing.set_criteria(run.pk, made["criteria"].cleaned_data["criteria"], by=by)
                messages.success(request, "심사 기준을 저장했습니다.")
            elif asked == "decide" and (given := _given(request.POST)):
                number = reviewing.decide(run.pk, given, by=by, reason=request.POST.get("reason", ""))
                messages.success(request, f"{number}건의 결정을 적었습니다. 발표하기 전에는 가족에게 보이지 않습니다.")
            elif asked == "plan" and made["plan"].is_valid():
                planned = reviewing.plan(run.pk, made["plan"].cleaned_data["at"], by=by)
                messages.success(request, f"{kdatetime(planned.announce_at)}에 발표합니다.")
            elif asked == "unplan":
                reviewing.plan(run.pk, None, by=by)
                messages.success(request, "예정한 발표를 거두었습니다.")
            elif asked == "announce":
                reviewing.announce(run.pk, by=by)
                messages.success(request, "심사 결과를 발표했습니다. 가족마다 알립니다.")
            else:
                return False
        except Refused as refused:
            messages.error(request, str(refused))
            return False
        return True

    # --- One application ---------------------------------------------------------------------
    def application_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read it with its answers, which is logged; give points; decide."""
        found = Application.objects.for_page().filter(run__admission=Run.Admission.REVIEW)
        one = get_object_or_404(found.select_related("run__review"), pk=pk)
        review = getattr(one.run, "review", None)
        criteria = list(review.criteria.all()) if review else []
        asked = request.POST.get("do", "") if request.method == "POST" else ""
        needed = {"score": SCORE, "decide": DECIDE}.get(asked)
        if asked and not (needed and request.user.has_perm(needed)):
            raise PermissionDenied
        given = list(one.scores.select_related("criterion", "by").order_by("by", "criterion__position"))
        own = {score.criterion_id: score.points for score in given if score.by_id == request.user.pk}
        score = ScoreForm(request.POST if asked == "score" else None, criteria=criteria, own=own)
        decided = Decision.objects.filter(application=one).first()
        decision = DecisionForm(
            request.POST if asked == "decide" else None, initial={"outcome": decided.state if decided else None}
        )
        if asked and self._judged(request, one, asked, score, decision):
            return redirect("admin:programs_review_application", pk)
        people = list(one.participants.all())
        students = [person.student for person in people if person.student]
        if students:
            access.record(request, access.AccessLog.Act.VIEW, f"심사 신청 {one.pk}", subjects=students)
        waits = one.state == Application.State.APPLIED and not (review and review.announced_at)
        context = {
            "title": f"신청 {one.number_label}",
            "run": one.run,
            "application": one,
            "people": people,
            "answers": questionnaires.answers(one, request.user),
            "given": given,
            "score": score if waits and criteria and request.user.has_perm(SCORE) else None,
            "decision": decision if waits and request.user.has_perm(DECIDE) else None,
            "decided": decided,
            "trail": decided.trail() if decided else [],
            "following": _following(one),
        }
        return self._page(request, "review_application.html", context)

    def _judged(
        self, request: HttpRequest, one: Application, asked: str, score: ScoreForm, decision: DecisionForm
    ) -> bool:
        try:
            if asked == "score" and score.is_valid():
                reviewing.score(one, score.points, by=request.user)
                messages.success(request, "점수를 저장했습니다.")
            elif asked == "decide" and decision.is_valid():
                given = {one.pk: decision.cleaned_data["outcome"]}
                reviewing.decide(one.run_id, given, by=request.user, reason=decision.cleaned_data["reason"])
                messages.success(request, "결정을 적었습니다. 발표하기 전에는 가족에게 보이지 않습니다.")
            else:
                return False
        except Refused as refused:
            messages.error(request, str(refused))
            return False
        return True

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/programs/{template}", context)


_COUNTED = [
    (Outcome.SELECTED.value, "선정"),
    (Outcome.RESERVE.value, "예비"),
    (Outcome.OUT.value, "미선정"),
    (reviewing.UNDECIDED, "아직 안 정함"),
]


def _given(post: QueryDict) -> dict[int, str]:
    """What the preview held: ``one=12:selected``; anything else is left out."""
    pairs = (value.partition(":") for value in post.getlist("one"))
    return {int(pk): state for pk, _colon, state in pairs if _is_key(pk)}


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY


def _asked_for(request: HttpRequest, run: Run, asked: str, form: DecisionForm, now: datetime) -> dict[int, str]:
    """The decisions that a preview is to show."""
    if asked == "suggest":
        given = reviewing.suggest(run, now)
        if not given:
            messages.error(request, "점수를 받은 신청이 없습니다.")
        return given
    if asked != "look" or not form.is_valid():
        return {}
    keys = [key for key in request.POST.getlist("pick") if _is_key(key)]
    if not keys:
        messages.error(request, "신청을 하나 이상 골라 주세요.")
    return dict.fromkeys(map(int, keys), form.cleaned_data["outcome"])


def _preview(found: list[reviewing.Line], changed: Mapping[int, str]) -> list[tuple[reviewing.Line, str, str, str]]:
    """Line, today's decision, the new one, and its value; only those that change."""
    labels = dict(Outcome.choices)
    return [
        (one, labels.get(one.decided, "–"), labels[changed[one.pk]], str(changed[one.pk]))
        for one in found
        if one.pk in changed and changed[one.pk] != one.decided
    ]


def _described(lines: list[reviewing.Line]) -> list[tuple[reviewing.Line, Application, str, str]]:
    """Lines of one page with masked names and the decision in words."""
    rows = {one.pk: one for one in _rows(Application.objects.filter(pk__in=[line.pk for line in lines]))}
    names, labels = _names(list(rows.values())), dict(Outcome.choices)
    return [(one, rows[one.pk], names[one.pk], labels.get(one.decided, "–")) for one in lines if one.pk in rows]


def _result(run: Run) -> list[tuple[Application, str, str]]:
    """Everybody who was decided about, with today's state."""
    labels = dict(Outcome.choices)
    found = _rows(run.applications.filter(decision__isnull=False)).select_related("decision").order_by("number")
    rows = list(found[: PER_PAGE * 3])
    names = _names(rows)
    return [(one, names[one.pk], labels[one.decision.state]) for one in rows]


def _rows(found: QuerySet[Application]) -> QuerySet[Application]:
    return found.select_related("group", "school")


def _names(rows: list[Application]) -> dict[int, str]:
    """Masked, or the school class; one query."""
    found: dict[int, list[str]] = {one.pk: [f"{one.school} {one.class_name}"] if one.headcount else [] for one in rows}
    people = Participant.objects.filter(application__in=found).order_by("pk")
    for pk, student, user, name in people.values_list("application", "student__name", "user__name", "name"):
        found[pk].append(mask_name(student or user or name))
    return {pk: ", ".join(names) for pk, names in found.items()}


def _following(one: Application) -> int | None:
    """The next by number that waits for a decision: one reads them one after the other."""
    ahead = one.run.applications.filter(state=Application.State.APPLIED, number__gt=one.number)
    return ahead.order_by("number").values_list("pk", flat=True).first()


def _standing(run: Run, now: datetime) -> str:
    """Where a run's review stands, in words."""
    review = getattr(run, "review", None)
    if run.state == Run.State.CANCELLED:
        return "취소된 회차"
    if review and review.announced_at:
        return f"발표함 {kdatetime(review.announced_at)}"
    if review and review.announce_at:
        late = review.announce_at <= now
        return "발표하지 못했습니다. 열어서 까닭을 봐 주세요." if late else f"{kdatetime(review.announce_at)}에 발표"
    if run.closes_at and now < run.closes_at:
        return f"접수 중 ({kdatetime(run.closes_at)} 마감)"
    return "심사하고 발표하기"


door("심사", SEE, name="programs_review_run", position=35, shown=lambda run: run.admission == Run.Admission.REVIEW)
