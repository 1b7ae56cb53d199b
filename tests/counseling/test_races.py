"""Many at once on a real database. Every guard has its control: without it the harm is seen."""

from __future__ import annotations

import threading
import time as time_of_day

import pytest

from accounts.models import Student
from counseling import booking as bookings
from counseling import doctor, joining, taking, waiting
from counseling.models import Booking, Slot, Wish
from notices.models import Notice

pytestmark = pytest.mark.django_db(transaction=True)

State = Booking.State
FAMILIES = 8


@pytest.fixture
def families(make_student, make_parent):
    """Several families who want the same."""
    people = [make_parent(f"보호자{n}") for n in range(FAMILIES)]
    return [(make_student(f"학생{n}", person), person) for n, person in enumerate(people)]


def tries(families, slot, topic, act=bookings.book):
    return [
        lambda student=student, person=person: act(slot.pk, student=student, topic=topic, mode="visit", by=person)
        for student, person in families
    ]


# --- One slot, many families -----------------------------------------------------------------


@pytest.mark.parametrize("act", [bookings.book, bookings.hold], ids=["book", "hold"])
def test_a_slot_has_one_winner_and_the_others_get_a_sentence(at_once, families, slot, topic, act):
    results = at_once(*tries(families, slot, topic, act))

    assert sum(isinstance(result, Booking) for result in results) == 1
    assert sum(isinstance(result, bookings.Taken) for result in results) == FAMILIES - 1
    assert Booking.objects.count() == 1


def test_without_the_lock_the_index_still_makes_one_winner(
    at_once, families, slot, topic, without_lock_on, meeting_point
):
    without_lock_on(Slot)
    meeting_point(taking, "standing")

    results = at_once(*tries(families[:2], slot, topic))

    assert sum(isinstance(result, Booking) for result in results) == 1
    assert sum(isinstance(result, bookings.Taken) for result in results) == 1


def test_without_lock_and_index_it_is_sold_twice(
    at_once, families, slot, topic, without_lock_on, meeting_point, constraint_away
):
    """The control: if this fails, the tests above prove nothing."""
    without_lock_on(Slot)
    meeting_point(taking, "standing")
    constraint_away(Booking, "booking_one_per_slot")

    at_once(*tries(families[:2], slot, topic))

    assert Booking.objects.filter(state=State.BOOKED).count() == 2


def test_with_the_lock_alone_one_wins_without_the_index(at_once, families, slot, topic, meeting_point, constraint_away):
    meeting_point(taking, "standing")
    constraint_away(Booking, "booking_one_per_slot")

    at_once(*tries(families[:2], slot, topic))

    assert Booking.objects.filter(state=State.BOOKED).count() == 1


def test_an_expired_hold_and_a_new_family_end_in_one_booking(at_once, families, slot, topic, monday_morning):
    (student, person), newcomer = families[0], families[1]
    held = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=person)
    monday_morning.shift(660)

    at_once(lambda: bookings.confirm(held, by=person), *tries([newcomer], slot, topic))

    assert Booking.objects.filter(state=State.BOOKED).count() == 1


def test_without_any_guard_an_expired_hold_and_a_new_family_are_both_told_yes(
    at_once, families, slot, topic, monday_morning, without_lock_on, meeting_point, constraint_away, monkeypatch
):
    """The control."""

    def move(self, to, *, by, reason="", **fields):
        Booking.objects.filter(pk=self.pk).update(state=to, **fields)
        self.state = to

    (student, person), newcomer = families[0], families[1]
    held = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=person)
    monday_morning.shift(660)
    without_lock_on(Slot)
    monkeypatch.setattr(taking, "STANDING", taking.STANDING.replace("FOR NO KEY UPDATE", ""))
    monkeypatch.setattr(Booking, "move", move)
    meeting_point(taking, "standing")
    constraint_away(Booking, "booking_one_per_slot")

    results = at_once(lambda: bookings.confirm(held, by=person), *tries([newcomer], slot, topic))

    assert [type(result) for result in results] == [Booking, Booking]
    assert Notice.objects.filter(kind="counseling.booked").values("key").distinct().count() == 2


@pytest.fixture
def freed(families, slot, topic, monkeypatch):
    """One family has the time, another waits for it; the first gives it up, and a third comes at that moment."""
    (student, person), waiting_family, newcomer = families[:3]
    booked = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=person)
    wish = Wish(student=waiting_family[0], topic=topic, modes=["visit"])
    joining.join(wish, by=waiting_family[1])
    offered, free = threading.Event(), waiting.slot_freed

    def slot_freed(slot):
        offer = free(slot)
        offered.set()
        time_of_day.sleep(0.5)  # the newcomer looks around before this is committed
        return offer

    def come():
        offered.wait(5)
        return tries([newcomer], slot, topic)[0]()

    monkeypatch.setattr(waiting, "slot_freed", slot_freed)
    return lambda: bookings.cancel(booked, by=person, reason="일정"), come


