"""What the page of times asks of the database: few statements, by index, however long the centre has been there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from benchmarks import plans
from counseling import booking as bookings
from counseling import finding, free
from counseling.finding import Need
from counseling.models import Booking, Slot

AT_MOST = 3  # beyond session and user


@pytest.mark.parametrize("somebody", [False, True], ids=["guest", "parent"])
def test_the_page_asks_few_statements(client, somebody, topic, slot, student, parent):
    if somebody:
        client.force_login(parent)
    page = reverse("counseling:times")
    client.get(page)

    with CaptureQueriesContext(connection) as asked:
        assert client.get(page).status_code == 200

    beyond = [q["sql"] for q in asked.captured_queries if not _is_session(q["sql"])]
    assert len(beyond) <= AT_MOST, "\n".join(beyond)


def _is_session(statement: str) -> bool:
    return statement.startswith(('SELECT "django_session"', 'SELECT "accounts_user"'))


YEARS = """
    INSERT INTO counseling_slot
    SELECT made.* FROM counseling_slot pattern, generate_series(1, 20000) number,
        LATERAL jsonb_populate_record(pattern, jsonb_build_object(
            'id', nextval(pg_get_serial_sequence('counseling_slot', 'id')),
            'period', tstzrange(%(now)s - number * interval '1 hour', %(now)s - number * interval '1 hour'
                + interval '50 minutes')
        )) made
    WHERE pattern.id = %(pattern)s
"""


@pytest.fixture
def years(slot, make_slot):
    """Twenty thousand hours that are over, and some days ahead."""
    for day in range(1, 11):
        make_slot(timezone.now() + timedelta(days=7 + day))
    with connection.cursor() as cursor:
        cursor.execute(YEARS, {"now": timezone.now() - timedelta(days=1), "pattern": slot.pk})
        cursor.execute("ANALYZE counseling_slot")
    assert Slot.objects.count() > 20_000


@pytest.mark.parametrize(
    "ask",
    [
        lambda: finding.times(Need(), finding.MOST),
        lambda: finding.per_day(Need(), timezone.localdate()),
        free.earliest,
    ],
    ids=["list", "calendar", "front door"],
)
def test_what_is_over_is_not_read(years, ask):
    for plan in plans.of(ask):
        assert "counseling_slot" not in plan.scanned
        assert plan.pages < 400  # the table alone has several hundred


HISTORY = """
    INSERT INTO counseling_booking
    SELECT made.* FROM counseling_booking pattern, counseling_slot slot,
        LATERAL jsonb_populate_record(pattern, jsonb_build_object(
            'id', nextval(pg_get_serial_sequence('counseling_booking', 'id')),
            'slot_id', slot.id, 'period', slot.period, 'state', 'done'
        )) made
    WHERE pattern.id = %(pattern)s AND upper(slot.period) < %(now)s
"""


def test_where_the_student_is_already_is_read_once(years, student, parent, topic):
    """Whoever has lost a time is shown the next ones: at the opening rush, most of those who come."""
    taken = finding.times(Need(topic), 1)[0]
    booking = bookings.book(taken.slots[0], student=student, topic=topic, mode="visit", by=parent)
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, {"pattern": booking.pk, "now": timezone.now()})
        cursor.execute("ANALYZE counseling_booking")
    assert Booking.objects.filter(student=student).count() > 20_000

    [plan] = plans.of(lambda: finding.times(Need(topic), finding.MOST, student=student))

    own = [node for node in plan.nodes if node.get("Alias") == "other"]
    assert own
    assert all(node["Actual Loops"] == 1 for node in own)


def test_without_the_index_the_past_is_read(years):
    """The control."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX slot_start")

    [plan] = plans.of(lambda: finding.times(Need(), finding.MOST))

    assert "counseling_slot" in plan.scanned
