from __future__ import annotations

import pytest

from counseling import booking as bookings
from counseling import tasks
from notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def booked(slot, student, topic, parent):
    """Booked on Monday the 23rd at nine, for Wednesday the 25th at two."""
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


def reminders():
    return Notice.objects.filter(kind="counseling.reminder")


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-11-24 09:59:59+09:00", 0),
        ("2026-11-24 10:00:00+09:00", 1),
        ("2026-11-24 23:59:59+09:00", 1),
        ("2026-11-25 00:00:00+09:00", 1),  # the day before was missed: better late than never
        ("2026-11-25 13:59:59+09:00", 1),
        ("2026-11-25 14:00:00+09:00", 0),
    ],
)
def test_a_family_is_reminded_from_ten_of_the_day_before_until_the_counselling(booked, monday_morning, moment, told):
    monday_morning.move_to(moment)

    assert tasks.remind() == told
    assert reminders().filter(channel="sms").count() == told


def test_a_family_is_reminded_once(booked, monday_morning):
    monday_morning.move_to("2026-11-24 10:00+09:00")

    assert [tasks.remind(), tasks.remind()] == [1, 0]
    assert reminders().filter(channel="sms").count() == 1


def test_a_cancelled_booking_needs_no_cleaning_up(booked, parent, monday_morning):
    bookings.cancel(booked, by=parent, reason="일정")
    monday_morning.move_to("2026-11-24 10:00+09:00")

    assert tasks.remind() == 0


@pytest.mark.parametrize(("booked_at", "told"), [("2026-11-24 09:59:59+09:00", 1), ("2026-11-24 10:00:00+09:00", 0)])
def test_whoever_books_after_the_reminding_hour_has_the_confirmation(
    slot, student, topic, parent, monday_morning, booked_at, told
):
    monday_morning.move_to(booked_at)
    bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    monday_morning.move_to("2026-11-24 12:00+09:00")

    assert tasks.remind() == told


def test_the_reminder_waits_for_the_morning_when_a_run_was_missed(booked, monday_morning):
    monday_morning.move_to("2026-11-24 22:00+09:00")
    tasks.remind()

    assert reminders().get(channel="sms").urgent is False


def test_many_are_reminded_in_several_goes(make_slot, make_student, topic, parent, monday_morning, monkeypatch):
    monkeypatch.setattr("counseling.reminders.BATCH", 2)
    for hour in (9, 10, 11, 12, 13):
        slot = make_slot(f"2026-11-25 {hour:02}:00")
        bookings.book(slot.pk, student=make_student(f"학생{hour}", parent), topic=topic, mode="visit", by=parent)
    monday_morning.move_to("2026-11-24 10:00+09:00")

    assert tasks.remind() == 5
