"""Changes and bookings at one moment, on a real database. Every guard has its control."""

from __future__ import annotations

import threading
from contextlib import suppress
from itertools import pairwise

import pytest

from accounts.models import Student
from counseling import booking as bookings
from counseling import changing, taking, walkin
from counseling.models import Booking, Slot
from notices.models import Notice

pytestmark = pytest.mark.django_db(transaction=True)

State = Booking.State


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


@pytest.fixture
def target(make_slot):
    return make_slot("2026-11-26 15:00")


@pytest.fixture
def newcomer(make_student, make_parent):
    person = make_parent("이엄마")
    return make_student("이바다", person), person


@pytest.fixture
def together(meeting_point):
    """Both transactions have looked around before either writes (or a second is over)."""
    meeting_point(taking, "standing")


def rivals(booked, target, newcomer, topic, parent):
    student, person = newcomer
    return (
        lambda: changing.move(booked, target.pk, by=parent),
        lambda: bookings.book(target.pk, student=student, topic=topic, mode="visit", by=person),
    )


# --- A move and a booking want the same slot ---------------------------------------------------


def test_a_move_and_a_booking_of_one_slot_have_one_winner(at_once, booked, target, newcomer, topic, parent):
    results = at_once(*rivals(booked, target, newcomer, topic, parent))

    assert sum(isinstance(result, bookings.Taken) for result in results) == 1
    assert Booking.objects.filter(slot=target, state=State.BOOKED).count() == 1


def test_with_the_lock_alone_one_wins_without_the_index(
    at_once, booked, target, newcomer, topic, parent, together, constraint_away
):
    constraint_away(Booking, "booking_one_per_slot")
    at_once(*rivals(booked, target, newcomer, topic, parent))

    assert Booking.objects.filter(slot=target, state=State.BOOKED).count() == 1


def test_without_the_lock_the_index_still_makes_one_winner(
    at_once, booked, target, newcomer, topic, parent, without_lock_on, together
):
    without_lock_on(Slot)
    results = at_once(*rivals(booked, target, newcomer, topic, parent))

    assert sum(isinstance(result, bookings.Taken) for result in results) == 1


def test_without_lock_and_index_the_slot_is_sold_twice(
    at_once, booked, target, newcomer, topic, parent, without_lock_on, together, constraint_away
):
    """The control."""
    without_lock_on(Slot)
    constraint_away(Booking, "booking_one_per_slot")
    at_once(*rivals(booked, target, newcomer, topic, parent))

    assert Booking.objects.filter(slot=target, state=State.BOOKED).count() == 2


# --- Two moves of one booking ------------------------------------------------------------------


def test_two_moves_of_one_booking_end_in_one_place_and_leave_a_true_history(
    at_once, booked, target, make_slot, parent, settings
):
    other = make_slot("2026-11-27 15:00")
    at_once(*[lambda slot=slot: changing.move(booked, slot.pk, by=parent) for slot in (target, other)])

    booked.refresh_from_db()
    changes = list(booked.changes.all())
    assert booked.sequence == len(changes)
    assert changes[-1].new_period == booked.period
    assert all(one.new_period == two.old_period for one, two in pairwise(changes))


def test_without_any_lock_the_history_lies(at_once, booked, target, make_slot, parent, monkeypatch, meeting_point):
    """The control: both believe that they move it away from where it was first."""

    monkeypatch.setattr(taking, "lock", lambda queryset, pk: queryset.get(pk=pk))
    monkeypatch.setattr(taking, "lock_key", lambda model, pk: None)
    monkeypatch.setattr(taking, "STANDING", taking.STANDING.replace("FOR NO KEY UPDATE", ""))
    meeting_point(changing, "_may_change")
    other = make_slot("2026-11-27 15:00")
    at_once(*[lambda slot=slot: changing.move(booked, slot.pk, by=parent) for slot in (target, other)])

    changes = list(booked.changes.all())
    assert len(changes) == 2
    assert changes[0].old_period == changes[1].old_period


def test_two_clicks_on_one_change_are_one_change(at_once, booked, target, parent):
    at_once(*[lambda: changing.move(booked, target.pk, by=parent) for _ in range(4)])

    booked.refresh_from_db()
    assert (booked.slot, booked.sequence, booked.changes.count()) == (target, 1, 1)
    assert Notice.objects.filter(kind="counseling.changed", channel="sms").count() == 1


# --- A move and a cancellation -----------------------------------------------------------------


def test_a_move_and_a_cancellation_never_leave_a_cancelled_booking_moved(at_once, booked, target, parent):
    moved, _ = at_once(
        lambda: changing.move(booked, target.pk, by=parent), lambda: bookings.cancel(booked, by=parent, reason="일정")
    )

    booked.refresh_from_db()
    assert booked.state == State.CANCELLED
    if isinstance(moved, bookings.NotNow):
        assert (booked.changes.count(), booked.sequence) == (0, 1)
    else:
        assert (booked.slot, booked.sequence) == (target, 2)


