"""Many at once at a fair, on a real database; every guard with its control."""

from __future__ import annotations

import pytest

from accounts.models import Student
from counseling import booking as bookings
from counseling import fairs, taking
from counseling.models import Booking, Slot
from tests.counseling.fair import open_fair, slot_of

pytestmark = pytest.mark.django_db(transaction=True)

CLOCKS = ("10:00", "10:30", "11:00", "11:30")


@pytest.fixture
def one_each():
    """Four booths, and one talk a visitor."""
    return open_fair(booths=len(CLOCKS), per_visitor=1)


def tries(fair, student, parent):
    slots = [slot_of(fair, number, clock) for number, clock in enumerate(CLOCKS, 1)]
    return [lambda slot=slot: fairs.book(slot, student=student, by=parent) for slot in slots]


def test_four_tabs_get_one_talk_where_one_is_allowed(at_once, one_each, student, parent):
    results = at_once(*tries(one_each, student, parent))
    assert sum(isinstance(one, Booking) for one in results) == 1
    assert sum(isinstance(one, bookings.NotNow) for one in results) == len(CLOCKS) - 1
    assert Booking.objects.filter(state="booked").count() == 1


def test_without_the_students_lock_the_cap_is_broken(
    at_once, one_each, student, parent, without_lock_on, meeting_point
):
    """The control: if this fails, the test above proves nothing."""
    without_lock_on(Student)
    meeting_point(taking, "agree")
    at_once(*tries(one_each, student, parent)[:2])
    assert Booking.objects.filter(state="booked").count() == 2


@pytest.fixture
def visitors(make_student, make_parent):
    people = [make_parent(f"보호자{n}") for n in range(6)]
    return [(make_student(f"학생{n}", person), person) for n, person in enumerate(people)]


def test_one_time_at_a_booth_has_one_winner(at_once, visitors):
    slot = slot_of(open_fair(), 1, "10:00")
    results = at_once(*[lambda s=s, p=p: fairs.book(slot, student=s, by=p) for s, p in visitors])
    assert sum(isinstance(one, Booking) for one in results) == 1
    assert sum(isinstance(one, bookings.Taken) for one in results) == len(visitors) - 1


def test_without_lock_and_index_it_is_given_twice(at_once, visitors, without_lock_on, meeting_point, constraint_away):
    """The control."""
    slot = slot_of(open_fair(), 1, "10:00")
    without_lock_on(Slot)
    meeting_point(taking, "standing")
    constraint_away(Booking, "booking_one_per_slot")
    at_once(*[lambda s=s, p=p: fairs.book(slot, student=s, by=p) for s, p in visitors[:2]])
    assert Booking.objects.filter(state="booked").count() == 2


def test_publishing_while_somebody_books_loses_no_booking(at_once, student, parent):
    fair = open_fair(booths=1)
    slot = slot_of(fair, 1, "13:30")
    fair.booths.update(active=False)
    at_once(lambda: fairs.book(slot, student=student, by=parent), lambda: fairs.publish(fair))
    booked = Booking.objects.filter(state="booked").select_related("slot").first()
    assert booked is None or booked.slot.withdrawn_at is None
