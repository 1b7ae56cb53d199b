"""A week or a month of counselling at a glance: counsellors below each other, days beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef
from django.utils import timezone

from centre.calendar import Calendar
from counseling.models import Booking, Counselor, Leave, Slot
from counseling.models.slots import midnight

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Cell:
    """One counsellor on one day."""

    day: date
    slots: Sequence[Slot]
    leaves: Sequence[Leave]

    @property
    def booked(self) -> int:
        return sum(slot.is_taken for slot in self.slots)

    @property
    def free(self) -> int:
        return sum(slot.published and not slot.is_taken for slot in self.slots)


@dataclass(frozen=True)
class Overview:
    first: date
    last: date
    days: list[tuple[date, str | None]]
    rows: list[tuple[Counselor, list[Cell], int, int]]
    is_month: bool

    @classmethod
    def week(cls, day: date, user: User) -> Overview:
        monday = day - timedelta(days=day.weekday())
        return cls._of(monday, monday + timedelta(days=6), user, is_month=False)

    @classmethod
    def month(cls, day: date, user: User) -> Overview:
        first = day.replace(day=1)
        return cls._of(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1), user, is_month=True)

    @classmethod
    def _of(cls, first: date, last: date, user: User, *, is_month: bool) -> Overview:
        """Names of students are not read: the day's own board has them."""
        window = DateTimeTZRange(midnight(first), midnight(last + timedelta(days=1)), "[)")
        taken = Booking.objects.occupying(timezone.now()).filter(slot=OuterRef("pk"))
        slots = (
            Slot.objects.standing().of_the_house().starting(window.lower, window.upper).annotate(is_taken=Exists(taken))
        )
        leaves = Leave.objects.filter(period__overlap=window).order_by("period")
        counselors = Counselor.objects.of_the_house()
        if not user.has_perm("counseling.view_every_booking"):
            slots, leaves = slots.filter(counselor__user=user), leaves.filter(counselor__user=user)
            counselors = counselors.filter(user=user)
        slots, leaves = list(slots.select_related("room")), list(leaves)
        calendar = Calendar.load(first, last)
        days = list(calendar.days())
        busy = {slot.counselor_id for slot in slots}
        rows = []
        for counselor in counselors:
            if not counselor.active and counselor.pk not in busy:
                continue
            mine = [slot for slot in slots if slot.counselor_id == counselor.pk]
            away = [leave for leave in leaves if leave.counselor_id == counselor.pk]
            cells = [_cell(day, mine, away) for day in days]
            rows.append((counselor, cells, sum(c.booked for c in cells), sum(len(c.slots) for c in cells)))
        return cls(first, last, [(day, calendar.closed_reason(day)) for day in days], rows, is_month)

    @property
    def before(self) -> date:
        return self.first - timedelta(days=1)

    @property
    def after(self) -> date:
        return self.last + timedelta(days=1)


def _cell(day: date, slots: Sequence[Slot], leaves: Sequence[Leave]) -> Cell:
    begins, over = midnight(day), midnight(day + timedelta(days=1))
    return Cell(
        day,
        [slot for slot in slots if begins <= slot.starts_at < over],
        [leave for leave in leaves if leave.period.lower < over and begins < leave.period.upper],
    )