def test_without_the_lock_a_cancelled_booking_moves_on(at_once, booked, target, parent, monkeypatch):
    """The control: the move goes by what it read before the cancellation."""

    cancelled, looked = threading.Event(), threading.Event()
    original = changing._may_change

    def look_and_wait(*args, **kwargs):
        original(*args, **kwargs)
        looked.set()
        cancelled.wait(5)

    def cancel():
        looked.wait(5)
        bookings.cancel(booked, by=parent, reason="일정")
        cancelled.set()

    monkeypatch.setattr(changing, "_may_change", look_and_wait)
    monkeypatch.setattr(taking, "lock", lambda queryset, pk: queryset.get(pk=pk))
    monkeypatch.setattr(taking, "lock_key", lambda *_: None)
    monkeypatch.setattr(taking, "STANDING", taking.STANDING.replace("FOR NO KEY UPDATE", ""))
    at_once(lambda: changing.move(booked, target.pk, by=parent), cancel)

    booked.refresh_from_db()
    assert (booked.state, booked.slot) == (State.CANCELLED, target)


# --- A sibling takes the place while the sibling books elsewhere ---------------------------------


@pytest.fixture
def sibling(make_student, parent):
    return make_student("김바다", parent)


@pytest.fixture
def two_ways(booked, sibling, make_slot, make_counselor, topic, parent, counselor):
    there = make_slot("2026-11-25 14:30", counselor=make_counselor("이도윤 상담사"))
    return (
        lambda: changing.swap(booked, sibling, by=counselor.user),
        lambda: bookings.book(there.pk, student=sibling, topic=topic, mode="visit", by=parent),
    )


def test_a_swapped_sibling_is_in_one_place(at_once, two_ways, sibling, booked):
    results = at_once(*two_ways)

    assert sum(isinstance(result, bookings.Taken) for result in results) == 1
    assert Booking.objects.filter(student=sibling, state=State.BOOKED).count() == 1
    booked.refresh_from_db()
    swapped = not isinstance(results[0], bookings.Taken)
    assert booked.state == (State.CANCELLED if swapped else State.BOOKED)


def test_without_the_lock_on_the_sibling_the_exclusion_still_refuses(
    at_once, two_ways, sibling, without_lock_on, together
):
    without_lock_on(Student)
    results = at_once(*two_ways)

    assert sum(isinstance(result, bookings.Taken) for result in results) == 1


def test_without_lock_and_exclusion_the_sibling_is_in_two_places(
    at_once, two_ways, sibling, without_lock_on, together, constraint_away
):
    """The control."""
    without_lock_on(Student)
    constraint_away(Booking, "booking_student_in_one_place")
    at_once(*two_ways)

    assert Booking.objects.filter(student=sibling, state=State.BOOKED).count() == 2


# --- Two visitors and one counsellor ------------------------------------------------------------


@pytest.fixture
def visitors(make_student, make_parent, counselor, topic):
    people = [make_parent(f"보호자{n}") for n in range(2)]
    students = [make_student(f"학생{n}", person) for n, person in enumerate(people)]
    return [
        lambda who=student: walkin.open_and_begin(counselor, student=who, topic=topic, by=counselor.user)
        for student in students
    ]


@pytest.fixture
def both_looked(monkeypatch):
    """Both have seen the counsellor free before either makes a slot (or a second is over)."""
    barrier, original = threading.Barrier(2, timeout=1), walkin.free_now

    class Looked:
        def __init__(self, found):
            self.found = found

        def filter(self, **asked):
            return Looked(self.found.filter(**asked))

        def exists(self):
            answer = self.found.exists()
            with suppress(threading.BrokenBarrierError):
                barrier.wait()
            return answer

    monkeypatch.setattr(walkin, "free_now", lambda *args: Looked(original(*args)))


def test_two_visitors_get_one_time_made_on_the_spot(at_once, visitors, both_looked):
    results = at_once(*visitors)

    assert sum(isinstance(result, bookings.Taken) for result in results) == 1
    assert Slot.objects.count() == Booking.objects.filter(state=State.ARRIVED).count() == 1


def test_without_the_lock_the_exclusion_still_refuses_the_second_visitor(at_once, visitors, both_looked, monkeypatch):
    monkeypatch.setattr(walkin, "lock", lambda queryset, pk: queryset.get(pk=pk))
    results = at_once(*visitors)

    assert sum(isinstance(result, bookings.Taken) for result in results) == 1
    assert Slot.objects.count() == 1


def test_without_lock_and_exclusion_one_counselor_sits_with_two(
    at_once, visitors, both_looked, monkeypatch, constraint_away
):
    """The control."""
    monkeypatch.setattr(walkin, "lock", lambda queryset, pk: queryset.get(pk=pk))
    constraint_away(Slot, "slot_no_overlap_per_counselor")
    at_once(*visitors)

    assert Booking.objects.filter(state=State.ARRIVED).count() == 2
