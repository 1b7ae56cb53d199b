"""What holding and booking a time may cost: statements of SQL, transaction and session included.

A budget, not a law of nature. Whoever adds a rule sees here what it costs everybody who books; prefer
one more column in a statement that is there to one more statement (``counseling.rules.facts``).
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from counseling import booking as bookings
from counseling import taking
from counseling.models import Booking

pytestmark = pytest.mark.django_db(transaction=True)  # so that BEGIN and COMMIT count as on the day

HOLD, CONFIRM = 14, 13
LOST = 15  # the page with the next times asks the rules, too, and stays far below hold and confirm together


@pytest.fixture
def statements():
    def count(ask, expected):
        with CaptureQueriesContext(connection) as asked:
            response = ask()
        assert response.status_code == expected
        return [query["sql"] for query in asked.captured_queries]

    return count


def wish(student, topic):
    return {"student": student.pk, "topic": topic.pk, "mode": "visit"}


def test_a_booking_stays_within_its_statements(client, statements, make_slot, topic, student, parent):
    client.force_login(parent)
    warm, slot = make_slot("2026-11-25 10:00"), make_slot("2026-11-25 14:00")
    client.post(reverse("counseling:slot", args=[warm.pk]), wish(student, topic))  # content types are looked up once
    client.post(reverse("counseling:review", args=[Booking.objects.get().pk]))
    path = reverse("counseling:slot", args=[slot.pk])

    held = statements(lambda: client.post(path, wish(student, topic)), 302)
    review = reverse("counseling:review", args=[Booking.objects.get(slot=slot).pk])
    booked = statements(lambda: client.post(review), 302)

    assert Booking.objects.filter(state=Booking.State.BOOKED).count() == 2
    assert len(held) <= HOLD, "\n".join(held)
    assert len(booked) <= CONFIRM, "\n".join(booked)


def test_a_lost_booking_costs_no_more_than_a_won_one(
    client, statements, slot, topic, student, parent, make_student, make_parent
):
    other = make_parent("다른 보호자")
    bookings.book(slot.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)
    client.force_login(parent)
    path = reverse("counseling:slot", args=[slot.pk])
    client.post(path, wish(student, topic))

    lost = statements(lambda: client.post(path, wish(student, topic)), 200)

    assert len(lost) <= LOST, "\n".join(lost)


def test_the_budget_notices_one_statement_more(client, statements, slot, topic, student, parent, monkeypatch):
    """The control: a rule that asks on its own is seen."""
    client.force_login(parent)
    path = reverse("counseling:slot", args=[slot.pk])
    client.post(path, wish(student, topic))
    Booking.objects.all().delete()
    check = taking.check

    def slow(*args, **kwargs):
        Booking.objects.filter(student=student).exists()
        check(*args, **kwargs)

    monkeypatch.setattr(taking, "check", slow)

    assert len(statements(lambda: client.post(path, wish(student, topic)), 302)) == HOLD + 1
