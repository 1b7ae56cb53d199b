"""Free times as staff choose them: all counsellors beside each other, whoever shall have the booking first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Student
from counseling import assignment
from counseling.models import Booking, Counselor, Slot
from counseling.models.slots import midnight

MOST = 12  # times that are offered at once; a day shows all of its own


@dataclass(frozen=True)
class Offered:
    """One free slot. ``is_next``: the least loaded at its moment; ``is_known``: an earlier counsellor of the student."""

    slot: Slot
    is_next: bool
    is_known: bool


def offered(
    slots: QuerySet[Slot],
    student: Student,
    *,
    day: date | None = None,
    most: int = MOST,
    instead_of: Booking | None = None,
) -> list[Offered]:
    """The earliest of ``slots`` at which ``student`` is nowhere else, equal moments in the order of assignment.

    ``instead_of`` is the booking that would go there, and is not in its own way.
    """
    elsewhere = Booking.objects.occupying(timezone.now()).filter(student=student)
    if instead_of:
        elsewhere = elsewhere.exclude(pk=instead_of.pk)
    busy = elsewhere.filter(period__overlap=OuterRef("period"))
    never = Counselor.excluded_schools.through.objects.filter(counselor=OuterRef("counselor"), school=student.school_id)
    slots = slots.filter(~Exists(busy)).annotate(is_excluded=Exists(never)).select_related("counselor", "room")
    if day:
        slots = slots.filter(
            period__startswith__gte=midnight(day), period__startswith__lt=midnight(day + timedelta(days=1))
        )
    found = list(slots if day else slots[:most])
    if not found:
        return []
    known = set(assignment.earlier_keys(student))
    allowed = {slot.pk for slot in found if not slot.is_excluded}
    loads = _loads(found)
    result: list[Offered] = []
    seen: set[datetime] = set()
    for slot in sorted(
        found, key=lambda slot: (slot.starts_at, slot.pk not in allowed, loads[slot.pk], slot.counselor_id)
    ):
        first = slot.starts_at not in seen and slot.pk in allowed
        if first:
            seen.add(slot.starts_at)
        result.append(Offered(slot, first, slot.counselor_id in known))
    return result


def _loads(slots: Iterable[Slot]) -> dict[int, tuple[int, float]]:
    """By slot, the minutes of its counsellor that week and when the last booking was made: one query a week."""
    weeks: dict[datetime, dict[int, assignment.Load]] = {}
    found = {}
    for slot in slots:
        first, last = assignment.week_of(timezone.localdate(slot.starts_at))
        if first not in weeks:
            weeks[first] = assignment.load(first, last)
        its = weeks[first].get(slot.counselor_id, assignment.Load())
        found[slot.pk] = (its.minutes, its.last_booked.timestamp() if its.last_booked else 0.0)
    return found
