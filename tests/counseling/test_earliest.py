"""The first free time of each topic, as the front door says it, is the first of that topic's times."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from counseling import booking
from counseling import free as times
from counseling.models import Slot, Topic


def agreed() -> dict[str, object]:
    """The earliest times, once both ways of asking have said the same."""
    said = {one.slug: one.start for one in times.earliest()}
    for topic in Topic.objects.open():
        first = Slot.objects.free(topic=topic).first()
        assert said[topic.slug] == (first.starts_at if first else None)
    return said


def test_the_earliest_free_time_of_every_topic(topic, make_counselor, make_slot):
    other = Topic.objects.create(slug="abroad", name="유학 상담", minutes=50, modes=["visit"], position=2)
    Topic.objects.create(slug="closed", name="쉬는 상담", minutes=50, modes=["visit"], active=False)
    late = make_slot("2026-11-26 14:00")
    make_slot("2026-11-25 14:00", counselor=make_counselor("박", topics=[other]))

    said = agreed()

    assert said["admission"] == late.starts_at
    assert list(said) == ["admission", "abroad"]


@pytest.mark.parametrize(
    ("change", "free"),
    [
        ({}, True),
        ({"start": "2026-11-24 09:00"}, True),  # 24 hours ahead to the second
        ({"start": "2026-11-24 08:59"}, False),
        ({"start": "2026-12-23 23:00"}, True),  # the last of the 30 days ahead
        ({"start": "2026-12-24 00:00"}, False),
        ({"minutes": 49}, False),
        ({"modes": ("video",)}, False),
        ({"published": False}, False),
    ],
)
def test_both_ways_of_asking_agree_on_every_boundary(make_slot, change, free):
    make_slot(**change)

    assert (agreed()["admission"] is not None) is free


def test_a_counsellor_who_is_away_has_no_times(make_slot, counselor):
    make_slot()
    counselor.active = False
    counselor.save()

    assert agreed() == {"admission": None}


def test_a_hold_keeps_a_time_until_it_lapses_and_a_booking_for_good(slot, student, parent, topic, monday_morning):
    held = booking.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    assert agreed() == {"admission": None}

    monday_morning.move_to(held.held_until - timedelta(seconds=1))
    assert agreed() == {"admission": None}
    monday_morning.move_to(held.held_until)
    assert agreed() == {"admission": slot.starts_at}

    booked = booking.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    assert agreed() == {"admission": None}
    booking.cancel(booked, by=parent, reason="일정 변경")
    assert agreed() == {"admission": slot.starts_at}


def test_it_is_one_query_and_leads_to_the_times_of_the_topic(slot, django_assert_num_queries):
    with django_assert_num_queries(1):
        [one] = times.earliest()

    assert one.url == "/counseling/times/?topic=admission"
    assert timezone.localtime(slot.starts_at) == one.start
