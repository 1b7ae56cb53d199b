"""What publishing weekly patterns would do: looked at, worked out, and done by nobody.

``timetable`` looks through this before it does anything. Times made by hand are never touched, and one that
somebody has booked stays as it is, whatever the patterns say: it is listed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from centre.calendar import Calendar
from centre.models import Room
from centre.rooms import Usage
from counseling.models import Booking, Counselor, Leave, Mode, Slot, WeeklyPattern
from counseling.models.people import mode_labels
from counseling.models.slots import midnight
from krds.dates import ktime


@dataclass(frozen=True)
class Session:
    """A time as the patterns want it."""

    counselor: Counselor
    period: DateTimeTZRange
    modes: tuple[str, ...]
    room: Room | None

    @property
    def mode_labels(self) -> str:
        return mode_labels(list(self.modes))

    @property
    def mark(self) -> tuple[object, ...]:
        return self.counselor.pk, self.period.lower, self.period.upper, self.modes, self.room and self.room.pk


@dataclass(frozen=True)
class Change:
    """An unbooked time that keeps its hour and gets another room or other modes."""

    slot: Slot
    session: Session


@dataclass(frozen=True)
class LeftOut:
    """What the patterns ask for and does not come: a whole day, or one time of it."""

    counselor: Counselor
    day: date
    reason: str
    starts_at: datetime | None = None


@dataclass(frozen=True)
class Stays:
    """A time with a booking that the patterns do not (or no longer) foresee. It stays."""

    slot: Slot
    reason: str


@dataclass
class Plan:
    """What publishing would do for some counsellors from ``first`` to ``last``, both included."""

    first: date
    last: date
    counselors: list[Counselor]
    new: list[Session] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    gone: list[Slot] = field(default_factory=list)
    kept: list[Slot] = field(default_factory=list)
    exceptions: list[Stays] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether publishing would change nothing."""
        return not (self.new or self.changed or self.gone)

    @property
    def digest(self) -> str:
        """The same for the same doings: what was shown is what will be done, or nothing is."""
        doings = [
            sorted(repr(session.mark) for session in self.new),
            sorted(repr((change.slot.pk, change.session.mark)) for change in self.changed),
            sorted(slot.pk for slot in self.gone),
        ]
        return hashlib.sha256(repr(doings).encode()).hexdigest()[:16]


def plan(counselors: Iterable[Counselor], first: date, last: date) -> Plan:
    """What publishing the patterns of ``counselors`` would do; changes nothing.

    Only what is still ahead is looked at. Four queries for each kind of thing, however long the period.
    """
    return _Planner(sorted(counselors, key=lambda counselor: counselor.pk), first, last).plan()


