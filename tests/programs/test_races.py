"""Many at once on a real database. Every guard has its control: without it the harm is seen."""

from __future__ import annotations

import itertools

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Affiliation, Guardianship, School
from intake.models import RuleSet
from lifecycle import locks
from notices.models import Notice
from programs import doctor, enrolment, seating, waiting
from programs.enrolment import Class, NotNow, Twice
from programs.models import Application, Participant, Run, RunOffer
from programs.seats import Seats

pytestmark = pytest.mark.django_db(transaction=True)

State = Application.State
FAMILIES = 6


@pytest.fixture
def families(make_family):
    return [make_family(f"학생{chr(ord('가') + n)}") for n in range(FAMILIES)]


@pytest.fixture
def no_run_lock(monkeypatch):
    """The run's row is read and not held; its numbers, whose index would save the day by chance, are any."""
    numbers = itertools.count(1000)
    monkeypatch.setattr(
        waiting,
        "lock",
        lambda queryset, pk: queryset.get(pk=pk) if queryset.model is Run else locks.lock(queryset, pk),
    )
    monkeypatch.setattr(Seats, "next_number", lambda self: next(numbers))


@pytest.fixture
def index_away():
    """Drop constraints of participants for one test; put them back when the rows are gone."""
    away = []

    def drop(name):
        constraint = next(one for one in Participant._meta.constraints if one.name == name)
        away.append(constraint)
        with connection.schema_editor() as editor:
            editor.remove_constraint(Participant, constraint)

    yield drop
    RunOffer.objects.all().delete()
    Participant.objects.all().delete()
    Application.objects.all().delete()
    for constraint in away:
        with connection.schema_editor() as editor:
            editor.add_constraint(Participant, constraint)


def tries(run, families, applying, **options):
    return [lambda family=family: applying(run, *family, **options) for family in families]


def states(run):
    return sorted(run.applications.values_list("state", flat=True))


# --- The last place ------------------------------------------------------------------------------


def test_the_last_place_has_one_winner_and_the_others_wait_in_a_line(at_once, open_run, families, applying):
    run = open_run(capacity=1)

    results = at_once(*tries(run, families, applying))

    assert all(isinstance(one, Application) for one in results)
    assert states(run) == [State.CONFIRMED] + [State.WAITING] * (FAMILIES - 1)
    assert sorted(run.applications.values_list("number", flat=True)) == list(range(1, FAMILIES + 1))
    assert doctor.check() == []


def test_without_the_lock_the_last_place_is_sold_twice(
    at_once, open_run, families, applying, no_run_lock, meeting_point
):
    """The control: if this fails, the test above proves nothing."""
    run = open_run(capacity=1)
    meeting_point(enrolment, "_counted")

    at_once(*tries(run, families[:2], applying))

    assert states(run) == [State.CONFIRMED] * 2
    assert "정원 1명에 2자리" in doctor.check()[0]


# --- The line against a newcomer -----------------------------------------------------------------


def test_a_place_that_becomes_free_goes_to_the_line_however_fast_a_newcomer_is(at_once, open_run, families, applying):
    run = open_run(capacity=1)
    seated, first = (applying(run, *family) for family in families[:2])

    at_once(
        lambda: enrolment.withdraw(seated, by=families[0][1]), *tries(run, families[2:], applying, accept_waiting=True)
    )

    first.refresh_from_db()
    assert first.state == State.OFFERED
    assert states(run) == sorted([State.CANCELLED, State.OFFERED] + [State.WAITING] * (FAMILIES - 2))
    assert doctor.check() == []


def test_without_a_look_at_the_line_a_newcomer_jumps_it(open_run, families, applying, monkeypatch):
    """The control."""
    run = open_run(capacity=1)
    seated, first = (applying(run, *family) for family in families[:2])
    monkeypatch.setattr(waiting, "fill", lambda run, *, now: [])
    monkeypatch.setattr(Seats, "is_behind", lambda self, group: False)
    enrolment.withdraw(seated, by=families[0][1])

    newcomer = applying(run, *families[2])

    first.refresh_from_db()
    assert (newcomer.state, first.state) == (State.CONFIRMED, State.WAITING)


# --- Making a run smaller ------------------------------------------------------------------------


