"""Families, staff and the clock do what they like, in any order; what the centre promises holds after each step.

``HOLDS_EXAMPLES=500`` looks longer than the normal run. The controls take one guard away and must see the harm.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import combinations, pairwise

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import Guardianship, Student, User
from accounts.schoolyear import school_year
from counseling import booking as bookings
from counseling import changing, doctor, notices, taking
from counseling.models import Booking, BookingChange, Counselor, Slot, Topic
from counseling.models.slots import midnight
from intake.models import RuleSet, YearCap
from lifecycle.locks import Refused
from lifecycle.models import Lifecycle, Transition
from notices.models import Notice

pytestmark = pytest.mark.django_db

State = Booking.State
START = "2027-02-25 09:00+09:00"  # a Thursday; month and school year end on Sunday
OPEN_MOST, YEAR_MOST = 2, 3
EXAMPLES = int(os.environ.get("HOLDS_EXAMPLES", "12"))
LOOK = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    derandomize="HOLDS_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ONE_OF_MANY = st.integers(0, 1_000)


@pytest.fixture(autouse=True)
def monday_morning():
    """The machine moves the clock itself."""


class Centre(RuleBasedStateMachine):
    """Two counsellors with a room each, two topics, three families with four children, some days of times."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()
        self.block = transaction.atomic()
        self.block.__enter__()
        rules = RuleSet.objects.create(name="규칙", open_most=OPEN_MOST, year_kind="school", year_scope="all")
        YearCap.objects.create(rules=rules, most=YEAR_MOST)
        known = {"minutes": 50, "modes": ["visit", "phone"], "lead_hours": 2, "horizon_days": 14, "rules": rules}
        self.topics = [Topic.objects.create(slug=f"topic{n}", name=f"상담 {n}", **known) for n in range(2)]
        self.staff = User.objects.create_user("staff@example.com", name="직원", is_staff=True)
        self.counselors = []
        for n in range(2):
            user = User.objects.create_user(f"counselor{n}@example.com", name=f"상담사{n}", is_staff=True)
            counselor = Counselor.objects.create(user=user, name=f"상담사{n}")
            counselor.topics.set(self.topics)
            self.counselors.append(counselor)
        self.parents = [User.objects.create_user(f"parent{n}@example.com", name=f"보호자{n}") for n in range(3)]
        self.students = [self._child(n, self.parents[min(n, 2)]) for n in range(4)]
        self._care(self.students[0], self.parents[1])  # whom two guardians look after, each with a hold of their own
        for day in (26, 27, 28):
            for hour in (10, 11):
                for counselor in self.counselors:
                    self._slot(counselor, date(2027, 2, day), hour)
        self.excused: set[int] = set()  # whom staff moved into a full year

    def teardown(self) -> None:
        try:
            self.look_closely()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)
            self.clock.stop()

    def _child(self, number: int, guardian: User) -> Student:
        student = Student.objects.create(
            name=f"학생{number}", birth_date=date(2012, 5, 5), status=Student.Status.ENROLLED, grade=8, grade_year=2026
        )
        self._care(student, guardian)
        return student

    def _care(self, student: Student, guardian: User) -> None:
        Guardianship.objects.create(guardian=guardian, student=student, relation="mother", confirmed_at=timezone.now())

    def _slot(self, counselor: Counselor, day: date, hour: int) -> None:
        begins = midnight(day) + timedelta(hours=hour)
        period = DateTimeTZRange(begins, begins + timedelta(minutes=50), "[)")
        Slot.objects.create(counselor=counselor, period=period, modes=["visit", "phone"])

    # --- Who and what ------------------------------------------------------------------------
    def _booking(self, number: int, *states: str) -> Booking | None:
        found = list(Booking.objects.filter(state__in=states).order_by("pk")) if states else []
        return found[number % len(found)] if found else None

    def _slot_of(self, number: int) -> Slot:
        slots = list(Slot.objects.order_by("pk"))
        return slots[number % len(slots)]

    def _guardian(self, student: Student, number: int) -> User:
        people = student.people_to_tell()
        return people[number % len(people)]

    # --- Families ----------------------------------------------------------------------------
    @rule(
        child=st.integers(0, 3), slot=ONE_OF_MANY, topic=st.integers(0, 1), who=st.integers(0, 1), at_once=st.booleans()
    )
    def hold(self, child: int, slot: int, topic: int, who: int, at_once: bool) -> None:
        student = self.students[child]
        by = self._guardian(student, who)
        try:
            held = bookings.hold(self._slot_of(slot).pk, student=student, topic=self.topics[topic], mode="visit", by=by)
            if at_once and held.state == State.HELD:
                bookings.confirm(Booking.objects.get(pk=held.pk), by=by)
        except Refused as refused:
            assert str(refused)

    @rule(number=ONE_OF_MANY)
    def confirm(self, number: int) -> None:
        if held := self._booking(number, State.HELD):
            try:
                bookings.confirm(held, by=held.booked_by)
            except Refused as refused:
                assert str(refused)

    @rule(number=ONE_OF_MANY)
    def release(self, number: int) -> None:
        if held := self._booking(number, State.HELD):
            bookings.release(held, by=held.booked_by)

    @rule(number=ONE_OF_MANY, by_centre=st.booleans())
    def cancel(self, number: int, by_centre: bool) -> None:
        if booked := self._booking(number, State.BOOKED):
            by = self.staff if by_centre else booked.booked_by
            try:
                bookings.cancel(booked, by=by, reason="일정", by_centre=by_centre)
            except Refused as refused:
                assert str(refused)

    @rule(number=ONE_OF_MANY, slot=ONE_OF_MANY, by_centre=st.booleans())
    def move(self, number: int, slot: int, by_centre: bool) -> None:
        if booked := self._booking(number, State.BOOKED):
            target = self._slot_of(slot)
            by = self.staff if by_centre else booked.booked_by
            try:
                changing.move(booked, target.pk, by=by, by_centre=by_centre, reason="사정" if by_centre else "")
            except Refused as refused:
                assert str(refused)
            else:
                if by_centre and _year(target.starts_at) != _year(booked.starts_at):
                    self.excused.add(booked.student_id)

    # --- Staff -------------------------------------------------------------------------------
    @rule(child=st.integers(0, 3), slot=ONE_OF_MANY, topic=st.integers(0, 1))
    def book_for_a_caller(self, child: int, slot: int, topic: int) -> None:
        try:
            bookings.book(
                self._slot_of(slot).pk,
                student=self.students[child],
                topic=self.topics[topic],
                mode="phone",
                by=self.staff,
                on_behalf=True,
            )
        except Refused as refused:
            assert str(refused)

    @rule(number=ONE_OF_MANY, to=st.sampled_from(sorted(Booking.MARKS)))
    def mark(self, number: int, to: str) -> None:
        if met := self._booking(number, *Booking.MARKS):
            try:
                bookings.mark(met, State(to), by=self.staff)
            except Refused as refused:
                assert str(refused)

    @rule(number=ONE_OF_MANY, child=st.integers(0, 3))
    def swap(self, number: int, child: int) -> None:
        if booked := self._booking(number, State.BOOKED):
            try:
                changing.swap(booked, self.students[child], by=self.staff)
            except Refused as refused:
                assert str(refused)

    @rule(number=ONE_OF_MANY, counselor=st.integers(0, 1))
    def reassign(self, number: int, counselor: int) -> None:
        if booked := self._booking(number, State.BOOKED):
            try:
                changing.reassign(booked, self.counselors[counselor], by=self.staff, reason="병가")
            except Refused as refused:
                assert str(refused)

    @rule(counselor=st.integers(0, 1), days=st.integers(1, 5), hour=st.integers(13, 15))
    def offer_another_time(self, counselor: int, days: int, hour: int) -> None:
        day = timezone.localdate() + timedelta(days=days)
        taken = Slot.objects.filter(
            counselor=self.counselors[counselor], period__startswith=midnight(day) + timedelta(hours=hour)
        )
        if not taken.exists():
            self._slot(self.counselors[counselor], day, hour)

    @rule(slot=ONE_OF_MANY)
    def hide_or_show(self, slot: int) -> None:
        chosen = self._slot_of(slot)
        Slot.objects.filter(pk=chosen.pk).update(published=not chosen.published)

    # --- The clock ---------------------------------------------------------------------------
    @rule(minutes=st.sampled_from([1, 9, 10, 11, 60, 600, 1_440, 2_880]))
    def later(self, minutes: int) -> None:
        self.traveller.shift(timedelta(minutes=minutes))
        self.look_closely()

    # --- What holds --------------------------------------------------------------------------
    @invariant()
    def nothing_overlaps(self) -> None:
        slots = list(Slot.objects.standing())
        for one, other in combinations(slots, 2):
            assert one.counselor_id != other.counselor_id or not _meet(one, other)
        living = list(Booking.objects.filter(state__in=Booking.OCCUPYING))
        for one, other in combinations(living, 2):
            assert one.slot_id != other.slot_id, f"slot {one.slot_id} is sold twice"
            assert one.student_id != other.student_id or not _meet(one, other), "a student is in two places"

    @invariant()
    def caps_are_kept(self) -> None:
        """Holds that live count like bookings."""
        now = timezone.now()
        occupying = list(Booking.objects.occupying(now))
        ahead = Counter(b.student_id for b in occupying if b.ends_at > now and b.state in {State.HELD, *Booking.AGREED})
        assert all(number <= OPEN_MOST for number in ahead.values()), f"too many ahead: {ahead}"
        years = Counter((b.student_id, _year(b.starts_at)) for b in occupying)
        over = [key for key, number in years.items() if number > YEAR_MOST and key[0] not in self.excused]
        assert not over, f"too many a year: {over}"

    @invariant()
    def every_state_has_its_trail(self) -> None:
        kind = ContentType.objects.get_for_model(Booking)
        steps: dict[int, list[Transition]] = {}
        for step in Transition.objects.filter(subject_type=kind).order_by("pk"):
            steps.setdefault(step.subject_id, []).append(step)
        for booking in Booking.objects.all():
            trail = steps.get(booking.pk, [])
            assert (trail[-1].to_state if trail else State.HELD) == booking.state
            assert all(one.to_state == other.from_state for one, other in pairwise(trail))
            assert not trail or trail[0].from_state == State.HELD

    @invariant()
    def everybody_is_told(self) -> None:
        """Each agreed time, each cancellation and each change has a message to the family."""
        said = {(notice.kind, notice.key) for notice in Notice.objects.all()}
        given_on = dict(BookingChange.objects.filter(former__isnull=False).values_list("former", "booking"))
        taken_over = set(given_on.values())
        for step in Transition.objects.filter(subject_type=ContentType.objects.get_for_model(Booking)):
            key = f"booking/{step.subject_id}"
            if step.from_state == State.HELD and step.to_state == State.BOOKED:
                swapped = ("counseling.swapped", f"{key}/swapped")
                assert ("counseling.booked", f"{key}/booked") in said or (
                    step.subject_id in taken_over and swapped in said
                ), f"nobody was told of {key}"
            if step.to_state == State.CANCELLED:
                told = any(kind in CANCELLED and about == f"{key}/cancelled" for kind, about in said)
                instead = ("counseling.swapped", f"booking/{given_on.get(step.subject_id)}/swapped")
                assert told or instead in said, f"nobody was told that {key} is cancelled"
        moved = Booking.objects.filter(changes__former__isnull=True, changes__isnull=False).distinct()
        for booking in moved:
            about = f"booking/{booking.pk}/changed/"
            assert any(key.startswith(about) for _, key in said), f"nobody was told that {booking.pk} moved"

    def look_closely(self) -> None:
        """What takes longer to look at: when time has passed, and at the end."""
        self.the_doctor_finds_nothing()
        self.list_and_button_say_the_same()

    def the_doctor_finds_nothing(self) -> None:
        found = [sentence for sentence in doctor.check() if "하루 넘게" not in sentence]
        excused = {f"학생 {pk}:" for pk in self.excused}
        assert [sentence for sentence in found if not sentence.startswith(tuple(excused) or "\0")] == []

    def list_and_button_say_the_same(self) -> None:
        now, topic = timezone.now(), self.topics[0]
        offered = set(Slot.objects.free(topic=topic).values_list("pk", flat=True))
        taken = set(Booking.objects.occupying(now).values_list("slot", flat=True))
        for slot in Slot.objects.select_related("counselor"):
            bookable = slot.pk not in taken and slot.refusal(topic, "visit", now=now) is None
            assert (slot.pk in offered) is bookable, f"list and button disagree on {slot}"


