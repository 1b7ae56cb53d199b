"""A small centre that the machine plays in: two counsellors, two topics, three families, a clock that it moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeVar

import time_machine
from django.db import models, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from accounts.models import Guardianship, Student, User
from accounts.schoolyear import school_year
from counseling.models import Booking, Counselor, Slot, Topic, WeeklyPattern
from counseling.models.slots import midnight
from intake.models import RuleSet, YearCap

M = TypeVar("M", bound=models.Model)

START = "2027-02-25 09:00+09:00"  # a Thursday; month and school year end on Sunday
OPEN_MOST, YEAR_MOST, PAUSE_AT = 2, 3, 2
MINUTES, LEAD = timedelta(minutes=50), timedelta(hours=2)
ONE_OF_MANY = st.integers(0, 1_000)
State = Booking.State


class World(RuleBasedStateMachine):
    """Two counsellors with a timetable each, two topics, three families with four children, some days of times."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()
        self.block = transaction.atomic()
        self.block.__enter__()
        rules = RuleSet.objects.create(
            name="규칙", open_most=OPEN_MOST, year_kind="school", year_scope="all", noshow_pause_at=PAUSE_AT
        )
        YearCap.objects.create(rules=rules, most=YEAR_MOST)
        known = {"minutes": 50, "modes": ["visit", "phone"], "lead_hours": 2, "horizon_days": 14, "rules": rules}
        self.topics = [Topic.objects.create(slug=f"topic{n}", name=f"상담 {n}", **known) for n in range(2)]
        self.staff = User.objects.create_user("staff@example.com", name="직원", is_staff=True)
        self.counselors = [self._counselor(n) for n in range(2)]
        self.parents = [User.objects.create_user(f"parent{n}@example.com", name=f"보호자{n}") for n in range(3)]
        self.students = [self._child(n, self.parents[min(n, 2)]) for n in range(4)]
        self._care(self.students[0], self.parents[1])  # whom two guardians look after, each with a hold of their own
        for day in (26, 27, 28):
            for hour in (10, 11):
                for counselor in self.counselors:
                    self.open_time(counselor, date(2027, 2, day), hour)
        self.excused: set[int] = set()  # whom staff moved into a full year

    def teardown(self) -> None:
        try:
            self.look_closely()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)
            self.clock.stop()

    def look_closely(self) -> None:
        """What takes longer to look at: when time has passed, and at the end (``promises``)."""

    def _counselor(self, number: int) -> Counselor:
        user = User.objects.create_user(f"counselor{number}@example.com", name=f"상담사{number}", is_staff=True)
        counselor = Counselor.objects.create(user=user, name=f"상담사{number}")
        counselor.topics.set(self.topics)
        for weekday in (0, 5):
            WeeklyPattern.objects.create(
                counselor=counselor, weekday=weekday, starts=time(14), ends=time(16), minutes=50, pause=10,
                modes=["visit", "phone"],
            )  # fmt: skip
        return counselor

    def _child(self, number: int, guardian: User) -> Student:
        student = Student.objects.create(
            name=f"학생{number}", birth_date=date(2012, 5, 5), status=Student.Status.ENROLLED, grade=8, grade_year=2026
        )
        self._care(student, guardian)
        return student

    def _care(self, student: Student, guardian: User) -> None:
        Guardianship.objects.create(guardian=guardian, student=student, relation="mother", confirmed_at=timezone.now())

    def open_time(self, counselor: Counselor, day: date, hour: int) -> Slot:
        begins = midnight(day) + timedelta(hours=hour)
        period = DateTimeTZRange(begins, begins + MINUTES, "[)")
        return Slot.objects.create(counselor=counselor, period=period, modes=["visit", "phone"])

    # --- Who and what ------------------------------------------------------------------------
    def one_of(self, found: Sequence[M], number: int) -> M | None:
        return found[number % len(found)] if found else None

    def booking(self, number: int, *states: str) -> Booking | None:
        return self.one_of(list(Booking.objects.filter(state__in=states).order_by("pk")), number)

    def slot_of(self, number: int) -> Slot:
        slots = list(Slot.objects.order_by("pk"))
        return slots[number % len(slots)]

    def guardian(self, student: Student, number: int) -> User:
        people = student.people_to_tell()
        return people[number % len(people)]


def meet(one: Slot | Booking, other: Slot | Booking) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def year_of(moment: datetime) -> int:
    return school_year(timezone.localdate(moment))
