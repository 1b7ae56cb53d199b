"""Fairs: from booths to times that can be booked, moving within a fair, last year's booths, a run that is cancelled.

``plan`` only looks, ``publish`` looks again under the locks (run → counsellors → slots) and does what it finds; done
twice it changes nothing. Booking itself is ``booking.book`` as for every other time; its rules are ``rules.at_fair``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from counseling import booking as bookings
from counseling import changing
from counseling.models import Booking, Booth, BoothBreak, Counselor, Fair, Mode, Slot, Topic
from counseling.taking import NotNow
from counseling.timetable import withdraw
from lifecycle.locks import Refused, contended, lock, lock_all
from programs.models import Run

if TYPE_CHECKING:
    from accounts.models import Student, User

BUSY = "다른 사람이 이 박람회를 함께 바꾸고 있습니다. 다시 시도해 주세요."
ALTERED = "미리 본 뒤에 부스나 예약이 바뀌었습니다. 새로 본 내용을 확인하고 다시 눌러 주세요."
CANCELLED = "박람회가 취소되었습니다"
FARTHEST_DAYS = 1000  # no horizon: the fair says from when on


@dataclass(frozen=True)
class BoothPlan:
    """What publishing would do to one booth. ``kept`` are booked times that its hours hold no more: staff decide."""

    booth: Booth
    new: list[DateTimeTZRange] = field(default_factory=list)
    same: list[Slot] = field(default_factory=list)
    gone: list[Slot] = field(default_factory=list)
    kept: list[Slot] = field(default_factory=list)


def booths_of(fair: Fair) -> QuerySet[Booth]:
    return fair.booths.select_related("partner", "fair__run", "counselor", "topic").prefetch_related("breaks")


def plan(fair: Fair) -> list[BoothPlan]:
    """Every booth's times as they would become; a fixed number of queries."""
    now = timezone.now()
    booths = list(booths_of(fair))
    standing: dict[int, list[Slot]] = {}
    taken = set(
        Booking.objects.occupying(now).filter(slot__counselor__booth__fair=fair).values_list("slot_id", flat=True)
    )
    for slot in Slot.objects.standing().filter(counselor__booth__fair=fair).order_by("period", "pk"):
        standing.setdefault(slot.counselor_id, []).append(slot)
    return [_plan(booth, standing.get(booth.counselor_id or 0, []), taken) for booth in booths]


def _plan(booth: Booth, standing: Iterable[Slot], taken: set[int]) -> BoothPlan:
    found = BoothPlan(booth)
    wanted = {(period.lower, period.upper): period for period in booth.periods()}
    occupied: list[DateTimeTZRange] = []
    for slot in standing:
        if wanted.pop((slot.starts_at, slot.ends_at), None):
            found.same.append(slot)
        elif slot.pk in taken:
            found.kept.append(slot)
            occupied.append(slot.period)
        else:
            found.gone.append(slot)
    free = [p for p in wanted.values() if not any(o.lower < p.upper and p.lower < o.upper for o in occupied)]
    found.new.extend(sorted(free, key=lambda period: period.lower))
    return found


def digest(plans: Sequence[BoothPlan]) -> str:
    """What a page showed, as a short word."""
    rows = [
        (one.booth.pk, [str(p) for p in one.new], [s.pk for s in one.gone], [s.pk for s in one.kept]) for one in plans
    ]
    return sha256(repr(rows).encode()).hexdigest()[:24]


