"""Somebody stands at the counter now: a slot made on the spot for a counsellor who is free, booked and begun.

Counsellor, room, slot, student, booking: the order of ``docs/locks.md``. Nobody else ever sees the slot
free, for it is made and booked in one transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Student
from centre.models import Room, RoomUse
from centre.rooms import Usage
from counseling import booking as bookings
from counseling import timetable
from counseling.booking import NotNow, Taken
from counseling.models import Booking, Counselor, Leave, Mode, Slot, Topic
from lifecycle.locks import contended, lock

if TYPE_CHECKING:
    from accounts.models import User

STEP = timedelta(minutes=5)
SOON = timedelta(minutes=60)  # an empty slot that begins so soon is offered to who stands there

BUSY = "그 사이 상담사나 상담실의 다른 일정이 생겼습니다. 다시 골라 주세요."


def stretch(topic: Topic, now: datetime) -> DateTimeTZRange:
    """From the last full five minutes, as long as ``topic`` takes."""
    begins = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % STEP
    return DateTimeTZRange(begins, begins + timedelta(minutes=topic.minutes), "[)")


def free_now(topic: Topic, now: datetime) -> QuerySet[Counselor]:
    """Counsellors of ``topic`` without any slot and not on leave in that stretch."""
    then = {"counselor": OuterRef("pk"), "period__overlap": stretch(topic, now)}
    busy, away = Slot.objects.standing().filter(**then), Leave.objects.filter(**then)
    return Counselor.objects.active().filter(~Exists(busy), ~Exists(away), topics=topic).order_by("name", "pk")


def free_rooms(topic: Topic, now: datetime) -> QuerySet[Room]:
    """Rooms of today that nobody uses in that stretch."""
    busy = RoomUse.objects.during(stretch(topic, now)).filter(room=OuterRef("pk"))
    rooms = Room.objects.on().filter(~Exists(busy)).select_related("venue")
    return rooms.order_by("venue", "name", "pk")


def begin(
    slot_id: int,
    *,
    student: Student,
    topic: Topic,
    mode: str,
    by: User,
    question: str = "",
    exception: str = "",
    consent: str = "",
    consent_by: str = "",
) -> Booking:
    """Book an empty slot of today for somebody who is here, and write the arrival down.

    Raises:
        Taken, NotNow: as ``booking.book``.
    """
    with transaction.atomic():
        asked = {
            "student": student,
            "topic": topic,
            "mode": mode,
            "by": by,
            "question": question,
            "exception": exception,
            "consent": consent,
            "consent_by": consent_by,
        }
        booking = bookings.book(slot_id, on_behalf=True, **asked)
        return bookings.mark(booking, Booking.State.ARRIVED, by=by)


def _obstacle(counselor: Counselor, period: DateTimeTZRange, room: Room | None) -> str | None:
    if sentence := timetable.obstacle(counselor, period, room and room.venue_id):
        return sentence
    day = timezone.localdate(period.lower)
    return Usage.load([room], day, day).obstacle(room, period) if room else None


def open_and_begin(
    counselor: Counselor,
    *,
    student: Student,
    topic: Topic,
    by: User,
    room: Room | None = None,
    question: str = "",
    exception: str = "",
    consent: str = "",
    consent_by: str = "",
) -> Booking:
    """Make a slot that begins now for ``counselor``, and ``begin`` in it.

    Raises:
        Taken: the counsellor or the room is taken in that stretch, or the student is somewhere else.
        NotNow: as ``booking.book``; or the centre or the room is shut then, or the counsellor has enough, and no
            ``exception`` says why all the same.
    """
    with contended(BUSY, Taken), transaction.atomic():
        counselor = lock(Counselor.objects, counselor.pk)
        if room:
            lock(Room.objects, room.pk)
        now = timezone.now()
        if not free_now(topic, now).filter(pk=counselor.pk).exists():
            raise Taken(BUSY)
        period = stretch(topic, now)
        if not exception and (sentence := _obstacle(counselor, period, room)):
            raise NotNow(sentence)
        slot = Slot(counselor=counselor, period=period, modes=[Mode.VISIT], room=room)
        slot.save(force_insert=True)
        asked = {"student": student, "topic": topic, "mode": Mode.VISIT, "by": by}
        said = {"question": question, "exception": exception, "consent": consent, "consent_by": consent_by}
        return begin(slot.pk, **said, **asked)
