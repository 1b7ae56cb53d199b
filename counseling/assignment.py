"""상담사 무관: who gets a booking when the family has chosen a time and nobody in particular.

Whoever has the fewest booked minutes that week (Monday to Sunday) comes first; among equals whoever was
booked longest ago, then the key. Earlier counsellors of the student go before them where the family asks
for continuity. The load is read without a lock, for a neighbour's minute makes nobody wait; the slot itself
is taken under ``booking``'s locks, and one that was lost meanwhile falls to the next counsellor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.postgres.fields.ranges import RangeEndsWith, RangeStartsWith
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import Student
from counseling import booking as bookings
from counseling.booking import TAKEN, Taken
from counseling.models import Booking, Counselor, Slot, Topic
from counseling.models.slots import midnight

if TYPE_CHECKING:
    from accounts.models import User

WEEK = timedelta(days=7)
REMEMBERED = timedelta(days=30)  # whoever had nothing for so long comes first among equals


@dataclass(frozen=True)
class Load:
    """What a counsellor has in a stretch of days: bookings, their minutes, and when the last one was made."""

    bookings: int = 0
    minutes: int = 0
    last_booked: datetime | None = None


def hold(start: datetime, *, student: Student, topic: Topic, mode: str, by: User, **more: object) -> Booking:
    """``booking.hold`` with whoever shall have it; ``continuity`` asks for the student's earlier counsellor first.

    Raises:
        Taken: nobody is free at ``start`` any more, or the student is somewhere else then.
        NotNow: as ``booking.hold``.
    """
    return _take(bookings.hold, start, student=student, topic=topic, mode=mode, by=by, **more)


def book(start: datetime, *, student: Student, topic: Topic, mode: str, by: User, **more: object) -> Booking:
    """``booking.book`` with whoever shall have it; the rest as ``hold``."""
    return _take(bookings.book, start, student=student, topic=topic, mode=mode, by=by, **more)


def _take(
    act: Callable[..., Booking],
    start: datetime,
    *,
    student: Student,
    topic: Topic,
    mode: str,
    by: User,
    continuity: bool = False,
    **more: object,
) -> Booking:
    lost: Taken | None = None
    asked = {"student": student, "topic": topic, "mode": mode, "by_staff": bool(more.get("on_behalf"))}
    for slot in candidates(start, continuity=continuity, **asked):
        try:
            return act(slot.pk, student=student, topic=topic, mode=mode, by=by, **more)
        except Taken as taken:
            lost = taken
    raise lost or Taken(str(TAKEN))


def candidates(
    start: datetime, *, student: Student, topic: Topic, mode: str, continuity: bool = False, by_staff: bool = False
) -> Iterator[Slot]:
    """Slots at ``start`` in the order in which they are to be tried; what the student has there already first."""
    mine = Booking.objects.occupying(timezone.now()).filter(student=student, period__startswith=start, topic=topic)
    if standing := mine.select_related("slot").first():
        yield standing.slot
    at = excluding(suitable(topic, mode, by_staff=by_staff).filter(period__startswith=start), student)
    yield from ranked(list(at), student=student, continuity=continuity)


def ranked(slots: list[Slot], *, student: Student, continuity: bool = False) -> list[Slot]:
    """These slots of one moment in the order of who shall have the booking."""
    if not slots:
        return []
    loads = load(*week_of(timezone.localdate(slots[0].starts_at)), counselors=[slot.counselor_id for slot in slots])
    known = earlier_keys(student) if continuity else []

    def rank(slot: Slot) -> tuple[int, int, float, int]:
        its = loads.get(slot.counselor_id, Load())
        place = known.index(slot.counselor_id) if slot.counselor_id in known else len(known)
        since = its.last_booked.timestamp() if its.last_booked else 0.0
        return place, its.minutes, since, slot.counselor_id

    return sorted(slots, key=rank)


def earlier(student: Student) -> list[Counselor]:
    """Who has counselled ``student`` before and still does, the latest first: for continuity."""
    order = earlier_keys(student)
    by_key = Counselor.objects.active().in_bulk(order)
    return [by_key[pk] for pk in order if pk in by_key]


def earlier_keys(student: Student) -> list[int]:
    """The keys of everybody who has counselled ``student`` before, the latest first."""
    done = Booking.objects.filter(student=student, state=Booking.State.DONE)
    last = done.values("slot__counselor").annotate(last=Max("period__startswith")).order_by("-last")
    return [row["slot__counselor"] for row in last]


def week_of(day: date) -> tuple[datetime, datetime]:
    """Monday's first moment, and the next Monday's."""
    monday = midnight(day - timedelta(days=day.weekday()))
    return monday, monday + WEEK


def month_of(day: date) -> tuple[datetime, datetime]:
    """The first moment of its month, and the next month's."""
    first = day.replace(day=1)
    return midnight(first), midnight((first + timedelta(days=31)).replace(day=1))


def load(first: datetime, last: datetime, *, counselors: list[int] | None = None) -> dict[int, Load]:
    """By counsellor, what starts in ``[first, last)`` and when somebody last booked them: one query."""
    now = timezone.now()
    within = Q(period__startswith__gte=first, period__startswith__lt=last)
    booked = Booking.objects.occupying(now).filter(period__startswith__gte=min(first, now - REMEMBERED))
    if counselors is not None:
        booked = booked.filter(slot__counselor__in=counselors)
    length = RangeEndsWith("period") - RangeStartsWith("period")
    rows = (
        booked.order_by()
        .values_list("slot__counselor")
        .annotate(n=Count("pk", filter=within), total=Sum(length, filter=within), last=Max("booked_at"))
    )
    return {pk: Load(number, _minutes(total), last_booked) for pk, number, total, last_booked in rows}


def free_minutes(first: datetime, last: datetime) -> dict[int, int]:
    """By counsellor, how many minutes that start in ``[first, last)`` can still be booked."""
    now = timezone.now()
    slots = Slot.objects.filter(published=True, period__startswith__gte=max(first, now), period__startswith__lt=last)
    length = RangeEndsWith("period") - RangeStartsWith("period")
    rows = slots.untaken(now).order_by().values_list("counselor").annotate(total=Sum(length))
    return {pk: _minutes(total) for pk, total in rows}


def suitable(topic: Topic, mode: str | None, *, by_staff: bool = False) -> QuerySet[Slot]:
    """Free slots for ``topic``, the earliest first; staff may also use those past the families' deadline."""
    if not by_staff:
        return Slot.objects.free(topic=topic, mode=mode)
    now = timezone.now()
    ahead = Slot.objects.filter(period__endswith__gt=now, published=True, counselor__active=True)
    length = RangeEndsWith("period") - RangeStartsWith("period")
    fitting = (
        ahead.untaken(now)
        .alias(length=length)
        .filter(
            counselor__topics=topic,
            modes__overlap=[mode] if mode else topic.modes,
            length__gte=timedelta(minutes=topic.minutes),
        )
    )
    return fitting.order_by("period__startswith", "pk")


def excluding(slots: QuerySet[Slot], student: Student) -> QuerySet[Slot]:
    """Without those of counsellors who are not assigned to students of this school."""
    return slots.exclude(counselor__excluded_schools=student.school_id) if student.school_id else slots


def _minutes(length: timedelta | None) -> int:
    return int(length.total_seconds() // 60) if length else 0
