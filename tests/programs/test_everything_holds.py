"""Families, staff and the clock do what they like, in any order; what runs promise holds after each step.

``HOLDS_EXAMPLES=500`` looks longer than the normal run. The controls take one guard away and must see the harm.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import Guardianship, Student, User
from intake import waiting as queues
from lifecycle.locks import Refused
from lifecycle.models import Lifecycle, Transition
from notices.models import Notice
from programs import doctor, enrolment, seating, sweeping, waiting
from programs.enrolment import Entrant, People
from programs.models import Application, Group, Participant, Program, Run
from programs.notices import applying
from programs.seats import Seats
from questionnaires.models import Questionnaire

pytestmark = pytest.mark.django_db

State = Application.State
Role = Participant.Role
START = "2026-11-30 09:00+09:00"
EXAMPLES = int(os.environ.get("HOLDS_EXAMPLES", "8"))
LOOK = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    derandomize="HOLDS_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ONE_OF_MANY = st.integers(0, 1_000)
TOLD = {State.ACCEPTED, State.CONFIRMED, State.CANCELLED, State.DECLINED, State.LAPSED}
CHILDREN = 6


@pytest.fixture(autouse=True)
def today():
    """The machine moves the clock itself."""


class Centre(RuleBasedStateMachine):
    """A run with two groups, a run with a second form; four guardians with six children, one child with two."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()
        self.block = transaction.atomic()
        self.block.__enter__()
        now = timezone.now()
        program = Program.objects.create(
            title="별 관찰 교실", area="career", kind="experience", summary="별", audience=["student"], published_at=now
        )
        form = Questionnaire.objects.create(name="서류")
        known = {
            "program": program,
            "starts_at": now + timedelta(days=9),
            "ends_at": now + timedelta(days=9, hours=2),
            "opens_at": now,
            "closes_at": now + timedelta(days=8),
            "published_at": now,
            "companions": 1,
        }
        self.runs = [
            Run.objects.create(title="1회", capacity=3, **known),
            Run.objects.create(
                title="2회", capacity=2, second_form=form, second_form_until=now + timedelta(days=4), **known
            ),
        ]
        for number, grade in enumerate((9, 10)):
            Group.objects.create(
                run=self.runs[0], name=f"{grade}", capacity=2, first_grade=grade, last_grade=grade, position=number
            )
        self.staff = User.objects.create_user("staff@example.com", name="직원", is_staff=True)
        self.parents = [User.objects.create_user(f"parent{n}@example.com", name="보호자") for n in range(4)]
        self.children = [
            Student.objects.create(name="김하늘", birth_date=date(2011, 5, 5), grade=9 + n % 3, grade_year=2026)
            for n in range(CHILDREN)
        ]
        for number, child in enumerate(self.children):
            self._care(child, self.parents[number % 4])
        self._care(self.children[0], self.parents[1])

    def teardown(self) -> None:
        try:
            self.the_doctor_finds_nothing()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)
            self.clock.stop()

    def _care(self, student: Student, guardian: User) -> None:
        Guardianship.objects.create(guardian=guardian, student=student, relation="mother", confirmed_at=timezone.now())

    def _one(self, number: int, *states: str) -> Application | None:
        found = list(Application.objects.filter(state__in=states).order_by("pk"))
        return found[number % len(found)] if found else None

    # --- Families ----------------------------------------------------------------------------
    @rule(
        parent=st.integers(0, 3),
        run=st.integers(0, 1),
        companion=st.booleans(),
        together=st.booleans(),
        waits=st.booleans(),
    )
    def apply(self, parent: int, run: int, companion: bool, together: bool, waits: bool) -> None:
        by = self.parents[parent]
        mine = list(Student.objects.of_family(by).order_by("pk"))[: 2 if together else 1]
        more = (Entrant(Role.COMPANION, name="김할머니"),) if companion else ()
        self._apply(self.runs[run], mine, more, by=by, together=together, accept_waiting=waits)

    @rule(child=st.integers(0, CHILDREN - 1), run=st.integers(0, 1))
    def apply_for_a_caller(self, child: int, run: int) -> None:
        self._apply(self.runs[run], [self.children[child]], (), by=self.staff, on_behalf=True)

    def _apply(self, run: Run, students: list[Student], more: tuple[Entrant, ...], **options: object) -> None:
        line = list(run.applications.filter(state=State.WAITING))
        parties = [People((Entrant(Role.STUDENT, student_id=one.pk), *more)) for one in students]
        try:
            made = enrolment.apply(run.pk, parties, **options)
        except Refused as refused:
            assert str(refused)
            return
        assert not options.get("together") or not any(one.state == State.WAITING for one in made)
        seats = Seats.of(Run.objects.get(pk=run.pk), timezone.now())
        still = Application.objects.filter(pk__in=[one.pk for one in line], state=State.WAITING)
        for newcomer in [one for one in made if one.state in Application.SEATED]:
            for before in still:
                own = before.group_id is not None and seats.left_in(before.group_id) <= 0
                assert own and before.group_id != newcomer.group_id, f"{newcomer} jumped {before}"

    @rule(number=ONE_OF_MANY, by_centre=st.booleans())
    def withdraw(self, number: int, by_centre: bool) -> None:
        if one := self._one(number, *Application.LIVE):
            self._may_refuse(enrolment.withdraw, one, by=self.staff, reason="사정", by_centre=by_centre)

    @rule(number=ONE_OF_MANY, yes=st.booleans())
    def answer(self, number: int, yes: bool) -> None:
        if one := self._one(number, State.OFFERED):
            act = waiting.accept if yes else waiting.decline
            self._may_refuse(act, one.offers.standing().get(), by=one.applicant)

    @rule(number=ONE_OF_MANY)
    def hand_the_form_in(self, number: int) -> None:
        if one := self._one(number, State.ACCEPTED):
            self._may_refuse(seating.form_done, one, by=one.applicant)

    # --- Staff -------------------------------------------------------------------------------
    @rule(run=st.integers(0, 1), capacity=st.integers(1, 5))
    def resize(self, run: int, capacity: int) -> None:
        self._may_refuse(seating.resize, self.runs[run].pk, capacity=capacity, by=self.staff)

    @rule(group=st.integers(0, 1), capacity=st.integers(1, 3))
    def resize_a_group(self, group: int, capacity: int) -> None:
        pk = list(self.runs[0].groups.values_list("pk", flat=True))[group]
        self._may_refuse(seating.resize, self.runs[0].pk, groups={pk: capacity}, by=self.staff)

    @rule(number=ONE_OF_MANY)
    def seat(self, number: int) -> None:
        if one := self._one(number, State.WAITING, State.REJECTED):
            self._may_refuse(seating.seat, one, by=self.staff, reason="사정")

    @rule(number=ONE_OF_MANY)
    def reject(self, number: int) -> None:
        if one := self._one(number, State.WAITING):
            self._may_refuse(seating.reject, one, by=self.staff)

    @rule(number=ONE_OF_MANY)
    def put_back(self, number: int) -> None:
        if one := self._one(number, State.LAPSED, State.REJECTED, State.OFFERED):
            self._may_refuse(seating.requeue, one, by=self.staff, reason="사정")

    def _may_refuse(self, act: object, *args: object, **options: object) -> None:
        try:
            act(*args, **options)
        except Refused as refused:
            assert str(refused)

    # --- The clock ---------------------------------------------------------------------------
    @rule(hours=st.sampled_from([1, 8, 13, 24, 30]), sweeps=st.booleans())
    def later(self, hours: int, sweeps: bool) -> None:
        self.traveller.shift(timedelta(hours=hours))
        if sweeps:
            sweeping.sweep()
        self.the_doctor_finds_nothing()

    # --- What holds --------------------------------------------------------------------------
    @invariant()
    def nothing_is_oversold(self) -> None:
        now = timezone.now()
        for run in Run.objects.prefetch_related("groups"):
            taken = run.applications.occupying(now)
            assert taken.places_taken() <= run.capacity, f"{run} is oversold"
            for group in run.groups.all():
                assert taken.filter(group=group).places_taken() <= group.capacity, f"group {group} is oversold"

    @invariant()
    def nothing_is_idle(self) -> None:
        """As long as there is time to answer, what is free and fits somebody in line is offered."""
        now = timezone.now()
        for run in Run.objects.all():
            if queues.window(waiting.settings(), now, run.starts_at) is None:
                continue
            seats = Seats.of(run, now)
            for one in run.applications.in_line():
                assert seats.why_not(one.places, one.group_id), f"{one} waits for what is free"

    @invariant()
    def every_step_has_its_trail_and_its_words(self) -> None:
        kind = ContentType.objects.get_for_model(Application)
        steps: dict[int, list[Transition]] = {}
        for step in Transition.objects.filter(subject_type=kind).order_by("pk"):
            steps.setdefault(step.subject_id, []).append(step)
        keys = " ".join(Notice.objects.values_list("key", flat=True))
        for one in Application.objects.all():
            trail = steps.get(one.pk, [])
            assert not one.sequence or trail, f"no trail of {one}"
            assert not trail or trail[-1].to_state == one.state
            assert all(step.to_state == after.from_state for step, after in pairwise(trail))
            announced = one.state == State.OFFERED and one.offers.standing().filter(announced_at__isnull=False).exists()
            if one.state in TOLD or announced:
                assert f"/{one.pk}.{one.sequence}" in keys or f"+{one.pk}.{one.sequence}" in keys, "nobody was told"

    def the_doctor_finds_nothing(self) -> None:
        assert [sentence for sentence in doctor.check() if "하루 넘게" not in sentence] == []


