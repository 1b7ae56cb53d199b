"""A day off that is entered after its times were published leads staff to those who are hit."""

from __future__ import annotations

from datetime import date, time
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import reverse

from accounts.models import User
from centre import shutting
from centre.models import Closure, Holiday, Room, Venue
from counseling import booking as bookings
from counseling.models import Slot

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2026, 11, 25)


@pytest.fixture
def booked(slot, student, topic, parent, make_slot):
    make_slot("2026-11-25 16:00")
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


def sentences(off) -> list[str]:
    return [hit.sentence for hit in shutting.hits(off)]


def test_what_a_day_off_hits(booked):
    both = "이미 공개한 상담 시간 2개가 쉬는 날에 있습니다(예약 1건)."
    assert sentences(Holiday(day=WEDNESDAY)) == [both]
    assert sentences(Holiday(day=WEDNESDAY, observed=False)) == []
    assert sentences(Holiday(day=date(2026, 11, 26))) == []
    assert sentences(Closure(first_day=date(2026, 11, 24), last_day=date(2026, 11, 26))) == [both]


@pytest.mark.parametrize(
    ("since", "until", "number"), [(time(14, 50), time(16), 0), (time(14, 49), time(16), 1), (time(15), time(16, 1), 1)]
)
def test_hours_off_hit_what_they_touch(booked, since, until, number):
    off = Closure(first_day=WEDNESDAY, last_day=WEDNESDAY, from_time=since, until_time=until)
    assert len(shutting.hits(off)) == number


def test_entering_it_leads_to_the_page_that_puts_it_right(client, booked):
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))
    typed = {"day": "2026-11-25", "name": "임시공휴일", "observed": "on"}
    page = client.post(reverse("admin:centre_holiday_add"), typed, follow=True)
    text = page.content.decode()
    assert "예약 1건" in text
    (hit,) = shutting.hits(Holiday.objects.get(day=WEDNESDAY))
    assert hit.url.replace("&", "&amp;") in text

    found = client.get(hit.url).context["found"]
    assert [one.booking for one in found.hits] == [booked]
    assert len(found.unbooked) == 1

    typed = {"first_day": "2026-11-25", "last_day": "2026-11-25", "from_time": "14:00", "until_time": "15:00"}
    page = client.post(reverse("admin:centre_closure_add"), typed | {"reason": "점검"}, follow=True)
    assert "상담 시간 1개가 쉬는 날에 있습니다" in page.content.decode()


def test_the_closure_of_one_venue_touches_its_own_times_alone(client, booked, make_slot, student, parent, topic):
    here, there = (
        Venue.objects.create(name=name, address="새벽로 1", first_day=date(2026, 1, 1)) for name in ("새벽관", "별빛관")
    )
    rooms = [Room.objects.create(venue=venue, name="상담실", first_day=date(2026, 1, 1)) for venue in (here, there)]
    ours = bookings.book(
        make_slot("2026-11-25 10:00", room=rooms[0]).pk, student=student, topic=topic, mode="visit", by=parent
    )
    empty, elsewhere = make_slot("2026-11-25 11:00", room=rooms[0]), make_slot("2026-11-25 12:00", room=rooms[1])
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))

    (hit,) = shutting.hits(Closure(first_day=WEDNESDAY, last_day=WEDNESDAY, venue=here))
    assert "2개" in hit.sentence and "예약 1건" in hit.sentence
    found = client.get(hit.url).context["found"]
    assert [one.booking for one in found.hits] == [ours] and found.unbooked == [empty]
    assert f"slot:{elsewhere.pk}" in [option.value for option in found.hits[0].options]

    asked = dict(parse_qsl(urlsplit(hit.url).query))
    client.post(hit.url, {**asked, f"booking-{ours.pk}": "cancel"})

    ours.refresh_from_db()
    booked.refresh_from_db()
    assert (ours.state, booked.state) == ("cancelled", "booked")
    assert set(Slot.objects.standing().values_list("pk", flat=True)) >= {elsewhere.pk, booked.slot_id}
    assert not Slot.objects.standing().filter(pk=empty.pk).exists()