CANCELLED = {"counseling.cancelled", "counseling.cancelled_by_centre"}


def _meet(one: Slot | Booking, other: Slot | Booking) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _year(moment: datetime) -> int:
    return school_year(timezone.localdate(moment))


def test_everything_holds(one_factor_is_enough):
    run_state_machine_as_test(Centre, settings=LOOK)


# --- Controls: each takes one guard away, and the machine must see the harm -------------------
def _move_without_trail(self, to, *, by, reason="", **fields):
    type(self)._base_manager.filter(pk=self.pk, state=self.state).update(state=to, **fields)
    for name, value in {"state": to, **fields}.items():
        setattr(self, name, value)


def _no_room_is_made(*args, **kwargs):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP INDEX IF EXISTS booking_one_per_slot")
        cursor.execute("ALTER TABLE counseling_booking DROP CONSTRAINT IF EXISTS booking_student_in_one_place")


HARM = {
    "caps": ((taking, "admit", lambda *args, **kwargs: None), "too many|한도를 넘습니다"),
    "room is made": ((taking, "make_room", _no_room_is_made), "sold twice|two places|겹칩니다|예약이"),
    "words": ((notices, "booked", lambda booking: None), "nobody was told"),
    "trail": ((Lifecycle, "move", _move_without_trail), "assert"),
    "list": ((Slot, "refusal", lambda self, topic, mode, *, now, by_staff=False: None), "disagree"),
}


@pytest.mark.parametrize("guard", HARM)
def test_without_a_guard_the_harm_is_seen(guard, monkeypatch):
    patch, harm = HARM[guard]
    monkeypatch.setattr(*patch)
    look = settings(LOOK, max_examples=60, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False)

    with pytest.raises(AssertionError, match=harm):
        run_state_machine_as_test(Centre, settings=look)
