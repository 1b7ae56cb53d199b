"""Fairs for families: which universities have free times, booking a talk, the day's sheet, and the screen in the hall."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Student
from counseling import changing, clashes, fair_papers, fairs, rules
from counseling.forms import TalkForm
from counseling.models import Booking, Fair, Slot, family_of
from lifecycle.locks import Refused
from programs import rosters
from programs.models.handovers import partner_keys

SCREEN_SECONDS = 20


@login_not_required
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Fairs that are not over, the next one first."""
    ahead = Fair.objects.published().for_page().filter(run__ends_at__gt=timezone.now()).order_by("run__starts_at", "pk")
    return render(request, "counseling/fairs/list.html", {"fairs": ahead})


@login_not_required
@require_safe
def fair(request: HttpRequest, pk: int) -> HttpResponse:
    """Every booth with its free times as a plain list; a fixed number of queries."""
    found, now = _published(pk), timezone.now()
    family = list(family_of(request.user)) if request.user.is_authenticated else []
    moving = _moving(request, found)
    student = moving.student if moving else _child(request, family)
    refusal = ""
    if student and not moving:
        verdict = rules.at_fair(found, rules.of_student(student.pk, now=now), 0, now=now)
        refusal = "" if verdict.allowed else verdict.sentence
    elif moving:
        refusal = changing.refusal(moving, now)
    booths = fairs.free_times(found, now)
    talks = _talks(found, family)
    context = {
        "fair": found,
        "now": now,
        "is_cancelled": found.run.state == found.run.State.CANCELLED,
        "is_over": found.run.ends_at <= now,
        "booths": booths,
        "number": sum(len(booth.free) for booth in booths),
        "family": family,
        "student": student,
        "moving": moving,
        "refusal": refusal,
        "talks": talks,
        "query": _query(student, moving),
    }
    return render(request, "counseling/fairs/fair.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def talk(request: HttpRequest, pk: int) -> HttpResponse:
    """One time at one booth: who comes, and the button; or an agreed talk that moves here."""
    slot = _slot(pk)
    booth, now = slot.counselor.booth, timezone.now()
    moving = _moving(request, booth.fair)
    if moving is not None:
        return _move(request, slot, moving)
    form = TalkForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        back=f"{booth.fair.get_absolute_url()}#booth-{booth.number}",
        initial={"student": _child(request, list(family_of(request.user)))},
    )
    if form.is_valid():
        try:
            booked = fairs.book(slot, by=request.user, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("예약했습니다. 예약 내용을 문자와 이메일로 보내 드립니다."))
            return redirect("counseling:fair_schedule", booth.fair_id, booked.student_id)
    elif request.method != "POST" and (slot.starts_at <= now or not _is_free(slot, now)):
        messages.error(request, _("이미 예약되었거나 지난 시간입니다. 다른 시간을 골라 주세요."))
        return redirect(booth.fair)
    family = list(form.fields["student"].queryset)
    context = {
        "booth": booth,
        "fair": booth.fair,
        "slot": slot,
        "form": form,
        "has_family": bool(family),
        "clashes": clashes.of(family, slot.period, user=request.user) if family else [],
    }
    return render(request, "counseling/fairs/talk.html", context)


def _move(request: HttpRequest, slot: Slot, moving: Booking) -> HttpResponse:
    booth, refusal = slot.counselor.booth, ""
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            fairs.move(moving, slot, by=request.user, sequence=int(seen) if seen.isdecimal() and len(seen) < 9 else -1)
        except Refused as refused:
            refusal = str(refused)
        else:
            messages.success(request, _("상담을 바꾸었습니다. 바뀐 내용을 문자와 이메일로 보내 드립니다."))
            return redirect("counseling:fair_schedule", booth.fair_id, moving.student_id)
    if slot.pk == moving.slot_id:
        return redirect("counseling:fair_schedule", booth.fair_id, moving.student_id)
    context = {"booth": booth, "fair": booth.fair, "slot": slot, "moving": moving, "refusal": refusal}
    return render(request, "counseling/fairs/move.html", context)


