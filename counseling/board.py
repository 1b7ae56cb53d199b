"""One day of counselling at a glance: counsellors or rooms beside each other, their times below each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone

from counseling import questionnaires, sensitive
from counseling.finding import day_of
from counseling.models import Booking, Record, Slot
from krds.dates import ktime
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
    is_waiting: bool  # over, and nobody has written down what happened
    marks: Sequence[Mark]
    is_own: bool = False  # the reader's own counselling

    @property
    def who(self) -> str:
        """``김*늘 (중3)``: enough to greet somebody; the rest stands on the booking's own page."""
        student = self.booking.student if self.booking else None
        return f"{mask_name(student.name)} ({student.grade_label})" if student else ""

    @property
    def papers(self) -> list[str]:
        """What is there to read of this counselling, in words: the form before it, the record after it."""
        booking = self.booking
        if booking is None or not self.is_open or booking.state == State.HELD:
            return []
        form = "질문지 보냄" if booking.form_sent else "질문지 아직" if booking.form_asked else ""
        took_place = booking.state in {State.ARRIVED, State.DONE}
        record = "기록 있음" if booking.is_recorded else "기록 아직" if took_place else ""
        return [word for word in (form, record) if word]

    @property
    def lacks_consent(self) -> bool:
        """Nobody agrees (any more) to what this counselling may touch, and it has not taken place yet."""
        booking = self.booking
        return self.is_open and booking is not None and booking.state in Booking.AGREED and booking.lacks_consent

    @property
    def can_record(self) -> bool:
        """The counselling took place, and it is the reader's own to write down."""
        return self.is_own and self.booking is not None and self.booking.state in {State.ARRIVED, State.DONE}

    @property
    def can_change(self) -> bool:
        """Whether it can still be moved, given to a sibling or cancelled."""
        return self.is_open and self.booking is not None and self.booking.state == State.BOOKED

    @property
    def state(self) -> str:
        """In words: colours never speak alone."""
        if self.booking is None:
            return "비공개" if not self.slot.published else ("비어 있음" if self.can_book else "비어 있었음")
        if not self.is_open:
            return "예약 있음"
        return str(self.booking.get_state_display())

    @property
    def news(self) -> str:
        """What somebody who only hears the page is told when this cell has changed."""
        return f"{ktime(self.slot.starts_at)} {self.slot.counselor.name} {self.state}"


@dataclass(frozen=True)
class Column:
    """A counsellor or a room; ``key`` is 0 for what needs no room."""

    key: int
    name: str


@dataclass(frozen=True)
class Row:
    start: datetime
    cells: list[list[Cell]]
    now: datetime | None = None  # the moment to draw a line at, above this row


@dataclass(frozen=True)
class View:
    """What of a day is shown and how; read from an address, and written back into one."""

    day: date
    by: str = "counselor"
    show: str = "all"
    mine: bool = False

    BY = {"counselor": "상담사별", "room": "방별"}
    SHOW = {"all": "모두", "booked": "예약", "free": "빈 시간", "waiting": "처리할 것"}

    @classmethod
    def read(cls, query: Mapping[str, str], today: date) -> View:
        by, show = query.get("by", ""), query.get("show", "")
        return cls(
            day_of(query.get("day", "")) or today,
            by if by in cls.BY else "counselor",
            show if show in cls.SHOW else "all",
            query.get("mine") == "1",
        )

    @property
    def query(self) -> str:
        """The query string that asks for the same again; what is usual is left out."""
        asked = {"day": f"{self.day:%Y-%m-%d}", "by": self.by, "show": self.show, "mine": "1" if self.mine else ""}
        usual = {"by": "counselor", "show": "all", "mine": ""}
        return "?" + urlencode({name: value for name, value in asked.items() if usual.get(name) != value})

    def on(self, day: date) -> View:
        return replace(self, day=day)

    def tabs(self) -> list[tuple[str, str, bool]]:
        return [(label, replace(self, by=by).query, by == self.by) for by, label in self.BY.items()]

    def filters(self) -> list[tuple[str, str, bool]]:
        return [(label, replace(self, show=show).query, show == self.show) for show, label in self.SHOW.items()]