class _Planner:
    """One look at everything that matters for some counsellors and days."""

    def __init__(self, counselors: list[Counselor], first: date, last: date) -> None:
        self.found = Plan(first, last, counselors)
        self.now = timezone.now()
        self.calendar = Calendar.load(first, last)
        monday = first - timedelta(days=first.weekday())
        self.patterns = patterns_of(counselors, first, last)
        leaves = Leave.objects.filter(
            counselor__in=counselors,
            period__overlap=DateTimeTZRange(midnight(first), midnight(last + timedelta(days=1)), "[)"),
        )
        self.leaves = list(leaves)
        taken = Booking.objects.occupying(self.now).filter(slot=OuterRef("pk"))
        window = DateTimeTZRange(midnight(monday), midnight(last + timedelta(days=7 - last.weekday())), "[)")
        slots = Slot.objects.standing().filter(counselor__in=counselors, period__overlap=window)
        self.slots = list(
            slots.annotate(is_taken=Exists(taken)).select_related("counselor", "room__venue").order_by("period")
        )
        rooms = candidates(self.patterns)
        self.rooms = {room.pk: room for room in rooms}
        self.usage = Usage.load(rooms, first, last, self.calendar)
        self.given: dict[int, list[DateTimeTZRange]] = {}
        self.kept_by_mark: dict[tuple[int, datetime, datetime], Slot] = {}

    def plan(self) -> Plan:
        due = [one for counselor in self.found.counselors for one in self._due(counselor)]
        reasons = self._sort_out(due)
        self._free_rooms_of([*self.found.gone, *self.kept_by_mark.values()])
        for pattern, period in sorted(due, key=self._turn):
            self._seat(pattern, period)
        for slot, reason in reasons:
            self.found.exceptions.append(Stays(slot, reason))
        return self.found

    def _due(self, counselor: Counselor) -> list[tuple[WeeklyPattern, DateTimeTZRange]]:
        """The sessions of a counsellor that the days, the hours, leave, other times and limits allow."""
        asked = self._asked(counselor)
        mine = [slot for slot in self.slots if slot.counselor_id == counselor.pk]
        firm = [slot for slot in mine if not slot.planned or slot.is_taken or not self._is_ahead(slot)]
        exact = {(slot.starts_at, slot.ends_at): slot for slot in firm}
        days, weeks = self._counts(slot.starts_at for slot in firm)
        due = []
        for pattern, period in asked:
            same = exact.get((period.lower, period.upper))
            if same is not None:
                due.append((pattern, period))  # there already; its room and modes are its own affair
                continue
            day = timezone.localdate(period.lower)
            week = day - timedelta(days=day.weekday())
            other = next((s for s in firm if s.starts_at < period.upper and period.lower < s.ends_at), None)
            if other is not None:
                self._leave_out(counselor, period, f"이미 있는 시간({_span(other.period)})과 겹칩니다.")
            elif counselor.most_per_day and days[day] >= counselor.most_per_day:
                self._leave_out(counselor, period, f"하루 최대 {counselor.most_per_day}회")
            elif counselor.most_per_week and weeks[week] >= counselor.most_per_week:
                self._leave_out(counselor, period, f"한 주 최대 {counselor.most_per_week}회")
            else:
                days[day] += 1
                weeks[week] += 1
                due.append((pattern, period))
        return due

    def _asked(self, counselor: Counselor) -> list[tuple[WeeklyPattern, DateTimeTZRange]]:
        """What the patterns want on days and at hours when the centre is open and the counsellor there."""
        asked = []
        mine = [pattern for pattern in self.patterns if pattern.counselor_id == counselor.pk]
        leaves = [leave for leave in self.leaves if leave.counselor_id == counselor.pk]
        for day in self.calendar.days():
            for pattern in mine:
                periods = [period for period in pattern.on(day) if period.lower > self.now]
                venue = pattern.venue_id or (pattern.room.venue_id if pattern.room else None)
                if periods and (reason := self.calendar.closed_reason(day, venue)):
                    self.found.left_out.append(LeftOut(counselor, day, reason))
                    continue
                for period in periods:
                    away = next((x for x in leaves if _overlap(x.period, period)), None)
                    closed = self.calendar.closed_during(period.lower, period.upper, venue)
                    if away or closed:
                        self._leave_out(counselor, period, away.get_kind_display() if away else str(closed))
                    else:
                        asked.append((pattern, period))
        return sorted(asked, key=lambda one: one[1].lower)

    def _sort_out(self, due: list[tuple[WeeklyPattern, DateTimeTZRange]]) -> list[tuple[Slot, str]]:
        """Put every time that patterns made into kept, gone, or booked and therefore an exception."""
        wanted = {(pattern.counselor_id, period.lower, period.upper) for pattern, period in due}
        reasons: list[tuple[Slot, str]] = []
        for slot in self.slots:
            mark = (slot.counselor_id, slot.starts_at, slot.ends_at)
            if not self._is_ahead(slot):
                continue
            if not slot.planned:
                if mark in wanted:
                    self.kept_by_mark[mark] = slot
            elif mark in wanted:
                self.kept_by_mark[mark] = slot
            elif slot.is_taken:
                reasons.append((slot, "예약이 있어 그대로 둡니다."))
            else:
                self.found.gone.append(slot)
        return reasons

    def _seat(self, pattern: WeeklyPattern, period: DateTimeTZRange) -> None:
        """Find the room of one session and say whether it is new, kept or changed."""
        slot = self.kept_by_mark.get((pattern.counselor_id, period.lower, period.upper))
        if slot is not None and (slot.is_taken or not slot.planned):
            self.found.kept.append(slot)
            return
        room, sentence = self._room(pattern, period, slot)
        if sentence:
            self._leave_out(pattern.counselor, period, sentence)
            if slot is not None:
                self.found.gone.append(slot)
            return
        if room is not None:
            self.given.setdefault(room.pk, []).append(period)
        session = Session(pattern.counselor, period, tuple(m for m in Mode.values if m in pattern.modes), room)
        if slot is None:
            self.found.new.append(session)
        elif (slot.room_id, set(slot.modes)) == (room and room.pk, set(session.modes)):
            self.found.kept.append(slot)
        else:
            self.found.changed.append(Change(slot, session))

    def _room(
        self, pattern: WeeklyPattern, period: DateTimeTZRange, slot: Slot | None
    ) -> tuple[Room | None, str | None]:
        """A room and no sentence, or no room and why there is none (both empty where none is asked for)."""
        if pattern.room_id:
            room = self.rooms[pattern.room_id]
            sentence = self._obstacle(room, period)
            return (None, sentence) if sentence else (room, None)
        if not pattern.venue_id:
            return None, None
        rooms = [room for room in self.rooms.values() if room.venue_id == pattern.venue_id]
        rooms.sort(key=lambda room: (slot is None or room.pk != slot.room_id, room.capacity, room.name, room.pk))
        free = next((room for room in rooms if self._obstacle(room, period) is None), None)
        return (free, None) if free else (None, f"{pattern.venue}: 빈 방이 없습니다.")

    def _obstacle(self, room: Room, period: DateTimeTZRange) -> str | None:
        if any(_overlap(other, period) for other in self.given.get(room.pk, ())):
            return f"{room}: 이 시간표의 다른 상담이 씁니다."
        return self.usage.obstacle(room, period)

    def _turn(self, due: tuple[WeeklyPattern, DateTimeTZRange]) -> tuple[datetime, bool, int]:
        """Who chooses a room first: at the same hour, times that have one already."""
        pattern, period = due
        is_new = (pattern.counselor_id, period.lower, period.upper) not in self.kept_by_mark
        return period.lower, is_new, pattern.counselor_id

    def _free_rooms_of(self, slots: Sequence[Slot]) -> None:
        """Unbooked times of the patterns give their rooms back before rooms are dealt out anew."""
        released = {slot.pk for slot in slots if slot.planned and not slot.is_taken}
        uses = {
            room: [use for use in rows if not (use.derived and use.owner_id in released)]
            for room, rows in self.usage.uses.items()
        }
        self.usage = Usage(self.calendar, uses)

    def _leave_out(self, counselor: Counselor, period: DateTimeTZRange, reason: str) -> None:
        self.found.left_out.append(LeftOut(counselor, timezone.localdate(period.lower), reason, period.lower))

    def _is_ahead(self, slot: Slot) -> bool:
        day = timezone.localdate(slot.starts_at)
        return slot.starts_at > self.now and self.found.first <= day <= self.found.last

    @staticmethod
    def _counts(starts: Iterable[datetime]) -> tuple[Counter[date], Counter[date]]:
        """How many times there are on each day, and in the week of each Monday."""
        days = Counter(timezone.localdate(moment) for moment in starts)
        weeks: Counter[date] = Counter()
        for day, number in days.items():
            weeks[day - timedelta(days=day.weekday())] += number
        return days, weeks


def candidates(patterns: Iterable[WeeklyPattern]) -> list[Room]:
    """Every room that some pattern may use."""
    asked = list(patterns)
    wanted = Q(pk__in=[p.room_id for p in asked if p.room_id]) | Q(venue__in=[p.venue_id for p in asked if p.venue_id])
    return list(Room.objects.filter(wanted).select_related("venue").order_by("pk"))


def patterns_of(counselors: Sequence[Counselor], first: date, last: date) -> list[WeeklyPattern]:
    lasting = Q(last_day=None) | Q(last_day__gte=first)
    active = [counselor for counselor in counselors if counselor.active]
    patterns = WeeklyPattern.objects.filter(lasting, counselor__in=active, first_day__lte=last)
    return list(
        patterns.select_related("counselor", "room__venue", "venue").prefetch_related("breaks", "counselor__topics")
    )


def _overlap(one: DateTimeTZRange, other: DateTimeTZRange) -> bool:
    return one.lower < other.upper and other.lower < one.upper


def _span(period: DateTimeTZRange) -> str:
    return f"{ktime(period.lower)}~{ktime(period.upper)}"
