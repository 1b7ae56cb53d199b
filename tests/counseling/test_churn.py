"""Booking and cancelling in turns sends the family a text message each time, and somebody pays for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from counseling import booking as bookings
from counseling.booking import MOST_CANCELLED_A_DAY, NotNow

pytestmark = pytest.mark.django_db


@pytest.fixture
def churn(slot, student, topic, parent):
    def churn(times: int):
        for _ in range(times):
            booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
            bookings.cancel(booking, by=parent, reason="다시")

    return churn


def test_ten_cancellations_a_day_are_enough(churn):
    churn(MOST_CANCELLED_A_DAY)

    with pytest.raises(NotNow, match="센터로 전화해 주세요"):
        churn(1)


def test_the_next_day_one_may_cancel_again(churn, slot, monday_morning):
    churn(MOST_CANCELLED_A_DAY)
    monday_morning.shift(timedelta(days=1))

    churn(1)

    assert slot.bookings.filter(state="cancelled").count() == MOST_CANCELLED_A_DAY + 1


def test_the_centre_and_other_families_still_cancel(churn, slot, student, topic, parent, make_parent):
    churn(MOST_CANCELLED_A_DAY)
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    other = make_parent()

    bookings.cancel(booking, by=other, reason="아버지가 취소")

    again = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    assert bookings.cancel(again, by=parent, reason="상담사 사정", by_centre=True).state == "cancelled"