def test_a_freed_time_is_the_next_in_lines_and_nobody_comes_between(at_once, freed, families, slot):
    _, came = at_once(*freed)

    assert isinstance(came, bookings.Taken)
    [kept] = Booking.objects.filter(slot=slot, state__in=Booking.OCCUPYING)
    assert (kept.student, kept.state) == (families[1][0], State.HELD)


def test_without_the_lock_the_index_still_keeps_the_offered_time(at_once, freed, slot, without_lock_on):
    without_lock_on(Slot)

    _, came = at_once(*freed)

    assert isinstance(came, bookings.Taken)
    assert Booking.objects.filter(slot=slot, state__in=Booking.OCCUPYING).count() == 1


def test_without_lock_and_index_an_offered_time_is_given_away(at_once, freed, slot, without_lock_on, constraint_away):
    """The control."""
    without_lock_on(Slot)
    constraint_away(Booking, "booking_one_per_slot")

    at_once(*freed)

    assert Booking.objects.filter(slot=slot, state__in=Booking.OCCUPYING).count() == 2


def test_two_clicks_on_confirm_are_one_booking_and_one_message(at_once, families, slot, topic):
    student, person = families[0]
    held = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=person)

    results = at_once(*[lambda: bookings.confirm(Booking.objects.get(pk=held.pk), by=person) for _ in range(4)])

    assert {result.state for result in results} == {State.BOOKED}
    assert Notice.objects.filter(kind="counseling.booked").count() == 1


def test_two_clicks_on_cancel_are_one_cancellation(at_once, families, slot, topic):
    student, person = families[0]
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=person)

    results = at_once(*[lambda: bookings.cancel(booking, by=person, reason="일정") for _ in range(4)])

    assert {result.state for result in results} == {State.CANCELLED}
    assert booking.trail().filter(to_state=State.CANCELLED).count() == 1


def test_confirm_and_give_back_at_once_end_in_one_of_both(at_once, families, slot, topic):
    student, person = families[0]
    held = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=person)

    confirmed, _ = at_once(
        lambda: bookings.confirm(Booking.objects.get(pk=held.pk), by=person),
        lambda: bookings.release(Booking.objects.get(pk=held.pk), by=person),
    )

    held.refresh_from_db()
    assert held.state == (State.BOOKED if isinstance(confirmed, Booking) else State.RELEASED)


# --- One student, many slots -----------------------------------------------------------------


@pytest.fixture
def four_wishes(make_slot, make_counselor, families, topic):
    """One student, four slots at different times: one more than may be booked ahead."""
    student, person = families[0]
    slots = [make_slot(f"2026-11-25 {hour}:00") for hour in (10, 11, 12, 13)]
    return [call for slot in slots for call in tries([(student, person)], slot, topic)]


def test_the_cap_holds_when_all_come_at_once(at_once, four_wishes):
    results = at_once(*four_wishes)

    assert Booking.objects.filter(state=State.BOOKED).count() == 3
    assert sum(isinstance(result, bookings.NotNow) for result in results) == 1


def test_without_the_lock_on_the_student_the_cap_breaks(at_once, four_wishes, without_lock_on, meeting_point, rule):
    """The control."""
    rule(open_most=1)
    without_lock_on(Student)
    meeting_point(taking, "standing")

    at_once(*four_wishes[:2])

    assert Booking.objects.filter(state=State.BOOKED).count() == 2


@pytest.fixture
def two_places(make_slot, make_counselor, families, topic):
    slots = [make_slot("2026-11-25 14:00"), make_slot("2026-11-25 14:30", counselor=make_counselor("이도윤 상담사"))]
    return [call for slot in slots for call in tries([families[0]], slot, topic)]


def test_a_student_is_in_one_place_when_both_come_at_once(at_once, two_places):
    results = at_once(*two_places)

    assert sum(isinstance(result, bookings.Taken) for result in results) == 1
    assert Booking.objects.filter(state=State.BOOKED).count() == 1


def test_without_the_lock_the_exclusion_still_keeps_the_student_in_one_place(
    at_once, two_places, without_lock_on, meeting_point
):
    without_lock_on(Student)
    meeting_point(taking, "standing")

    results = at_once(*two_places)

    assert sum(isinstance(result, bookings.Taken) for result in results) == 1


def test_without_lock_and_exclusion_the_student_is_in_two_places(
    at_once, two_places, without_lock_on, meeting_point, constraint_away
):
    """The control."""
    without_lock_on(Student)
    meeting_point(taking, "standing")
    constraint_away(Booking, "booking_student_in_one_place")

    at_once(*two_places)

    assert Booking.objects.filter(state=State.BOOKED).count() == 2
    assert sum("같은 학생의" in finding for finding in doctor.check()) == 2