def test_everything_holds():
    run_state_machine_as_test(Centre, settings=LOOK)


# --- Controls: each takes one guard away, and the machine must see the harm -------------------
def _move_without_trail(self, to, *, by, reason="", **fields):
    type(self)._base_manager.filter(pk=self.pk, state=self.state).update(state=to, **fields)
    for name, value in {"state": to, **fields}.items():
        setattr(self, name, value)


def _leave_without_people(application, to, now, *, by, reason=""):
    application.move(to, by=by, reason=reason, sequence=application.sequence + 1)


HARM = {
    "places": ((Seats, "why_not", lambda self, places, group: ""), "oversold|자리가 나갔습니다"),
    "fill": ((waiting, "fill", lambda run, *, now: []), "waits for what is free|jumped"),
    "words": ((applying, "seated", lambda applications, **_options: None), "nobody was told"),
    "trail": ((Lifecycle, "move", _move_without_trail), "no trail"),
    "people": ((waiting, "leave", _leave_without_people), "빠지지 않았습니다"),
}


@pytest.mark.parametrize("guard", HARM)
def test_without_a_guard_the_harm_is_seen(guard, monkeypatch):
    patch, harm = HARM[guard]
    monkeypatch.setattr(*patch)
    look = settings(LOOK, max_examples=60, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False)

    with pytest.raises(AssertionError, match=harm):
        run_state_machine_as_test(Centre, settings=look)
