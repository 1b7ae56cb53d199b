"""One day of counselling at a glance: counsellors beside each other, their times below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.utils import timezone

from counseling.models import Booking, Counselor, Slot
from lifecycle.masking import mask_name

if TYPE_CHECKING:
    from accounts.models import User

State = Booking.State

# What a button says when it takes back what was written down before.
CORRECTIONS = {
    (State.ARRIVED, State.BOOKED): "도착 되돌리기",
    (State.DONE, State.NO_SHOW): "불참으로 고치기",
    (State.NO_SHOW, State.DONE): "완료로 고치기",
}


@dataclass(frozen=True)
class Mark:
    """Something that can be written down now, and what the button says."""

    state: State
    label: str


@dataclass(frozen=True)
class Cell:
    """One slot, its booking if there is one, and what may be done with it now."""

    slot: Slot
    booking: Booking | None
    is_open: bool  # whether the reader may see whose booking it is
    can_book: bool
    marks: Sequence[Mark]

    @property
    def who(self) -> str:
        """``김*늘 (중3)``: enough to greet somebody; the rest stands on the booking's own page."""
        student = self.booking.student if self.booking else None
        return f"{mask_name(student.name)} ({student.grade_label})" if student else ""

    @property
    def can_cancel(self) -> bool:
        return self.is_open and self.booking is not None and self.booking.state == State.BOOKED


@dataclass(frozen=True)
class Board:
    day: date
    counselors: list[Counselor]
    rows: list[tuple[datetime, list[Cell | None]]]
    counts: dict[str, int]

    @classmethod
    def of(cls, day: date, user: User) -> Board:
        """The board of ``day`` as ``user`` may see it, in two queries."""
        now = timezone.now()
        taken = Booking.objects.occupying(now).select_related("student", "topic")
        slots = Slot.objects.standing().on(day).select_related("counselor", "room")
        slots = list(slots.prefetch_related(Prefetch("bookings", taken, to_attr="taken")))
        counselors = sorted({slot.counselor for slot in slots}, key=lambda counselor: (counselor.name, counselor.pk))
        sees_all = user.has_perm("counseling.view_every_booking")
        cells: dict[datetime, dict[int, Cell]] = {}
        for slot in slots:
            is_open = sees_all or slot.counselor.user_id == user.pk
            booking = slot.taken[0] if slot.taken else None
            can_book = booking is None and slot.published and now < slot.ends_at
            possible = marks(booking, now) if booking and is_open else []
            cells.setdefault(slot.starts_at, {})[slot.counselor_id] = Cell(slot, booking, is_open, can_book, possible)
        rows = [(start, [row.get(c.pk) for c in counselors]) for start, row in sorted(cells.items())]
        return cls(day, counselors, rows, _counts(slots))


def marks(booking: Booking, now: datetime) -> list[Mark]:
    """What can be written down of a booking now, in the order in which things happen."""
    possible = booking.MOVES[booking.state] & Booking.MARKS
    if now < booking.starts_at:
        possible -= {State.DONE, State.NO_SHOW}
    if timezone.localdate(booking.starts_at) != timezone.localdate(now):
        possible -= {State.ARRIVED}
    return [Mark(state, CORRECTIONS.get((booking.state, state), state.label)) for state in State if state in possible]


def _counts(slots: Sequence[Slot]) -> dict[str, int]:
    states = [slot.taken[0].state for slot in slots if slot.taken]
    return {
        "시간": len(slots),
        "예약": len(states) - states.count(State.HELD),
        "완료": states.count(State.DONE),
        "불참": states.count(State.NO_SHOW),
        "빈 시간": len(slots) - len(states),
    }
