from __future__ import annotations

import pytest
from django.urls import reverse

from counseling.models import Booking

pytestmark = pytest.mark.django_db

State = Booking.State


@pytest.fixture
def family(client, parent, student):
    """The browser of a parent with one child."""
    client.force_login(parent)
    return client


@pytest.fixture
def wish(student, topic):
    return {"student": student.pk, "topic": topic.pk, "mode": "visit", "question": "수시가 궁금합니다."}


def test_a_parent_books_finds_the_booking_and_cancels_it(family, slot, wish):
    times = family.get(reverse("counseling:times"), {"topic": "admission"}).content.decode()
    url = reverse("counseling:slot", args=[slot.pk])
    assert url in times
    assert "김하늘" in family.get(url).content.decode()

    response = family.post(url, wish)
    booking = Booking.objects.get()
    assert response.url == reverse("counseling:review", args=[booking.pk])
    assert "수시가 궁금합니다." in family.get(response.url).content.decode()

    response = family.post(response.url)
    assert response.url == reverse("counseling:done", args=[booking.pk])
    assert "예약이 확정되었습니다" in family.get(response.url).content.decode()
    assert url not in family.get(reverse("counseling:times")).content.decode()
    assert booking.get_absolute_url() in family.get(reverse("counseling:bookings")).content.decode()

    page = family.get(reverse("counseling:cancel", args=[booking.pk])).content.decode()
    assert "예약 취소하기" in page
    response = family.post(
        reverse("counseling:cancel", args=[booking.pk]), {"reason": "일정이 생겼어요", "detail": "시험"}
    )
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED
    assert "일정이 생겼어요: 시험" in family.get(response.url).content.decode()
    assert url in family.get(reverse("counseling:times")).content.decode()
