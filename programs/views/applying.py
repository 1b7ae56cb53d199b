"""Applying for a run: who, what it costs, what else is then, one button, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Student
from krds.dates import kdatetime
from lifecycle.locks import Refused
from programs import choosing, clashes, enrolment, questionnaires, rosters, rules, standing, waiting
from programs.choosing import Choice
from programs.forms import ApplyForm, ClassForm
from programs.models import Application, Program, Run, Status
from programs.parties import Class, Party
from programs.rules import Places

OTHER_RUNS = 6


@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: the page that asks, the page that asks once more where there is something to know, and the act."""
    run, now = _shown(request, pk), timezone.now()
    places = rules.places([run], now)[run.pk]
    choice = choosing.choice(run, request.user, now)
    if refusal := _closed(run, places, now):
        return _page(request, run, places, choice, None, refusal=refusal, status=200)
    form = _form(request, choice, places)
    if form is None or request.method != "POST" or not form.is_valid():
        return _page(request, run, places, choice, form)
    return _posted(request, run, places, form)


def _posted(request: HttpRequest, run: Run, places: Places, form: ApplyForm | ClassForm) -> HttpResponse:
    done = redirect("programs:applied", run.pk)
    if _has_all(form.choice, form):
        messages.info(request, _("이미 신청하셨습니다. 아래에서 확인해 주세요."))
        return done
    parties = _parties(form)
    if "sure" not in request.POST and (concerns := _concerns(request, run, places, form, parties)):
        return _review(request, run, form, concerns)
    given = form.cleaned_data
    try:
        enrolment.apply(
            run.pk,
            parties,
            by=request.user,
            together=given.get("together", False),
            accept_waiting=given.get("accept_waiting", True),
            remark=given["remark"],
        )
    except Refused as refused:
        now = timezone.now()
        choice = choosing.choice(run, request.user, now)
        if isinstance(refused, enrolment.Twice) and _has_all(choice, form):  # the second of two clicks
            return done
        form.add_error(None, str(refused))
        lost = isinstance(refused, enrolment.Full)
        return _page(request, run, rules.places([run], now)[run.pk], choice, form, lost=lost)
    return done


@require_safe
def applied(request: HttpRequest, pk: int) -> HttpResponse:
    """What this family has in one run now: the page after the button, to which one may come back."""
    run, now = get_object_or_404(Run.objects.select_related("program"), pk=pk), timezone.now()
    mine = Application.objects.of_family(request.user).live().filter(run=run).for_page().order_by("pk")
    applications = list(mine)
    if not applications:
        return redirect("programs:apply", pk)
    positions, offers = waiting.positions(applications), standing.offers(applications, now)
    rows = [
        {
            "application": one,
            "names": standing.names(one),
            "standing": standing.of(one, now, position=positions.get(one.pk), offer=offers.get(one.pk)),
            "papers": [paper for paper in questionnaires.papers(one, request.user, now) if paper.waits],
        }
        for one in applications
    ]
    return render(
        request,
        "programs/apply/applied.html",
        {
            "run": run,
            "rows": rows,
            "all_seated": all(one.state == Application.State.CONFIRMED for one in applications),
            "all_waiting": all(one.state == Application.State.WAITING for one in applications),
        },
    )


# --- The page ----------------------------------------------------------------------------------
def _shown(request: HttpRequest, pk: int) -> Run:
    """A run that the public sees."""
    programs = Program.objects.visible_to(request.user)
    runs = Run.objects.published().filter(program__in=programs).select_related("program", "rules", "questionnaire")
    return get_object_or_404(runs, pk=pk)


def _closed(run: Run, places: Places, now: datetime) -> str:
    """Why nobody at all can apply now; a sentence, or nothing."""
    status, found = run.status_at(now), ""
    if run.state == Run.State.CANCELLED:
        found = _("취소된 회차입니다. 다른 회차를 골라 주세요.")
    elif status == Status.OVER:
        found = _("끝난 프로그램입니다.")
    elif run.admission == Run.Admission.INVITATION:
        found = _("초대받은 분만 신청할 수 있습니다. 받으신 초대 주소를 열어 주세요.")
    elif status == Status.WALK_IN:
        found = _("신청 없이 오시면 되는 행사입니다.")
    elif status == Status.CLOSED:
        found = _("접수가 마감되었습니다.")
    elif status == Status.COMING:
        found = _("%(moment)s부터 신청할 수 있습니다.") % {"moment": kdatetime(run.opens_at)}
    elif places.full and not places.takes_waiting and run.admission == Run.Admission.FIRST_COME:
        found = _("자리와 대기가 모두 찼습니다.")
    return found


