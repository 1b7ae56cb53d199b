"""A counsellor is suddenly away, or the centre shuts: who is hit, what can be done for them, and doing it.

``look`` changes nothing. ``settle`` first closes the period (leave is written down, unbooked times are taken
back), then helps one family after the other, each in one transaction with one message. What somebody
else took meanwhile is said, nothing is half done, and it can be run again for what is left.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Student
from centre.models import Room, Venue
from counseling import agreeing, agreeing_notices, answering, changing, joining, notices, timetable
from counseling import booking as bookings
from counseling.models import Booking, Counselor, Leave, Slot
from krds.dates import kdatetime, ktime
from lifecycle.locks import Refused, contended, lock_all
from lifecycle.masking import mask_name

if TYPE_CHECKING:
    from accounts.models import User
    from counseling.models import Rearrangement

CANCEL, KEEP, SLOT, MAKE = "cancel", "keep", "slot", "make"
TIMES_OFFERED = 6  # for each booking, the nearest first
LOOK_AHEAD = timedelta(days=28)
DECISION = re.compile(rf"{CANCEL}|({SLOT}|{MAKE}):\d{{1,18}}")
WAITS_FIRST = "센터 사정으로 취소된 상담"
BUSY = "방금 다른 곳에서 바뀌었습니다. 다시 확인해 주세요."


@dataclass(frozen=True)
class Option:
    """One way to help: ``slot:12``, ``make:3`` (a new time of that counsellor at the same hour) or ``cancel``."""

    value: str
    label: str


@dataclass(frozen=True)
class Hit:
    """One booking that cannot take place as agreed, and what can be done."""

    booking: Booking
    options: list[Option]
    suggested: str


@dataclass
class Absence:
    """Who is away when, and whom it hits. Without counsellors the whole centre is shut."""

    counselors: list[Counselor]
    period: DateTimeTZRange
    hits: list[Hit] = field(default_factory=list)
    unbooked: list[Slot] = field(default_factory=list)
    venue: Venue | None = None  # without counsellors: only this place is shut


@dataclass
class Outcome:
    """What was done: bookings moved and cancelled, families told, times taken back; and what could not be."""

    moved: int = 0
    cancelled: int = 0
    withdrawn: int = 0
    failures: list[tuple[Booking, str]] = field(default_factory=list)


def look(counselors: Sequence[Counselor], period: DateTimeTZRange, venue: Venue | None = None) -> Absence:
    """Whom the absence hits, with proposals; a suggested time is suggested to one booking only."""
    now = timezone.now()
    slots = _standing(counselors, period, now, venue)
    found = Absence(list(counselors), period, venue=venue)
    hit = Booking.objects.filter(state=Booking.State.BOOKED, slot__in=slots).for_page().order_by("period", "pk")
    booked = list(hit)
    busy = {booking.slot_id for booking in booked}
    taken = set(Booking.objects.occupying(now).filter(slot__in=slots).values_list("slot_id", flat=True))
    found.unbooked = [slot for slot in slots if slot.pk not in busy | taken]
    if booked:
        proposals = _Proposals(found, booked, now)
        found.hits = [proposals.of(booking) for booking in booked]
    return found


def settle(
    counselors: Sequence[Counselor],
    period: DateTimeTZRange,
    decisions: Mapping[int, str],
    *,
    by: User,
    reason: str,
    venue: Venue | None = None,
    ask: bool = False,
) -> Outcome:
    """Do what staff decided for each booking (by key); bookings without a decision stay for the next run.

    What families hold unconfirmed in these times, and what the queue was offered of them, is let go first.
    With ``ask`` each family is asked whether the new time is fine, where enough day is left to answer (``agreeing``).

    Args:
        decisions: an ``Option.value`` for each booking, or ``keep``; anything else is as if nothing was decided.
        reason: what the families read.

    Raises:
        Refused: the period could not be closed because somebody changed the same times at that moment.
    """
    done = Outcome(withdrawn=_close(counselors, period, by=by, venue=venue))
    if _let_go(counselors, period, by=by, reason=reason, venue=venue):
        done.withdrawn += _close(counselors, period, by=by, venue=venue)
    chosen = {pk: value for pk, value in decisions.items() if DECISION.fullmatch(value)}
    slots = _standing(counselors, period, timezone.now(), venue)
    asked = Booking.objects.filter(pk__in=chosen, slot__in=slots, state=Booking.State.BOOKED)
    for family in _families(list(asked.for_page().order_by("pk"))):
        try:
            with contended(BUSY, Refused), transaction.atomic():
                moved, cancelled = _help(family, chosen, by=by, reason=reason, ask=ask)
        except Refused as refused:
            done.failures += [(booking, str(refused)) for booking in family]
        else:
            done.moved, done.cancelled = done.moved + moved, done.cancelled + cancelled
    return done


def _standing(
    counselors: Sequence[Counselor], period: DateTimeTZRange, now: datetime, venue: Venue | None
) -> list[Slot]:
    """Times of these counsellors (of all, without any) that touch the period and are not over; at ``venue`` where named."""
    slots = Slot.objects.standing().filter(period__overlap=period, period__endswith__gt=now)
    if counselors:
        slots = slots.filter(counselor__in=counselors)
    if venue:
        slots = slots.filter(room__venue=venue)
    return list(slots.select_related("counselor", "room").order_by("period", "pk"))


def _close(counselors: Sequence[Counselor], period: DateTimeTZRange, *, by: User, venue: Venue | None) -> int:
    """Write the leave down, take back what nobody has booked, and offer the rest to nobody else.

    So a booked time that its family gives up a moment later is not sold again.
    """
    with contended(BUSY, Refused), transaction.atomic():
        for counselor in lock_all(Counselor.objects, [counselor.pk for counselor in counselors]):
            known = counselor.leaves.filter(period__overlap=period).order_by("period").values_list("period", flat=True)
            Leave.objects.bulk_create(
                Leave(counselor=counselor, kind=Leave.Kind.SUDDEN, period=gap, created_by=by)
                for gap in _gaps(period, known)
            )
        now = timezone.now()
        held = lock_all(Slot.objects, [slot.pk for slot in _standing(counselors, period, now, venue)])
        taken = set(Booking.objects.occupying(now).filter(slot__in=held).values_list("slot_id", flat=True))
        Slot.objects.filter(pk__in=taken).update(published=False)
        return timetable.withdraw([slot for slot in held if slot.pk not in taken])


def _gaps(period: DateTimeTZRange, known: Iterable[DateTimeTZRange]) -> Iterator[DateTimeTZRange]:
    """What of ``period`` is in none of ``known``, which come in order and apart from each other."""
    begins = period.lower
    for other in known:
        if begins < other.lower:
            yield DateTimeTZRange(begins, other.lower, "[)")
        begins = max(begins, other.upper)
    if begins < period.upper:
        yield DateTimeTZRange(begins, period.upper, "[)")


def _let_go(
    counselors: Sequence[Counselor], period: DateTimeTZRange, *, by: User, reason: str, venue: Venue | None
) -> int:
    """Give back what is held unconfirmed in these times, so that nobody confirms it afterwards; how many."""
    slots = _standing(counselors, period, timezone.now(), venue)
    held = list(Booking.objects.filter(state=Booking.State.HELD, slot__in=slots).for_page().select_related("offer"))
    for booking in held:
        if booking.offer:
            answering.take_back(booking.offer, by=by, reason=reason)
        else:
            bookings.release(booking, by=by)
    return len(held)


def _families(booked: Sequence[Booking]) -> list[list[Booking]]:
    """Bookings whose students have somebody in common who is told, together; in the order of their times."""
    groups: list[tuple[set[int], list[Booking]]] = []
    for booking in booked:
        people = {person.pk for person in booking.student.people_to_tell()} | {-booking.student_id}
        joined = [group for group in groups if group[0] & people]
        for group in joined:
            groups.remove(group)
        merged = [one for group in joined for one in group[1]]
        groups.append((people.union(*(group[0] for group in joined)), [*merged, booking]))
    return [sorted(group, key=lambda booking: booking.starts_at) for _people, group in groups]


def _help(family: Sequence[Booking], chosen: Mapping[int, str], *, by: User, reason: str, ask: bool) -> tuple[int, int]:
    """Everything for one family, under the locks in their order, and what it is told."""
    makers = [int(value.split(":")[1]) for b in family if (value := chosen[b.pk]).startswith(f"{MAKE}:")]
    wanted = [int(value.split(":")[1]) for b in family if (value := chosen[b.pk]).startswith(f"{SLOT}:")]
    colleagues = {counselor.pk: counselor for counselor in lock_all(Counselor.objects.active(), makers)}
    lock_all(Room.objects, [booking.slot.room_id for booking in family if booking.slot.room_id])
    held = lock_all(Slot.objects.select_related("counselor"), [*(b.slot_id for b in family), *wanted])
    lock_all(Student.objects.only("pk"), [booking.student_id for booking in family])
    old = {slot.pk: slot for slot in held}
    timetable.withdraw([old[booking.slot_id] for booking in family if booking.slot_id in old])
    alone, before, after, now = len(family) == 1, {}, [], timezone.now()
    asked: dict[int, Rearrangement] = {}
    for booking in family:
        before[booking.pk] = booking.starts_at
        what, _, key = chosen[booking.pk].partition(":")
        if what == CANCEL:
            done = bookings.cancel(booking, by=by, reason=reason, by_centre=True, tell_family=False)
        else:
            slot = int(key) if what == SLOT else _make(colleagues.get(int(key)), booking).pk
            starts = next((held.starts_at for held in Slot.objects.filter(pk=slot)), None)
            until = agreeing.deadline(starts, now) if ask and starts else None
            done = changing.move(booking, slot, by=by, by_centre=True, reason=reason, tell_family=alone and not until)
            if until:
                question = agreeing.ask(done, booking.period, until, by=by, reason=reason, now=now)
                asked[booking.pk] = question
        after.append(Booking.objects.for_page().get(pk=done.pk))
    first = {
        booking.pk
        for booking in after
        if booking.state == Booking.State.CANCELLED and joining.stand_first(booking, by=by, reason=WAITS_FIRST)
    }
    if not alone:
        _tell(after, before, first, reason, {pk: question.deadline for pk, question in asked.items()})
    elif asked:
        agreeing_notices.asked(next(iter(asked.values())))
    elif after[0].state == Booking.State.CANCELLED:
        notices.cancelled_in_absence(after[0], reason=reason, waits=after[0].pk in first)
    cancelled = sum(booking.state == Booking.State.CANCELLED for booking in after)
    return len(after) - cancelled, cancelled


def _make(colleague: Counselor | None, booking: Booking) -> Slot:
    """A time for the colleague at the same hour, in the room that the absent one leaves. Locks are held."""
    if colleague is None:
        raise Refused("고른 상담사가 지금은 활동하지 않습니다. 다른 방법을 골라 주세요.")
    if sentence := _engaged(colleague, booking.period):
        raise Refused(f"{colleague}: {sentence}")
    return Slot.objects.create(
        counselor=colleague, period=booking.slot.period, modes=booking.slot.modes, room=booking.slot.room
    )


def _engaged(colleague: Counselor, period: DateTimeTZRange) -> str | None:
    if Slot.objects.standing().filter(counselor=colleague, period__overlap=period).exists():
        return "같은 시간에 다른 상담 시간이 있습니다."
    if colleague.leaves.filter(period__overlap=period).exists():
        return "그 시간에 휴가·출장입니다."
    return timetable.room_for_more(colleague, timezone.localdate(period.lower))


def _tell(
    after: Iterable[Booking],
    before: Mapping[int, datetime],
    first: Container[int],
    reason: str,
    until: Mapping[int, datetime],
) -> None:
    """To every person one message about the children he or she cares for, and about no other."""
    lines: dict[User, list[str]] = defaultdict(list)
    marks: dict[User, list[str]] = defaultdict(list)
    for booking in after:
        for person in booking.student.people_to_tell():
            line = notices.rearranged_line(booking, before[booking.pk], waits=booking.pk in first)
            if booking.pk in until:
                line += agreeing_notices.ask_line(until[booking.pk])
            lines[person].append(line)
            marks[person].append(f"{booking.pk}.{booking.sequence}")
    for person, texts in lines.items():
        occasion = hashlib.sha256("/".join(marks[person]).encode()).hexdigest()[:24]
        notices.rearranged(person, texts, reason=reason, occasion=occasion)


class _Proposals:
    """Free times and free colleagues, read once for all bookings that are hit."""

    def __init__(self, absence: Absence, booked: Sequence[Booking], now: datetime) -> None:
        self.absence, self.now = absence, now
        taken = Booking.objects.occupying(now).filter(slot=OuterRef("pk"))
        last = max(booking.starts_at for booking in booked) + LOOK_AHEAD
        free = Slot.objects.starting(now, last).filter(~Exists(taken), published=True, counselor__active=True)
        self.free = [
            slot
            for slot in free.select_related("counselor", "room").prefetch_related("counselor__topics")
            if not self._is_shut(slot)
        ]
        away = {counselor.pk for counselor in absence.counselors}
        colleagues = Counselor.objects.active().exclude(pk__in=away).prefetch_related("topics")
        self.colleagues = list(colleagues) if away else []  # a shut centre has nobody at that hour
        window = DateTimeTZRange(min(b.starts_at for b in booked), max(b.ends_at for b in booked), "[)")
        busy = Slot.objects.standing().filter(period__overlap=window, counselor__in=self.colleagues)
        leaves = Leave.objects.filter(period__overlap=window, counselor__in=self.colleagues)
        self.engaged = [*busy.values_list("counselor", "period"), *leaves.values_list("counselor", "period")]
        self.suggested: set[str] = set()

    def of(self, booking: Booking) -> Hit:
        topic, length = booking.topic, booking.period.upper - booking.period.lower
        fits = [
            slot
            for slot in self.free
            if topic in slot.counselor.topics.all()
            and booking.mode in slot.modes
            and slot.ends_at - slot.starts_at >= length
        ]
        same = booking.slot.counselor_id
        fits.sort(key=lambda s: (abs(s.starts_at - booking.starts_at), s.counselor_id != same, s.pk))
        options = [
            Option(f"{SLOT}:{slot.pk}", f"{_when(slot, booking)} {slot.counselor.name}")
            for slot in fits[:TIMES_OFFERED]
        ]
        makers = [
            Option(f"{MAKE}:{colleague.pk}", f"같은 시각, {colleague.name} (시간을 새로 만듦)")
            for colleague in self.colleagues
            if topic in colleague.topics.all() and not self._is_engaged(colleague, booking.slot.period)
        ]
        at_once = sum(slot.starts_at == booking.starts_at for slot in fits[:TIMES_OFFERED])
        options = [*options[:at_once], *makers, *options[at_once:], Option(CANCEL, "사과하고 취소")]
        best = next(option.value for option in options if self._is_fresh(option, booking))
        self.suggested |= {best, f"{best}@{booking.starts_at}"}
        return Hit(booking, [*options, Option(KEEP, "아직 정하지 않음")], best)

    def _is_fresh(self, option: Option, booking: Booking) -> bool:
        """Nobody else was given this time; a colleague can be at one place at one hour."""
        if option.value.startswith(MAKE):
            return f"{option.value}@{booking.starts_at}" not in self.suggested
        return option.value == CANCEL or option.value not in self.suggested

    def _is_shut(self, slot: Slot) -> bool:
        away = {counselor.pk for counselor in self.absence.counselors}
        shut = slot.counselor_id in away if away else self._is_there(slot)
        return shut and slot.starts_at < self.absence.period.upper and self.absence.period.lower < slot.ends_at

    def _is_there(self, slot: Slot) -> bool:
        venue = self.absence.venue
        return venue is None or (slot.room is not None and slot.room.venue_id == venue.pk)

    def _is_engaged(self, colleague: Counselor, period: DateTimeTZRange) -> bool:
        return any(
            who == colleague.pk and other.lower < period.upper and period.lower < other.upper
            for who, other in self.engaged
        )


def _when(slot: Slot, booking: Booking) -> str:
    if slot.starts_at == booking.starts_at:
        return "같은 시각,"
    same_day = timezone.localdate(slot.starts_at) == timezone.localdate(booking.starts_at)
    return f"같은 날 {ktime(slot.starts_at)}" if same_day else kdatetime(slot.starts_at)


def who(booking: Booking) -> str:
    """``김*늘 (중3)``: enough for the list; the rest stands on the booking's own page."""
    return f"{mask_name(booking.student.name)} ({booking.student.grade_label})"