@require_safe
def schedule(request: HttpRequest, pk: int, student: int) -> HttpResponse:
    """A student's day at the fair."""
    found, child = _published(pk), get_object_or_404(Student.objects.of_family(request.user), pk=student)
    talks = fairs.schedule(found, child)
    turns = fairs.turns(talks)
    context = {
        "fair": found,
        "student": child,
        "rows": [(one, turns.get(one.pk, "–")) for one in talks],
        "is_over": found.run.ends_at <= timezone.now(),
    }
    return render(request, "counseling/fairs/schedule.html", context)


@never_cache
@require_safe
def schedule_file(request: HttpRequest, pk: int, student: int) -> HttpResponse:
    found, child = _published(pk), get_object_or_404(Student.objects.of_family(request.user), pk=student)
    return pdf(fair_papers.of_visitor(found, child), _("상담 일정표 %(fair)s") % {"fair": found})


@login_not_required
@never_cache
@require_safe
def screen(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """The screen in the hall: times and turns, nobody's name. The address itself opens it."""
    if not fair_papers.is_screen(pk, key):
        raise Http404
    found, now = get_object_or_404(Fair.objects.for_page(), pk=pk), timezone.now()
    context = {"fair": found, "now": now, "stands": fairs.stands(found, now)}
    response = render(request, "counseling/fairs/screen.html", context)
    response.headers["Refresh"] = str(SCREEN_SECONDS)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_safe
def partner(request: HttpRequest, pk: int) -> HttpResponse:
    """A university's own booths at the fair of a run, for its people: turns, times and grades; no name, no contact."""
    run = get_object_or_404(rosters.runs_of(request.user).select_related("program"), pk=pk)
    found = Fair.objects.for_page().filter(run=run).first()
    own = set(partner_keys(request.user).values_list("partner", flat=True))
    stands = fairs.stands(found, timezone.now()) if found else []
    context = {"run": run, "stands": [stand for stand in stands if stand.booth.partner_id in own]}
    return render(request, "counseling/fairs/partner.html", context)


def pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(f'{name}.pdf')}"
    return response


def _published(pk: int) -> Fair:
    return get_object_or_404(Fair.objects.published().for_page(), pk=pk)


def _slot(pk: int) -> Slot:
    """A time of a booth at a published fair."""
    shown = Fair.objects.published().values("pk")
    slots = Slot.objects.filter(published=True, counselor__booth__fair__in=shown)
    related = ("counselor__booth__topic", "counselor__booth__partner", "counselor__booth__fair__run__program")
    return get_object_or_404(slots.select_related(*related), pk=pk)


def _is_free(slot: Slot, now: Any) -> bool:
    return Slot.objects.filter(pk=slot.pk).untaken(now).exists()


def _moving(request: HttpRequest, found: Fair) -> Booking | None:
    """The family's own talk at this fair that is to move; anybody else's does not exist."""
    asked = request.GET.get("moving", "")
    if not asked or not request.user.is_authenticated:
        return None
    mine = Booking.objects.of_family(request.user).for_page().filter(topic__booth__fair=found)
    key = int(asked) if asked.isdecimal() and len(asked) < 18 else 0
    return get_object_or_404(mine.select_related("topic__booth__partner"), pk=key)


def _child(request: HttpRequest, family: list[Student]) -> Student | None:
    """Whom the page speaks of: who was chosen, or the only one there is."""
    if len(family) == 1:
        return family[0]
    return next((student for student in family if str(student.pk) == request.GET.get("child")), None)


def _talks(found: Fair, family: list[Student]) -> list[Booking]:
    if not family:
        return []
    mine = Booking.objects.filter(student__in=family, topic__booth__fair=found, state__in=Booking.AGREED)
    return list(mine.select_related("student", "topic").order_by("period"))


def _query(student: Student | None, moving: Booking | None) -> str:
    if moving:
        return f"?moving={moving.pk}"
    return f"?child={student.pk}" if student else ""


def screen_url(found: Fair) -> str:
    """The address of the screen in the hall."""
    return reverse("counseling:fair_screen", args=[found.pk, fair_papers.screen_key(found)])