def publish(fair: Fair, *, expected: str | None = None) -> list[BoothPlan]:
    """Make the times of every booth, take back those that its hours hold no more, and say what was done.

    ``expected`` is the digest of what a person saw. Booked times are left alone. A booth's name and place
    are written anew, for whoever has booked there.

    Raises:
        Refused: the run is cancelled, something changed since it was shown, or somebody changes it just now.
    """
    with contended(BUSY, Refused), transaction.atomic():
        run = lock(Run.objects, fair.run_id)
        if run.state == Run.State.CANCELLED:
            raise Refused("취소된 회차의 박람회입니다. 시간을 만들 수 없습니다.")
        keys = Booth.objects.filter(fair=fair).exclude(counselor=None).values_list("counselor", flat=True)
        lock_all(Counselor.objects, keys)
        found = plan(fair)
        if expected is not None and digest(found) != expected and any(one.new or one.gone for one in found):
            raise Refused(ALTERED)
        for one in found:
            _equip(one.booth)
        gone = lock_all(Slot.objects, [slot.pk for one in found for slot in one.gone])
        if Booking.objects.occupying(timezone.now()).filter(slot__in=[slot.pk for slot in gone]).exists():
            raise Refused(ALTERED)
        withdraw(gone)
        run.partners.add(*{one.booth.partner_id for one in found if one.booth.active})  # named on the run's pages
        Slot.objects.bulk_create(
            Slot(counselor_id=one.booth.counselor_id, period=period, modes=[Mode.VISIT.value])
            for one in found
            for period in one.new
        )
    return found


def _equip(booth: Booth) -> None:
    """Give a booth its officer and its topic, or bring both up to what it says now."""
    officer = {"name": booth.officer, "place": booth.where[:250], "active": True}
    about = {
        "name": booth.called,
        "description": booth.subject,
        "minutes": booth.minutes,
        "buffer_minutes": booth.pause,
        "modes": [Mode.VISIT.value],
        "lead_hours": 0,
        "horizon_days": FARTHEST_DAYS,
        "at_fair": True,
    }
    if booth.counselor_id is None:
        booth.counselor = Counselor.objects.create(**officer)
        booth.topic = Topic.objects.create(slug=f"fair-{booth.fair_id}-{booth.pk}", position=1000, **about)
        booth.counselor.topics.add(booth.topic)
        booth.save(update_fields=["counselor", "topic"])
    else:
        Counselor.objects.filter(pk=booth.counselor_id).update(**officer)
        Topic.objects.filter(pk=booth.topic_id).update(**about)


def copy(source: Fair, target: Fair) -> int:
    """Take over the booths of an earlier fair that this one lacks, without times; how many.

    Universities that are here already, and numbers that are taken, are left out.

    Raises:
        Refused: somebody changes it just now.
    """
    with contended(BUSY, Refused), transaction.atomic():
        lock(Run.objects, target.run_id)
        known = set(target.booths.values_list("partner", flat=True))
        numbers = set(target.booths.values_list("number", flat=True))
        copied = 0
        for old in source.booths.prefetch_related("breaks").order_by("number"):
            if old.partner_id in known or old.number in numbers:
                continue
            kept = ("number", "partner_id", "officer", "subject", "place", "starts", "ends", "minutes", "pause")
            new = Booth.objects.create(fair=target, **{name: getattr(old, name) for name in kept})
            BoothBreak.objects.bulk_create(
                BoothBreak(booth=new, starts=one.starts, ends=one.ends) for one in old.breaks.all()
            )
            copied += 1
    return copied


# --- Families ------------------------------------------------------------------------------------


def book(slot: Slot, *, student: Student, by: User, question: str = "", on_behalf: bool = False) -> Booking:
    """A talk at the booth of ``slot``. As ``booking.book``, which says what it raises."""
    return bookings.book(
        slot.pk,
        student=student,
        topic=slot.counselor.booth.topic,
        mode=Mode.VISIT.value,
        by=by,
        question=question,
        on_behalf=on_behalf,
    )


def move(booking: Booking, slot: Slot, *, by: User, sequence: int | None = None) -> Booking:
    """To another time or another booth of the same fair. As ``changing.move``.

    Raises:
        NotNow: the other time belongs to another fair, or the student has talked at that booth already.
        as ``changing.move``
    """
    booth = slot.counselor.booth
    if booking.topic.booth.fair_id != booth.fair_id:
        raise NotNow(_("같은 박람회 안에서만 바꿀 수 있습니다."))
    return changing.move(booking, slot.pk, by=by, topic=booth.topic, sequence=sequence)