def test_a_run_is_not_made_smaller_than_what_is_given_meanwhile(at_once, open_run, families, applying):
    run = open_run(capacity=2)
    applying(run, *families[0])

    resized, _applied = at_once(
        lambda: seating.resize(run.pk, capacity=1, by=None), lambda: applying(run, *families[1])
    )

    run.refresh_from_db()
    if isinstance(resized, NotNow):
        assert (run.capacity, states(run)) == (2, [State.CONFIRMED] * 2)
    else:
        assert (run.capacity, states(run)) == (1, [State.CONFIRMED, State.WAITING])
    assert doctor.check() == []


def test_without_the_lock_a_smaller_run_is_oversold(at_once, open_run, families, applying, no_run_lock, meeting_point):
    """The control."""
    run = open_run(capacity=2)
    applying(run, *families[0])
    meeting_point(Seats, "of")

    at_once(lambda: seating.resize(run.pk, capacity=1, by=None), lambda: applying(run, *families[1]))

    assert "정원 1명에 2자리" in doctor.check()[0]


# --- Two clerks resize -----------------------------------------------------------------------------


def resizing(run, *numbers, seen):
    return [lambda number=number: seating.resize(run.pk, capacity=number, seen=seen, by=None) for number in numbers]


def test_of_two_clerks_who_saw_the_same_numbers_one_sets_others(at_once, open_run):
    run = open_run(capacity=10)

    results = at_once(*resizing(run, 20, 30, seen=seating.sizes(run)))

    assert sorted(type(one).__name__ for one in results) == ["Changed", "Run"]
    run.refresh_from_db()
    assert run.capacity == next(one.capacity for one in results if isinstance(one, Run))


def test_without_a_word_of_what_was_seen_the_last_clerk_silently_wins(at_once, open_run):
    """The control."""
    run = open_run(capacity=10)

    results = at_once(*resizing(run, 20, 30, seen=None))

    assert [type(one) for one in results] == [Run, Run]


# --- Answers to an offer -------------------------------------------------------------------------


@pytest.fixture
def offered(open_run, families, applying):
    run = open_run(capacity=1)
    seated, first, second = (applying(run, *family) for family in families[:3])
    enrolment.withdraw(seated, by=families[0][1])
    return run, first, second


def test_of_yes_and_no_at_once_one_counts(at_once, offered, families):
    _run, first, second = offered
    offer, parent = first.offers.get(), families[1][1]

    results = at_once(lambda: waiting.accept(offer, by=parent), lambda: waiting.decline(offer, by=parent))

    first.refresh_from_db()
    second.refresh_from_db()
    assert sum(isinstance(one, Application) for one in results) == 1
    assert sum(isinstance(one, waiting.OfferGone) for one in results) == 1
    assert (first.state, second.state) in {(State.CONFIRMED, State.WAITING), (State.DECLINED, State.OFFERED)}
    assert doctor.check() == []


def test_a_yes_and_a_withdrawal_at_once_leave_one_truth(at_once, offered, families):
    _run, first, second = offered
    offer, parent = first.offers.get(), families[1][1]

    at_once(lambda: waiting.accept(offer, by=parent), lambda: enrolment.withdraw(first, by=parent))

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.CANCELLED, State.OFFERED)
    assert doctor.check() == []


def test_a_yes_too_late_and_a_newcomer_end_in_one_place(at_once, offered, families, applying, today):
    run, first, second = offered
    offer = first.offers.get()
    today.move_to(offer.deadline)

    late, _new = at_once(lambda: waiting.accept(offer, by=families[1][1]), lambda: applying(run, *families[3]))

    second.refresh_from_db()
    assert isinstance(late, waiting.OfferGone)
    assert second.state == State.OFFERED
    assert doctor.check() == []


def test_without_any_guard_yes_and_no_are_both_believed(
    at_once, offered, families, no_run_lock, meeting_point, monkeypatch
):
    """The control."""

    def move(self, to, *, by, reason="", **fields):
        type(self).objects.filter(pk=self.pk).update(state=to, **fields)
        self.state = to

    _run, first, _second = offered
    offer, parent = first.offers.get(), families[1][1]
    monkeypatch.setattr(Application, "move", move)
    monkeypatch.setattr(RunOffer, "move", move)
    meeting_point(waiting, "_taken")

    results = at_once(lambda: waiting.accept(offer, by=parent), lambda: waiting.decline(offer, by=parent))

    assert [type(one) for one in results] == [Application, Application]
    assert {"programs.confirmed", "programs.declined"} <= set(Notice.objects.values_list("kind", flat=True))


