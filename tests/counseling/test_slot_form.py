"""A slot's form that was left half empty comes back with its mistakes."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.contrib.admin.models import LogEntry
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse

from accounts.models import User
from centre.models import OpeningHours, Venue
from counseling import booking as bookings
from counseling import walkin
from counseling.models import Counselor, Leave, Slot
from counseling.models.slots import midnight

pytestmark = pytest.mark.django_db

WHOLE = {"day": "2026-11-27", "starts": "10:00", "ends": "10:50"}


@pytest.mark.parametrize("missing", [{"day"}, {"starts"}, {"ends"}, {"day", "starts", "ends"}])
def test_a_slot_without_its_time_is_not_saved(client, counselor, missing):
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))
    typed = {"counselor": counselor.pk, "modes": ["visit"], **{k: v for k, v in WHOLE.items() if k not in missing}}

    page = client.post(reverse("admin:counseling_slot_add"), typed)

    assert page.status_code == 200
    assert set(page.context["adminform"].form.errors) == missing
    assert not Slot.objects.exists()


# --- What publishing would not do ------------------------------------------------------------
@pytest.fixture
def add(client, counselor):
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))

    def add(**typed):
        answer = client.post(
            reverse("admin:counseling_slot_add"),
            {"counselor": counselor.pk, "modes": ["visit"], "published": "on", **WHOLE, **typed},
        )
        return answer.context["adminform"].form.errors if answer.status_code == 200 else {}

    return add


@pytest.fixture
def limits(counselor):
    def limits(**most):
        Counselor.objects.filter(pk=counselor.pk).update(**most)

    return limits


@pytest.mark.parametrize(
    ("most", "day", "refused"),
    [
        ({"most_per_day": 1}, "2026-11-27", True),
        ({"most_per_day": 1}, "2026-11-26", False),
        ({"most_per_week": 1}, "2026-11-29", True),  # Sunday of the same week
        ({"most_per_week": 1}, "2026-11-30", False),
    ],
)
def test_one_more_time_than_a_counsellor_s_limit_needs_a_reason(add, limits, make_slot, most, day, refused):
    make_slot("2026-11-27 14:00")
    limits(**most)

    assert set(add(day=day)) == ({"exception"} if refused else set())
    assert Slot.objects.count() == (1 if refused else 2)

    if refused:
        assert not add(day=day, exception="보충 상담")
        assert Slot.objects.count() == 2
        assert "보충 상담" in LogEntry.objects.get().get_change_message()


@pytest.mark.parametrize(
    ("starts", "ends", "refused"), [("17:10", "18:00", False), ("17:11", "18:01", True), ("09:59", "10:49", True)]
)
def test_a_time_outside_the_centre_s_hours_needs_a_reason(add, starts, ends, refused):
    venue = Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 1, 1))
    OpeningHours.objects.create(venue=venue, weekday=4, opens=time(10), closes=time(18), first_day=date(2026, 1, 1))

    assert set(add(starts=starts, ends=ends)) == ({"exception"} if refused else set())
    if refused:
        assert not add(starts=starts, ends=ends, exception="늦은 상담")
    assert Slot.objects.count() == 1


def test_leave_stands_in_the_way_and_a_time_moved_within_its_day_does_not(add, client, limits, make_slot, counselor):
    slot = make_slot("2026-11-27 14:00")
    limits(most_per_day=1)
    typed = {"counselor": counselor.pk, "modes": ["visit"], "published": "on", **WHOLE}
    assert client.post(reverse("admin:counseling_slot_change", args=[slot.pk]), typed).status_code == 302

    limits(most_per_day=None)
    period = DateTimeTZRange(midnight(date(2026, 11, 26)), midnight(date(2026, 11, 27)), "[)")
    Leave.objects.create(counselor=counselor, period=period)
    assert "휴가·출장" in str(add(day="2026-11-26"))


def test_a_visitor_is_let_in_past_the_rules_with_a_reason_only(
    counselor, student, topic, parent, limits, make_slot, monday_morning
):
    make_slot("2026-11-23 14:00")
    limits(most_per_day=1)
    asked = {"student": student, "topic": topic, "by": counselor.user}

    with pytest.raises(bookings.NotNow, match="하루 최대 1회"):
        walkin.open_and_begin(counselor, **asked)
    assert Slot.objects.count() == 1

    booking = walkin.open_and_begin(counselor, exception="급한 상담", **asked)

    assert "급한 상담" in booking.trail().first().reason


@pytest.mark.parametrize(("moment", "refused"), [("17:10", False), ("17:15", True)])
def test_a_visitor_who_would_stay_past_closing_needs_a_reason(
    counselor, student, topic, monday_morning, moment, refused
):
    venue = Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 1, 1))
    OpeningHours.objects.create(venue=venue, weekday=0, opens=time(10), closes=time(18), first_day=date(2026, 1, 1))
    monday_morning.move_to(f"2026-11-23 {moment}+09:00")
    asked = {"student": student, "topic": topic, "by": counselor.user}

    if refused:
        with pytest.raises(bookings.NotNow):
            walkin.open_and_begin(counselor, **asked)
    else:
        assert walkin.open_and_begin(counselor, **asked).state == "arrived"
