from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import School
from counseling import assignment
from counseling import booking as bookings
from counseling.models import Booking

pytestmark = pytest.mark.django_db

State = Booking.State
START = "2026-11-25 14:00"


@pytest.fixture
def start():
    return timezone.make_aware(datetime.fromisoformat(START))


@pytest.fixture
def three(make_counselor, make_slot):
    """Three counsellors, each free at the same moment."""
    people = [make_counselor(name) for name in ("가 상담사", "나 상담사", "다 상담사")]
    for person in people:
        make_slot(START, counselor=person)
    return people


@pytest.fixture
def wish(student, topic, parent):
    return {"student": student, "topic": topic, "mode": "visit", "by": parent}


@pytest.fixture
def somebody(make_student, make_parent, topic):
    def book(slot, name="이바다"):
        person = make_parent()
        return bookings.book(slot.pk, student=make_student(name, person), topic=topic, mode="visit", by=person)

    return book


def test_the_fewest_minutes_of_that_week_are_assigned(three, make_slot, somebody, wish, start):
    somebody(make_slot("2026-11-26 10:00", counselor=three[0]))
    somebody(make_slot("2026-11-29 10:00", counselor=three[1]))  # a Sunday: still this week
    somebody(make_slot("2026-11-30 10:00", counselor=three[2]))  # the next Monday

    assert assignment.book(start, **wish).slot.counselor == three[2]


def test_among_equals_whoever_was_booked_longest_ago_comes_first(
    three, make_slot, somebody, wish, start, monday_morning
):
    for day, person in ((30, three[1]), (30, three[0]), (30, three[2])):
        somebody(make_slot(f"2026-11-{day} 10:00", counselor=person))
        monday_morning.shift(timedelta(minutes=1))

    assert assignment.book(start, **wish).slot.counselor == three[1]


def test_then_the_key_decides(three, wish, start):
    assert assignment.book(start, **wish).slot.counselor == three[0]


def test_a_hold_goes_the_same_way_and_a_second_click_is_the_same_hold(three, wish, start):
    first = assignment.hold(start, **wish)
    again = assignment.hold(start, **wish)

    assert (first.pk, first.state, first.slot.counselor) == (again.pk, State.HELD, three[0])


def test_asked_twice_it_is_one_booking(three, wish, start):
    assert assignment.book(start, **wish).pk == assignment.book(start, **wish).pk


def test_the_earlier_counselor_comes_first_when_asked_for(three, make_slot, wish, start, monday_morning, topic):
    monday_morning.move_to("2026-11-20 09:00+09:00")
    past = bookings.book(make_slot("2026-11-20 10:00", counselor=three[2]).pk, on_behalf=True, **wish)
    monday_morning.move_to("2026-11-20 11:00+09:00")
    bookings.mark(past, State.DONE, by=three[2].user)
    monday_morning.move_to("2026-11-23 09:00+09:00")

    student = wish["student"]
    assert assignment.earlier(student) == [three[2]]
    asked = {"student": student, "topic": topic, "mode": "visit"}
    assert next(s.counselor for s in assignment.candidates(start, **asked)) == three[0]
    assert next(s.counselor for s in assignment.candidates(start, continuity=True, **asked)) == three[2]


def test_a_counselor_is_not_assigned_to_students_of_an_excluded_school(three, wish, start):
    school = School.objects.create(office_code="B10", neis_code="7000001", name="별빛고등학교", kind="high")
    three[0].excluded_schools.add(school)
    student = wish["student"]

    student.school = school
    assert assignment.book(start, **wish).slot.counselor == three[1]


def test_nobody_free_is_a_sentence(three, wish, start, somebody):
    for person in three:
        somebody(person.slots.get())

    with pytest.raises(bookings.Taken):
        assignment.book(start, **wish)


def test_nothing_is_assigned_past_the_families_deadline_but_staff_go_on(three, wish, start, monday_morning):
    monday_morning.move_to("2026-11-25 13:00+09:00")

    with pytest.raises(bookings.Taken):
        assignment.book(start, **wish)
    assert assignment.book(start, on_behalf=True, **wish).on_behalf


def test_the_load_counts_minutes_and_what_is_free(three, make_slot, somebody, start):
    somebody(three[0].slots.get())
    make_slot("2026-11-27 10:00", counselor=three[0])
    week = assignment.week_of(start.date())

    mine = assignment.load(*week)[three[0].pk]
    assert (mine.bookings, mine.minutes) == (1, 50)
    assert assignment.free_minutes(*week)[three[0].pk] == 50
    assert three[1].pk not in assignment.load(*week)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def families(self, make_student, make_parent):
        people = [make_parent(f"보호자{n}") for n in range(3)]
        return [(make_student(f"학생{n}", person), person) for n, person in enumerate(people)]

    def calls(self, families, start, topic):
        return [
            lambda s=student, p=person: assignment.book(start, student=s, topic=topic, mode="visit", by=p)
            for student, person in families
        ]

    def test_a_race_spreads_over_everybody(self, at_once, three, families, start, topic):
        results = at_once(*self.calls(families, start, topic))

        assert {result.slot.counselor for result in results} == set(three)

    def test_without_the_next_candidate_the_race_collides(self, at_once, three, families, start, topic, monkeypatch):
        """The control: all three want the same counsellor."""
        original = assignment.ranked
        monkeypatch.setattr(assignment, "ranked", lambda *args, **kwargs: original(*args, **kwargs)[:1])
        import threading

        barrier, candidates = threading.Barrier(3, timeout=5), assignment.candidates

        def together(*args, **kwargs):
            found = list(candidates(*args, **kwargs))
            barrier.wait()
            return found

        monkeypatch.setattr(assignment, "candidates", together)
        results = at_once(*self.calls(families, start, topic))

        assert sum(isinstance(result, bookings.Taken) for result in results) == 2
