"""Caps and no-shows when many come at one instant. Every guard has its control: without it the harm is seen."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from accounts.models import Student
from counseling import booking as bookings
from counseling import rules
from counseling.models import Booking, Topic
from intake import noshow
from intake.models import RuleSet, Strike, YearCap
from notices.models import Notice

pytestmark = pytest.mark.django_db(transaction=True)

State = Booking.State


@pytest.fixture
def wishes(make_slot, make_counselor, student, parent, topic):
    """One student who may come once a year, whatever the topic: two times, two topics, at once."""
    shared = RuleSet.objects.create(name="한 해 한 번", year_kind="school", year_scope="all")
    YearCap.objects.create(rules=shared, most=1)
    other = Topic.objects.create(slug="other", name="학습 상담", minutes=50, modes=["visit"], rules=shared)
    Topic.objects.filter(pk=topic.pk).update(rules=shared)
    topic.refresh_from_db()
    slots = [make_slot("2026-11-25 10:00"), make_slot("2026-11-26 10:00", counselor=make_counselor("이도윤", [other]))]
    return [
        lambda slot=slot, one=one: bookings.book(slot.pk, student=student, topic=one, mode="visit", by=parent)
        for slot, one in zip(slots, [topic, other], strict=True)
    ]


def test_a_year_has_its_cap_over_slots_and_topics(at_once, wishes, meeting_point):
    meeting_point(rules, "verdict")

    results = at_once(*wishes)

    assert sum(isinstance(result, Booking) for result in results) == 1
    assert sum(isinstance(result, bookings.NotNow) for result in results) == 1
    assert Booking.objects.filter(state=State.BOOKED).count() == 1


def test_without_the_lock_on_the_student_the_years_cap_breaks(at_once, wishes, meeting_point, without_lock_on):
    """The control."""
    without_lock_on(Student)
    meeting_point(rules, "verdict")

    at_once(*wishes)

    assert Booking.objects.filter(state=State.BOOKED).count() == 2


# --- No-shows --------------------------------------------------------------------------------


@pytest.fixture
def two_over(make_slot, student, parent, topic, counselor, monday_morning):
    """Two bookings of one student, both over and not yet marked."""
    made = [
        bookings.book(make_slot(start).pk, student=student, topic=topic, mode="visit", by=parent)
        for start in ("2026-11-25 10:00", "2026-11-25 14:00")
    ]
    monday_morning.move_to("2026-11-25 16:00+09:00")
    return [
        lambda booking=booking: bookings.mark(Booking.objects.get(pk=booking.pk), State.NO_SHOW, by=counselor.user)
        for booking in made
    ]


def kinds():
    return sorted(Notice.objects.filter(kind__startswith="intake.", channel="email").values_list("kind", flat=True))


def test_of_two_no_shows_marked_at_once_one_is_the_second(at_once, two_over, meeting_point):
    meeting_point(noshow, "_pause")

    at_once(*two_over)

    assert Strike.objects.count() == 2
    assert kinds() == ["intake.paused", "intake.warned"]


def test_without_the_lock_on_the_student_both_are_the_first(at_once, two_over, meeting_point, without_lock_on):
    """The control: nobody is told of the pause that holds."""
    without_lock_on(Student)
    meeting_point(noshow, "_pause")

    at_once(*two_over)

    assert kinds() == ["intake.warned", "intake.warned"]


@pytest.fixture
def over(make_slot, student, parent, topic, monday_morning):
    booking = bookings.book(make_slot("2026-11-25 10:00").pk, student=student, topic=topic, mode="visit", by=parent)
    monday_morning.move_to("2026-11-25 16:00+09:00")
    return booking


def agrees(booking):
    """A strike stands exactly if the booking is a no-show."""
    booking = Booking.objects.get(pk=booking.pk)
    stands = Strike.objects.counting().filter(source=booking.pk).exists()
    return stands == (booking.state == State.NO_SHOW)


def test_a_strike_and_its_correction_end_in_agreement(at_once, over, counselor):
    def mark(to):
        return lambda: bookings.mark(Booking.objects.get(pk=over.pk), to, by=counselor.user)

    for _ in range(3):
        at_once(mark(State.NO_SHOW), mark(State.DONE))
        assert agrees(over)
    assert Strike.objects.count() <= 1


def test_a_strike_written_after_the_move_outlives_its_correction(at_once, over, counselor, monkeypatch):
    """The control: outside the transaction that holds the booking, the correction comes between."""
    moved, corrected = threading.Event(), threading.Event()
    real = bookings.missed.follow

    def late(booking, before, *, by):
        if booking.state != State.NO_SHOW:
            real(booking, before, by=by)

    monkeypatch.setattr(bookings.missed, "follow", late)

    def miss():
        booking = bookings.mark(Booking.objects.get(pk=over.pk), State.NO_SHOW, by=counselor.user)
        moved.set()
        corrected.wait(5)
        with transaction.atomic():
            real(booking, State.BOOKED, by=counselor.user)

    def correct():
        moved.wait(5)
        bookings.mark(Booking.objects.get(pk=over.pk), State.DONE, by=counselor.user)
        corrected.set()

    assert [result for result in at_once(miss, correct) if isinstance(result, Exception)] == []

    assert Booking.objects.get(pk=over.pk).state == State.DONE
    assert not agrees(over)