def free_times(fair: Fair, now: datetime) -> list[Booth]:
    """Booths that have times, by number, each with ``free``: what can be booked now. Two queries."""
    ahead = Slot.objects.filter(published=True, period__startswith__gt=now).untaken(now).order_by("period")
    booths = (
        booths_of(fair)
        .filter(active=True)
        .exclude(counselor=None)
        .prefetch_related(Prefetch("counselor__slots", ahead, to_attr="ahead"))
    )
    found = list(booths)
    for booth in found:
        booth.free = booth.counselor.ahead
    return found


def schedule(fair: Fair, student: Student) -> list[Booking]:
    """A student's talks of the day, in order, those that were given up left out."""
    mine = Booking.objects.filter(
        student=student, topic__booth__fair=fair, state__in=Booking.OCCUPYING - {Booking.State.HELD}
    )
    return list(mine.select_related("topic__booth__partner", "slot__counselor").order_by("period"))


# --- The day -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One time of one booth. ``turn`` counts from 1; ``booking`` is who comes, if anybody."""

    turn: int
    slot: Slot
    booking: Booking | None


@dataclass(frozen=True)
class Stand:
    """One booth through the day: its times, who sits there and who is next."""

    booth: Booth
    lines: list[Line]
    now: datetime

    @property
    def current(self) -> Line | None:
        """Whose time it is: booked or arrived, and not over."""
        return next((one for one in self._to_come if one.slot.starts_at <= self.now), None)

    @property
    def following(self) -> list[Line]:
        """The next three that somebody has booked."""
        return [one for one in self._to_come if one.slot.starts_at > self.now][:3]

    @property
    def free(self) -> list[Line]:
        """What staff can still give to somebody who stands there."""
        return [one for one in self.lines if one.booking is None and self._is_on(one)]

    @property
    def _to_come(self) -> list[Line]:
        return [one for one in self.lines if one.booking and one.booking.state in Booking.AGREED and self._is_on(one)]

    def _is_on(self, line: Line) -> bool:
        return line.slot.ends_at > self.now


def stands(fair: Fair, now: datetime, *, only: Booth | None = None) -> list[Stand]:
    """Every booth with its day; a fixed number of queries."""
    taken = Booking.objects.filter(state__in=Booking.OCCUPYING - {Booking.State.HELD}).select_related(
        "student", "topic__booth"
    )
    slots = Slot.objects.standing().order_by("period").prefetch_related(Prefetch("bookings", taken, to_attr="taken"))
    booths = booths_of(fair).exclude(counselor=None)
    if only is not None:
        booths = booths.filter(pk=only.pk)
    booths = booths.prefetch_related(Prefetch("counselor__slots", slots, to_attr="day"))
    return [
        Stand(
            booth,
            [Line(n, slot, slot.taken[0] if slot.taken else None) for n, slot in enumerate(booth.counselor.day, 1)],
            now,
        )
        for booth in booths
    ]


def turns(talks: Iterable[Booking]) -> dict[int, int]:
    """By booking its turn at its booth, as the screen calls it: one query."""
    order: dict[int, list[int]] = {}
    keys = [one.slot.counselor_id for one in talks]
    rows = Slot.objects.standing().filter(counselor__in=keys).order_by("period").values_list("counselor", "pk")
    for counselor, pk in rows:
        order.setdefault(counselor, []).append(pk)
    return {
        one.pk: order[one.slot.counselor_id].index(one.slot_id) + 1
        for one in talks
        if one.slot_id in order.get(one.slot.counselor_id, [])
    }


# --- The clock -----------------------------------------------------------------------------------


def stranded() -> QuerySet[Booking]:
    """Agreed talks of fairs whose run was cancelled: ``sweeping`` gives them up and tells the families."""
    return Booking.objects.filter(
        state=Booking.State.BOOKED,
        topic__booth__fair__run__state=Run.State.CANCELLED,
        period__endswith__gt=timezone.now(),
    )


def call_off(pk: int) -> bool:
    """Give one of them up."""
    booking = Booking.objects.for_page().get(pk=pk)
    done = bookings.cancel(booking, by=None, reason=CANCELLED, by_centre=True)
    return done.state == Booking.State.CANCELLED