def _form(request: HttpRequest, choice: Choice, places: Places) -> ApplyForm | ClassForm | None:
    """What this person may fill in; nothing when there is nobody to enter."""
    data = request.POST if request.method == "POST" else None
    asked = {"choice": choice, "takes_waiting": places.takes_waiting, "initial": {"accept_waiting": True}}
    as_class = (request.POST or request.GET).get("as") == "class" or not choice.candidates
    form: ApplyForm | ClassForm
    if choice.schools and as_class:
        form = ClassForm(data, **asked)
    elif choice.open or (choice.candidates and data):
        form = ApplyForm(data, **asked)
    else:
        return None
    submit = _("대기 신청하기") if places.full and choice.run.admission == Run.Admission.FIRST_COME else _("신청하기")
    form.dress(submit, choice.run.program.get_absolute_url())
    return form


def _parties(form: ApplyForm | ClassForm) -> list[Party]:
    given = form.cleaned_data
    if isinstance(form, ClassForm):
        return [Class(given["school"], given["class_name"], given["headcount"])]
    return list(form.choice.parties(given["who"], given.get("companion", "")))


def _has_all(choice: Choice, form: ApplyForm | ClassForm) -> bool:
    """Whether everybody who is chosen has applied already: a page that was sent twice."""
    given = form.cleaned_data
    if isinstance(form, ClassForm):
        return given["class_name"].strip() in {name for name, _pk in choice.classes}
    chosen = [one for one in choice.candidates if one.value in given["who"]]
    return bool(chosen) and all(one.application for one in chosen)


def _concerns(
    request: HttpRequest, run: Run, places: Places, form: ApplyForm | ClassForm, parties: list[Party]
) -> list[str]:
    """What somebody should know before it counts: other things at the same hours, and that places are short."""
    found = []
    keys = {key for party in parties for key in party.students}
    if keys:
        students = list(Student.objects.of_family(request.user).filter(pk__in=keys))
        found += [clash.sentence for clash in clashes.of(run, students, user=request.user)]
    wanted = sum(party.places for party in parties)
    short = run.admission == Run.Admission.FIRST_COME and places.left is not None and 0 < places.left < wanted
    if short and not places.full and not form.cleaned_data.get("together") and len(parties) > 1:
        words = _("남은 자리가 %(left)d개여서 모두 참여하지는 못할 수 있습니다. 자리가 없는 사람은 대기로 접수됩니다.")
        if form.cleaned_data.get("accept_waiting"):
            found.append(words % {"left": places.left})
    return found


def _review(request: HttpRequest, run: Run, form: ApplyForm | ClassForm, concerns: list[str]) -> HttpResponse:
    kept = [(name, value) for name, values in request.POST.lists() for value in values if name in form.fields]
    kept += [("as", request.POST["as"])] if "as" in request.POST else []
    chosen = (
        "·".join(one.name for one in form.chosen) if isinstance(form, ApplyForm) else form.cleaned_data["class_name"]
    )
    context = {"run": run, "concerns": concerns, "kept": kept, "chosen": chosen, "given": form.cleaned_data}
    return render(request, "programs/apply/review.html", context)


def _page(
    request: HttpRequest,
    run: Run,
    places: Places,
    choice: Choice,
    form: ApplyForm | ClassForm | None,
    *,
    refusal: str = "",
    lost: bool = False,
    status: int | None = None,
) -> HttpResponse:
    now = timezone.now()
    nobody = ""
    if form is None and not refusal and not any(one.refusal or one.application for one in choice.candidates):
        nobody = choosing.why_nobody(choice)
    students = [one.student_id for one in choice.open if one.student_id]
    family = list(Student.objects.filter(pk__in=students)) if students and form is not None else []
    soon = run.status_at(now) in {Status.COMING, Status.CLOSED} or places.full
    context = {
        "run": run,
        "places": places,
        "form": form,
        "family": [one for one in choice.candidates if soon or not refusal or one.application],
        "choice": choice,
        "refusal": refusal,
        "nobody": nobody,
        "adds_child": bool(nobody) and not choice.schools and run.party != Run.Party.CLASS,
        "clashes": clashes.of(run, family, user=request.user),
        "sessions": list(run.sessions.standing().select_related("room__venue")),
        "others": _others(run, now) if refusal or lost or places.full else [],
        "lost": lost,
        "as_class": isinstance(form, ClassForm),
        "can_class": bool(choice.schools and choice.candidates),
        "shares": list(rosters.told_of(run)),
        "cancel_until": enrolment.cancel_until(run, Application(run=run, state=Application.State.CONFIRMED)),
    }
    code = status or (422 if form is not None and form.is_bound else 200)
    return render(request, "programs/apply/apply.html", context, status=409 if lost else code)


def _others(run: Run, now: datetime) -> list[dict[str, Any]]:
    """Other runs of the same programme that may still be applied for, with their places."""
    rows = Run.objects.published().filter(opens_at__lte=now, closes_at__gt=now, program=run.program_id)
    runs = list(rows.exclude(pk=run.pk).exclude(state=Run.State.CANCELLED).order_by("starts_at")[:OTHER_RUNS])
    found = rules.places(runs, now)
    return [{"run": one, "places": found[one.pk], "url": reverse("programs:apply", args=[one.pk])} for one in runs]