# --- Heads and persons ---------------------------------------------------------------------------


def test_a_class_and_persons_never_pass_one_capacity(at_once, open_run, make_program, make_parent, families, applying):
    school = School.objects.create(name="금천중학교", neis_code="B100000001")
    teacher = make_parent("박교사")
    Affiliation.objects.create(user=teacher, role="teacher", school=school, confirmed_at=timezone.now())
    run = open_run(make_program(audience=["student", "school"]), capacity=30)
    heads = Class(school.pk, "2학년 3반", 28)

    at_once(lambda: enrolment.apply(run.pk, [heads], by=teacher), *tries(run, families, applying))

    taken = run.applications.occupying(timezone.now()).places_taken()
    assert taken in {6, 30}  # the class had to wait behind persons, or two of them came along with it
    assert doctor.check() == []


def test_without_the_lock_a_class_and_a_person_pass_the_capacity(
    at_once, open_run, make_program, make_parent, families, applying, no_run_lock, meeting_point
):
    """The control."""
    school = School.objects.create(name="금천중학교", neis_code="B100000001")
    teacher = make_parent("박교사")
    Affiliation.objects.create(user=teacher, role="teacher", school=school, confirmed_at=timezone.now())
    run = open_run(make_program(audience=["student", "school"]), capacity=28)
    heads = Class(school.pk, "2학년 3반", 28)
    meeting_point(enrolment, "_counted")

    at_once(lambda: enrolment.apply(run.pk, [heads], by=teacher), *tries(run, families[:1], applying))

    assert "정원 28명에 29자리" in doctor.check()[0]


# --- One person ----------------------------------------------------------------------------------


@pytest.fixture
def two_guardians(make_family, make_parent):
    student, mother = make_family()
    father = make_parent("김아빠")
    Guardianship.objects.create(guardian=father, student=student, relation="father", confirmed_at=timezone.now())
    return [(student, mother), (student, father)]


def test_two_guardians_at_once_enter_a_child_once(at_once, open_run, two_guardians, applying):
    run = open_run(capacity=5)

    results = at_once(*tries(run, two_guardians, applying))

    assert sorted(type(one).__name__ for one in results) == ["Application", "Twice"]
    assert run.applications.count() == 1


def test_without_the_lock_the_index_still_enters_it_once(
    at_once, open_run, two_guardians, applying, no_run_lock, meeting_point
):
    run = open_run(capacity=5)
    meeting_point(enrolment, "_admit")

    results = at_once(*tries(run, two_guardians, applying))

    assert sum(isinstance(one, Application) for one in results) == 1
    assert sum(isinstance(one, NotNow | Twice) for one in results) == 1


def test_without_lock_and_index_it_is_entered_twice(
    at_once, open_run, two_guardians, applying, no_run_lock, meeting_point, index_away
):
    """The control."""
    run = open_run(capacity=5)
    meeting_point(enrolment, "_admit")
    index_away("participant_student_once")

    at_once(*tries(run, two_guardians, applying))

    assert run.applications.count() == 2
    assert any("같은 사람" in one for one in doctor.check())


def capped_runs(open_run):
    rule = RuleSet.objects.create(name="한 번에 하나", open_most=1)
    return [open_run(rules=rule), open_run(rules=rule)]


def test_a_cap_over_two_runs_holds_at_once(at_once, open_run, make_family, applying):
    family, runs = make_family(), capped_runs(open_run)

    results = at_once(*(lambda run=run: applying(run, *family) for run in runs))

    assert sorted(type(one).__name__ for one in results) == ["Application", "NotNow"]


def test_without_the_students_row_a_cap_is_passed(at_once, open_run, make_family, applying, monkeypatch, meeting_point):
    """The control."""
    family, runs = make_family(), capped_runs(open_run)
    monkeypatch.setattr(enrolment, "lock_all", lambda queryset, pks: None)
    meeting_point(enrolment, "_admit")

    results = at_once(*(lambda run=run: applying(run, *family) for run in runs))

    assert [type(one) for one in results] == [Application, Application]
