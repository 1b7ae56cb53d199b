"""List, calendar and queryset are put together from the same pieces, and a slot's own refusal says the same."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from counseling import booking, finding
from counseling.finding import Need
from counseling.models import Mode, Slot, Topic

DECEMBER = date(2026, 12, 1)


def agree(need: Need) -> list[str]:
    """The addresses of the free times, once both ways of asking have said the same, for list and calendar."""
    found = [f"/counseling/times/{pk}/" for time in finding.times(need) for pk in time.slots]
    free = Slot.objects.free(topic=need.topic, mode=need.mode, day=need.day)
    assert found == [f"/counseling/times/{pk}/" for pk in free.values_list("pk", flat=True)]
    for month in (date(2026, 11, 1), DECEMBER):
        assert finding.list_and_calendar(need, None, month) == (
            finding.times(need),
            False,
            finding.per_day(need, month),
        )
        assert (
            finding.per_day(need, month) == Slot.objects.free(topic=need.topic, mode=need.mode, month=month).per_day()
        )
    return found


def needs(*topics: Topic) -> list[Need]:
    days = (None, date(2026, 11, 24), date(2026, 11, 25), date(2026, 12, 23), date(2026, 12, 24))
    return [Need(topic, mode, day) for topic in (None, *topics) for mode in (None, *Mode.values) for day in days]


def test_every_need_is_answered_alike(topic, make_counselor, make_slot):
    other = Topic.objects.create(
        slug="abroad", name="유학 상담", minutes=30, modes=["video"], lead_hours=1, horizon_days=3
    )
    park = make_counselor("박", topics=[topic, other])
    make_slot("2026-11-23 12:00", counselor=park, minutes=30, modes=("video",))
    make_slot("2026-11-25 14:00")
    make_slot("2026-11-25 14:00", counselor=park, modes=("video", "phone"))
    make_slot("2026-12-23 23:00")
    make_slot("2026-12-24 00:00")

    answers = [agree(need) for need in needs(topic, other)]

    assert max(map(len, answers)) == 4


@pytest.mark.parametrize(
    ("change", "is_free"),
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
def test_both_agree_on_every_boundary(topic, make_slot, change, is_free):
    make_slot(**change)

    for need in needs(topic):
        agree(need)
    assert bool(agree(Need(topic))) is is_free


def test_counsellors_who_are_away_and_topics_that_rest_have_no_times(topic, counselor, slot):
    topic.active = False
    topic.save()
    assert agree(Need()) == []

    Topic.objects.update(active=True)
    assert agree(Need())
    counselor.active = False
    counselor.save()
    assert agree(Need()) == []


def test_a_hold_keeps_a_time_until_it_lapses(topic, slot, student, parent, monday_morning):
    held = booking.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    assert agree(Need(topic)) == []

    monday_morning.move_to(held.held_until - timedelta(seconds=1))
    assert agree(Need(topic)) == []
    monday_morning.move_to(held.held_until)
    assert agree(Need(topic))


def test_a_student_is_not_offered_times_at_which_it_is_elsewhere(
    topic, slot, student, parent, make_counselor, make_slot
):
    same_hour = make_slot(counselor=make_counselor("박"))
    next_hour = make_slot("2026-11-25 14:50", counselor=same_hour.counselor)
    booking.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)

    offered = [time.url for time in finding.times(Need(topic), student=student)]

    assert offered == [f"/counseling/times/{next_hour.pk}/"]


@pytest.mark.parametrize(("now", "free"), [("2026-11-25 13:59:59.999999", True), ("2026-11-25 14:00", False)])
def test_what_begins_this_moment_is_over_for_the_list_as_for_the_use_case(topic, slot, monday_morning, now, free):
    topic.lead_hours = 0
    topic.save()
    monday_morning.move_to(f"{now}+09:00")

    assert Slot.objects.free(topic=topic).exists() is free
    assert (slot.refusal(topic, "visit", now=timezone.now()) is None) is free
