"""A family moves its own booking: another time from a list, old and new side by side, done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from counseling import assignment, changing, clashes, finding, rules
from counseling.booking import TAKEN, NotNow, Taken
from counseling.finding import MOST, Need
from counseling.forms import ANYBODY, MoveForm
from counseling.models import Booking, Mode, Slot


@require_safe
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Which times this booking may move to; at a fair its own page shows them."""
    booking = _open(request, pk)
    if booking.topic.at_fair:
        return redirect(f"{booking.topic.get_absolute_url()}?moving={booking.pk}")
    return _times(request, booking)


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: int, slot_pk: int) -> HttpResponse:
    """Old and new side by side, and the button that moves."""
    booking = _open(request, pk)
    slot = get_object_or_404(
        Slot.objects.of_the_house().filter(published=True).select_related("counselor", "room__venue"), pk=slot_pk
    )
    if request.method == "POST":
        return _moved(request, booking, slot)
    if slot.pk == booking.slot_id:
        return redirect(booking)  # the back button: it stands there already
    if changing.refusal(booking, timezone.now()):
        return _times(request, booking)
    if slot.pk not in {each.pk for each in _free(booking, slot)}:
        return _times(request, booking, sentence=str(TAKEN))
    return _review(request, booking, slot)


def _open(request: HttpRequest, pk: int) -> Booking:
    return get_object_or_404(Booking.objects.of_family(request.user).for_page(), pk=pk)


def _moved(request: HttpRequest, booking: Booking, slot: Slot) -> HttpResponse:
    form = MoveForm(request.POST)
    if booking.starts_at == slot.starts_at and request.POST.get("seen") != str(booking.sequence):
        return redirect(booking)  # a second click: it is done
    if not form.is_valid():
        return _review(request, booking, slot, form)
    if form.cleaned_data["seen"] != booking.sequence:
        sentence = _("그사이 예약이 바뀌었습니다. 지금 예약을 확인하고 다시 골라 주세요.")
        return _times(request, booking, sentence=sentence)
    try:
        _take(request, booking, slot, form.cleaned_data)
    except Taken as taken:
        return _times(request, booking, sentence=str(taken))
    except NotNow as not_now:
        messages.error(request, str(not_now))
    else:
        messages.success(request, _("상담 시간을 바꾸었습니다. 바뀐 내용을 문자와 이메일로 보내 드립니다."))
    return redirect(booking)


def _take(request: HttpRequest, booking: Booking, slot: Slot, entered: dict[str, Any]) -> None:
    """Move to the chosen counsellor's slot; with nobody chosen to whoever shall have it and still can.

    Raises:
        Taken, NotNow: as ``changing.move``.
    """
    mode, chosen, seen = entered["mode"], entered["counselor"], entered["seen"]
    if chosen != ANYBODY:
        changing.move(booking, int(chosen or slot.pk), by=request.user, mode=mode, sequence=seen)
        return
    suitable = [each for each in _free(booking, slot) if mode in each.modes]
    lost = Taken(str(TAKEN))
    for candidate in assignment.ranked(suitable, student=booking.student):
        try:
            changing.move(booking, candidate.pk, by=request.user, mode=mode, sequence=seen)
        except Taken as taken:
            lost = taken
        else:
            return
    raise lost


def _free(booking: Booking, slot: Slot) -> list[Slot]:
    """What the booking could move to at the hour of ``slot``: its topic, whoever counsels."""
    day = timezone.localdate(slot.starts_at)
    free = Slot.objects.free(topic=booking.topic, day=day).filter(period=slot.period).exclude(pk=booking.slot_id)
    return sorted(free.select_related("counselor", "room__venue"), key=lambda each: (each.counselor.name, each.pk))


def _times(request: HttpRequest, booking: Booking, *, sentence: str = "") -> HttpResponse:
    asked = Need.read(request.GET, [])
    need = Need(booking.topic, asked.mode, asked.day)
    now = timezone.now()
    refusal = changing.refusal(booking, now)
    found, more = ([], False) if refusal else finding.first_times(need, MOST, leaving=booking)
    if found:
        verdicts = rules.moving(booking, [time.start for time in found], now=now)
        found = [replace(time, refusal=verdict.sentence) for time, verdict in zip(found, verdicts, strict=True)]
    context = {
        "booking": booking,
        "refusal": refusal,
        "sentence": sentence,
        "need": need,
        "modes": [mode for mode in Mode if mode in booking.topic.modes],
        "days": finding.by_day(found),
        "more": more,
        "changes_left": changing.left(booking),
    }
    return render(request, "counseling/change.html", context)


def _review(request: HttpRequest, booking: Booking, slot: Slot, form: MoveForm | None = None) -> HttpResponse:
    beside = _free(booking, slot) or [slot]
    if form is None:
        modes = {mode for each in beside for mode in each.modes}
        same = next((each for each in beside if each.counselor_id == booking.slot.counselor_id), None)
        initial = {
            "mode": booking.mode if booking.mode in modes else None,
            "counselor": str(same.pk) if same else ANYBODY,
            "seen": booking.sequence,
        }
        form = MoveForm(initial=initial)
    form.offer(beside, booking.topic, known=[booking.slot.counselor_id, *finding.known_to([booking.student])])
    form.layout(reverse("counseling:change", args=[booking.pk]))
    period = slot.session(booking.topic)
    context = {
        "booking": booking,
        "period": period,
        "beside": beside,
        "only_mode": form.fields["mode"].choices[0][1] if len(form.fields["mode"].choices) == 1 else "",
        "form": form,
        "clashes": clashes.of([booking.student], period, user=request.user, leaving=booking),
        "changes_left": changing.left(booking),
    }
    return render(request, "counseling/move.html", context)
