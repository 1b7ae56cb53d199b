"""What the clock decides for those who wait: told in the morning, lapsed, ended, and free times found late.

Whoever comes next does the same under the locks, so nothing depends on a sweep having run; but the next in
line should hear of a lapsed offer without anybody coming.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from counseling import agreeing, answering, fairs, waiting
from counseling.models import Booking, Mode, Rearrangement, Slot, SlotOffer, Topic, Wish
from lifecycle.locks import Refused, contended, lock
from notices.quiet import is_quiet

BATCH = 50
MOST_SLOTS = 300  # free times of one topic that are looked at in one go


def sweep() -> dict[str, int]:
    """Do all that is due; say how much of each. Run it as often as you like."""
    now = timezone.now()
    return {
        "ended": _each(_over(now), _end),
        "lapsed": _each(SlotOffer.objects.lapsed(now).values_list("pk", flat=True)[:BATCH], waiting.lapse),
        "taken_back": _each(_impossible(), _take_back),
        "announced": 0 if is_quiet(now) else _each(_unsaid(now), _announce),
        "offered": _each(_free_and_wanted(now), _offer),
        "unanswered": _each(_silent(now), agreeing.close),
        "called_off": _each(fairs.stranded().values_list("pk", flat=True)[:BATCH], fairs.call_off),
    }


def _each(keys: object, act: object) -> int:
    """How many of ``keys`` came to something; one that somebody else is just busy with comes again next time."""
    done = 0
    for key in list(keys):
        try:
            with contended("다른 사람이 바꾸는 중", Refused):
                done += bool(act(key))
        except Refused:
            continue
    return done


def _over(now: datetime) -> Iterator[int]:
    """Wishes whose time is over, or whose family has booked the topic; not while an offer waits for an answer."""
    booked = Q(
        earlier=False,
        student__counseling_bookings__topic=F("topic"),
        student__counseling_bookings__state__in=Booking.AGREED,
        student__counseling_bookings__period__endswith__gt=now,
    )
    moot = Q(earlier=True) & (
        Q(booking=None) | ~Q(booking__state=Booking.State.BOOKED) | Q(booking__period__startswith__lte=now)
    )
    gone = Q(student__left_at__isnull=False)
    wishes = Wish.objects.filter(booked | moot | gone | Q(until__lte=now), state=Wish.State.WAITING)
    return wishes.exclude(offers__state=SlotOffer.State.OPEN).values_list("pk", flat=True).distinct()[:BATCH]


@transaction.atomic
def _end(pk: int) -> bool:
    now = timezone.now()
    wish = Wish.objects.get(pk=pk)
    waiting.take_bookings(wish.student_id, [], now)
    waiting.enter()
    wish = Wish.objects.for_page().get(pk=pk)
    if wish.state != Wish.State.WAITING or wish.offers.standing().exists():
        return False
    reason = _("기다리는 기간이 끝났습니다.") if wish.until <= now else _("더 기다릴 까닭이 없어졌습니다.")
    ahead = Booking.objects.upcoming().filter(student=wish.student_id, topic=wish.topic_id)
    if not wish.earlier and ahead.exists():
        reason = _("이 주제로 상담을 예약하셔서 대기를 마쳤습니다.")
    waiting.end(wish, reason, by=None)
    return True


def _impossible() -> Iterator[int]:
    """Open offers of times that are not to be had any more, or that are not earlier any more."""
    closed = Q(slot__published=False) | Q(slot__counselor__active=False) | Q(wish__topic__active=False)
    for mode in Mode.values:
        offered = Q(wish__topic__modes__contains=[mode]) & Q(slot__modes__contains=[mode])
        closed |= Q(mode=mode) & ~offered
    late = Q(wish__earlier=True) & Q(wish__booking__period__startswith__lt=F("slot__period__endswith"))
    return SlotOffer.objects.standing().filter(closed | late).values_list("pk", flat=True)[:BATCH]


def _silent(now: datetime) -> Iterator[int]:
    """Questions about a moved time whose deadline is past, or whose booking was changed since."""
    questions = Rearrangement.objects.moot() | Rearrangement.objects.lapsed(now)
    return questions.values_list("pk", flat=True)[:BATCH]


def _take_back(pk: int) -> bool:
    offer = answering.take_back(SlotOffer.objects.get(pk=pk), by=None, reason="제안할 수 없게 된 시간")
    return offer.state == SlotOffer.State.WITHDRAWN


def _unsaid(now: datetime) -> Iterator[int]:
    return SlotOffer.objects.open(now).to_announce().values_list("pk", flat=True)[:BATCH]


@transaction.atomic
def _announce(pk: int) -> bool:
    """Tell the family in the morning; its time to answer begins now. Too little of it: the place goes on."""
    now = timezone.now()
    offer, hold, queue = waiting.take(pk, now)
    if not offer.is_open(now) or offer.announced_at or hold is None:
        return False
    answer = waiting.window(offer.wish, offer.slot, queue, now, by_staff=offer.by_hand)
    if answer is None:
        waiting.close(offer, hold, SlotOffer.State.WITHDRAWN, queue, by=None, reason=waiting.TOO_SHORT)
        return False
    offer.deadline = hold.held_until = answer.deadline
    offer.save(update_fields=["deadline"])
    hold.save(update_fields=["held_until"])
    waiting.announce(offer, now)
    return True


def _free_and_wanted(now: datetime) -> list[int]:
    """Free times that fit somebody who waits: opened by the calendar, or freed by a hold that was not confirmed."""
    found: dict[int, None] = {}
    for topic in Topic.objects.open().filter(pk__in=Wish.objects.waiting(now).values("topic")):
        wishes = list(
            Wish.objects.waiting(now).filter(topic=topic).exclude(offers__state=SlotOffer.State.OPEN).for_page()
        )
        free = Slot.objects.free(topic=topic)[:MOST_SLOTS] if wishes else []
        found |= {slot.pk: None for slot in free if any(wish.fits(slot) for wish in wishes)}
    return list(found)


@transaction.atomic
def _offer(slot_id: int) -> bool:
    return waiting.slot_freed(lock(Slot.objects.select_related("counselor", "room__venue"), slot_id)) is not None