@dataclass(frozen=True)
class Board:
    view: View
    columns: list[Column]
    rows: list[Row]
    counts: dict[str, int]
    etag: str

    @property
    def day(self) -> date:
        return self.view.day

    @classmethod
    def of(cls, view: View, user: User) -> Board:
        """The board of a day as ``user`` may see it, in two queries."""
        now = timezone.now()
        slots = _slots(view, user, now)
        sees_all = user.has_perm("counseling.view_every_booking")
        cells = [_cell(slot, user, now, sees_all=sees_all) for slot in slots]
        shown = [cell for cell in cells if _wanted(cell, view.show)]
        columns = _columns(shown, view)
        place = {column.key: number for number, column in enumerate(columns)}
        rows: dict[datetime, list[list[Cell]]] = {}
        for cell in shown:
            row = rows.setdefault(cell.slot.starts_at, [[] for _ in columns])
            row[place[_key(cell.slot, view)]].append(cell)
        line = _line(rows, view.day, now)
        table = [Row(start, row, now if start == line else None) for start, row in sorted(rows.items())]
        return cls(view, columns, table, _counts(slots), _etag(slots, view, user, now))

    @classmethod
    def etag_of(cls, view: View, user: User) -> str:
        """What ``of(...)`` would be called, without its people: for asking again and again whether anything changed."""
        now = timezone.now()
        return _etag(_slots(view, user, now, bare=True), view, user, now)


def _slots(view: View, user: User, now: datetime, *, bare: bool = False) -> list[Slot]:
    taken = Booking.objects.occupying(now).annotate(
        form_sent=questionnaires.sent_about_booking(),
        form_asked=questionnaires.asked_about_booking(),
        is_recorded=Exists(Record.objects.filter(booking=OuterRef("pk"))),
        lacks_consent=sensitive.lacking(),
    )
    slots = Slot.objects.standing().of_the_house().on(view.day)
    if view.mine:
        slots = slots.filter(counselor__user=user)
    if not bare:
        taken, slots = taken.select_related("student", "topic"), slots.select_related("counselor", "room")
    return list(slots.prefetch_related(Prefetch("bookings", taken, to_attr="taken")))


def _cell(slot: Slot, user: User, now: datetime, *, sees_all: bool) -> Cell:
    is_own = slot.counselor.user_id == user.pk
    is_open = sees_all or is_own
    booking = slot.taken[0] if slot.taken else None
    can_book = booking is None and slot.published and now < slot.ends_at
    waits = is_open and booking is not None and booking.state in Booking.AGREED and booking.ends_at <= now
    possible = marks(booking, now) if booking and is_open else []
    return Cell(slot, booking, is_open, can_book, waits, possible, is_own)


def _wanted(cell: Cell, show: str) -> bool:
    return {"booked": cell.booking is not None, "free": cell.can_book, "waiting": cell.is_waiting}.get(show, True)


def _key(slot: Slot, view: View) -> int:
    return slot.counselor_id if view.by == "counselor" else slot.room_id or 0


def _columns(cells: Sequence[Cell], view: View) -> list[Column]:
    if view.by == "counselor":
        names = {cell.slot.counselor_id: cell.slot.counselor.name for cell in cells}
    else:
        names = {cell.slot.room_id or 0: str(cell.slot.room or "방 없음") for cell in cells}
    return [Column(key, name) for key, name in sorted(names.items(), key=lambda item: (not item[0], item[1], item[0]))]


def _line(starts: Iterable[datetime], day: date, now: datetime) -> datetime | None:
    """Above which row "now" is; nowhere on another day, or when everything has begun."""
    if timezone.localdate(now) != day:
        return None
    return min((start for start in starts if start > now), default=None)


def _etag(slots: Sequence[Slot], view: View, user: User, now: datetime) -> str:
    """Changes with every slot, booking and state, and when the clock opens or closes a button."""
    rows = [
        (
            slot.period,
            slot.published,
            slot.room_id,
            slot.counselor_id,
            slot.modes,
            slot.starts_at <= now,
            slot.ends_at <= now,
        )
        for slot in slots
    ]
    taken = [
        (
            *(b.slot_id, b.pk, b.state, b.student_id, b.topic_id, b.mode, b.sequence, b.ends_at <= now),
            *(b.form_sent, b.form_asked, b.is_recorded, b.lacks_consent),
        )
        for slot in slots
        for b in slot.taken
    ]
    said = repr((view, user.pk, timezone.localdate(now), [slot.pk for slot in slots], rows, taken))
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:24]}"'


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
