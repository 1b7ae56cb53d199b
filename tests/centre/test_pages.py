from __future__ import annotations

from datetime import date, time

import pytest
import time_machine
from django.db import IntegrityError, transaction

from centre.models import Centre, Closure, Room, Venue

URLS = ["/centre/", "/centre/directions/", "/centre/hours/"]


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize("url", URLS)
@pytest.mark.django_db
def test_every_page_answers_before_anything_is_recorded(client, url):
    assert client.get(url).status_code == 200


@pytest.mark.django_db
def test_there_is_one_centre():
    Centre.objects.create(name="하나")

    with pytest.raises(IntegrityError), transaction.atomic():
        Centre.objects.create(pk=2, name="둘")


@pytest.mark.parametrize(("day", "place"), [("2026-11-23", ""), ("2026-11-24", "새벽관"), ("2026-12-01", "별빛관")])
def test_the_address_is_that_of_the_venue_in_use_that_day(centre, today, day, place):
    Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 11, 24), last_day=date(2026, 11, 30))
    Venue.objects.create(name="별빛관", address="별빛로 2", first_day=date(2026, 12, 1))
    today.move_to(f"{day} 12:00+09:00")

    assert Centre.objects.current().venue_name == place


def test_the_footer_costs_one_query(centre, venue, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert Centre.objects.current().address == venue.address


def test_directions_show_todays_venue_its_rooms_and_the_one_to_come(client, venue):
    Room.objects.create(venue=venue, name="상담실 1", floor="2층", first_day=date(2026, 1, 1))
    Room.objects.create(venue=venue, name="옛 상담실", first_day=date(2026, 1, 1), last_day=date(2026, 11, 23))
    Venue.objects.create(name="별빛관", address="별빛로 2", first_day=date(2026, 12, 1))
    Venue.objects.create(name="옛 센터", address="옛길 3", first_day=date(2020, 1, 1), last_day=date(2026, 11, 23))

    page = client.get("/centre/directions/").content.decode()

    assert "2층 상담실 1" in page
    assert "2026. 12. 1.(화)부터 별빛관에서도" in page
    assert "옛 상담실" not in page
    assert "옛길" not in page


def test_hours_show_the_week_and_the_closures_to_come(client, open_on):
    open_on(1, 10, 12)
    open_on(1, 13, 19)
    Closure.objects.create(
        first_day=date(2026, 12, 1),
        last_day=date(2026, 12, 1),
        reason="직원 교육",
        from_time=time(13),
        until_time=time(15),
    )

    page = client.get("/centre/hours/").content.decode()

    assert "10:00~12:00, 13:00~19:00" in page
    assert "운영 중" in page
    assert "13:00~15:00" in page
    assert "직원 교육" in page


@pytest.mark.parametrize("url", URLS)
def test_a_page_costs_the_same_with_many_rows(client, venue, open_on, url, django_assert_max_num_queries):
    for number in range(40):
        Room.objects.create(venue=venue, name=f"방 {number}", first_day=date(2026, 1, 1))
        Closure.objects.create(first_day=date(2026, 11, 25), last_day=date(2026, 11, 25), reason=f"점검 {number}")

    with django_assert_max_num_queries(6):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("url", URLS)
@pytest.mark.django_db
def test_pages_are_for_reading_only(client, url):
    assert client.post(url).status_code == 405
