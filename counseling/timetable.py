"""Making times that can be booked. Publishing locks the counsellor row, then the room row (``docs/locks.md``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone

from centre.calendar import Calendar
from centre.models import Room
from counseling.models import Counselor, Slot
from counseling.models.slots import midnight
from lifecycle.locks import Refused, contended, lock

MOST_DAYS = 92  # a quarter; a longer timetable is made in several goes


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """The same times on some weekdays of a period: from ``starts`` on, each ``minutes`` long with a pause between."""

    first: date
    last: date
    weekdays: Sequence[int]
    starts: time
    ends: time
    minutes: int
    pause: int

    def days(self) -> Iterator[date]:
        for offset in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=offset)
            if day.weekday() in self.weekdays:
                yield day

    def on(self, day: date) -> Iterator[DateTimeTZRange]:
        """The periods of one day; what does not end by ``ends`` is left out."""
        begins, close = _moment(day, self.starts), _moment(day, self.ends)
        while (over := begins + timedelta(minutes=self.minutes)) <= close:
            yield DateTimeTZRange(begins, over, "[)")
            begins = over + timedelta(minutes=self.pause)


@dataclass(frozen=True)
class Made:
    """What came of a pattern: slots made, days left out because the centre is closed, times that were taken or over."""

    slots: list[Slot] = field(default_factory=list)
    closed: dict[date, str] = field(default_factory=dict)
    clashes: list[datetime] = field(default_factory=list)


def make(
    counselor: Counselor, pattern: Pattern, *, modes: Sequence[str], room: Room | None = None, published: bool = True
) -> Made:
    """Make the slots of ``pattern`` wherever counsellor and room are free and the centre is open.

    Made twice, it adds nothing the second time.

    Raises:
        Refused: somebody else changed the same times at the same moment.
    """
    made = Made()
    with contended("같은 시간을 다른 사람이 함께 바꾸고 있습니다. 다시 시도해 주세요.", Refused), transaction.atomic():
        lock(Counselor.objects, counselor.pk)
        if room:
            lock(Room.objects, room.pk)
        calendar = Calendar.load(pattern.first, pattern.last)
        busy, now = _busy(counselor, room, pattern), timezone.now()
        for day in pattern.days():
            if reason := calendar.closed_reason(day, room.venue_id if room else None):
                made.closed[day] = reason
                continue
            for period in pattern.on(day):
                if period.lower <= now or any(b.lower < period.upper and period.lower < b.upper for b in busy):
                    made.clashes.append(period.lower)
                else:
                    slot = Slot(counselor=counselor, period=period, modes=list(modes), room=room, published=published)
                    made.slots.append(slot)
        Slot.objects.bulk_create(made.slots)
    return made


def _busy(counselor: Counselor, room: Room | None, pattern: Pattern) -> list[DateTimeTZRange]:
    """Periods in which the counsellor or the room is taken already."""
    who = Q(counselor=counselor) | (Q(room=room) if room else Q())
    window = DateTimeTZRange(midnight(pattern.first), midnight(pattern.last + timedelta(days=1)), "[)")
    return list(Slot.objects.filter(who, period__overlap=window).values_list("period", flat=True))


def _moment(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))
