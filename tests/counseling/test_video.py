"""The address of a counselling by video: whose it is, who is told, and that a family is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import User
from counseling import booking as bookings
from counseling import changing, video
from counseling.calendar_file import calendar_file
from counseling.models import Booking, Counselor
from lifecycle.locks import Refused
from notices.models import Notice

pytestmark = pytest.mark.django_db

ROOM = "https://video.example/room"


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("chief@example.com", name="정최고")


@pytest.fixture
def booked(make_slot, topic, student, parent):
    topic.modes = ["visit", "video"]
    topic.save()
    slot = make_slot(modes=("visit", "video"))
    return bookings.book(slot.pk, student=student, topic=topic, mode="video", by=parent)


def told() -> int:
    return Notice.objects.filter(kind="counseling.video_link", channel="email").count()


def test_a_booking_s_own_address_comes_before_the_counsellor_s(booked, counselor, boss):
    assert "보내 드립니다" in booked.place
    video.give_counselor(counselor, ROOM)
    booked = Booking.objects.for_page().get(pk=booked.pk)
    assert booked.meeting_url == booked.place == ROOM

    booked = video.give(booked, f"{ROOM}/7", by=boss)
    assert booked.place == f"{ROOM}/7"
    assert video.give(booked, "", by=boss).place == ROOM


def test_a_changed_address_is_said_once_and_again_when_it_changes_back(booked, counselor, boss):
    for number, url in enumerate([ROOM, f"{ROOM}/2", ROOM], start=1):
        assert video.give_counselor(counselor, url) == 1
        assert video.give_counselor(counselor, url) == 0
        assert told() == number
    said = Notice.objects.filter(kind="counseling.video_link", channel="email").latest("pk")
    assert ROOM in said.body
    assert ROOM not in Notice.objects.filter(kind="counseling.video_link", channel="sms").latest("pk").body
    booked = Booking.objects.for_page().get(pk=booked.pk)
    assert booked.sequence == 3
    assert b"SEQUENCE:3" in calendar_file(booked)

    video.give(booked, f"{ROOM}/own", by=boss)
    assert told() == 4
    assert video.give_counselor(counselor, f"{ROOM}/9") == 0  # this family has an address of its own


@pytest.mark.parametrize(
    "url", ["http://video.example/room", "javascript:alert(1)", "video.example", "https://", "x" * 301]
)
def test_only_https_addresses_are_taken(booked, counselor, boss, url):
    with pytest.raises(Refused):
        video.give(booked, url, by=boss)
    with pytest.raises(Refused):
        video.give_counselor(counselor, url)
    assert told() == 0
    with pytest.raises(IntegrityError, match="is_https"), transaction.atomic():
        Counselor.objects.update(video_url="http://video.example")


def test_no_address_without_video_or_without_an_agreement(booked, counselor, boss, parent, monday_morning):
    video.give_counselor(counselor, ROOM)
    bookings.cancel(booked, by=parent, reason="아파요")
    booked = Booking.objects.for_page().get(pk=booked.pk)
    assert ROOM not in booked.place
    with pytest.raises(bookings.NotNow):
        video.give(booked, ROOM, by=boss)


@pytest.mark.parametrize(("minutes", "is_over"), [(49, False), (50, True)])
def test_until_the_end_an_address_can_be_given(booked, boss, monday_morning, minutes, is_over):
    monday_morning.move_to(booked.starts_at + timedelta(minutes=minutes))
    if is_over:
        with pytest.raises(bookings.NotNow):
            video.give(booked, ROOM, by=boss)
    else:
        assert video.give(booked, ROOM, by=boss).meeting_url == ROOM


def test_another_counsellor_means_another_room(booked, boss, make_slot, make_counselor):
    video.give(booked, ROOM, by=boss)
    slot = make_slot("2026-11-26 14:00", counselor=make_counselor("이도윤 상담사"), modes=("video",))
    moved = changing.move(booked, slot.pk, by=boss, by_centre=True, reason="상담사 사정")
    assert moved.video_url == ""


def test_confirmation_and_reminder_say_it_and_the_family_can_go_in(
    client, make_slot, topic, student, parent, counselor
):
    video.give_counselor(counselor, ROOM)
    topic.modes = ["video"]
    topic.save()
    booked = bookings.book(make_slot(modes=("video",)).pk, student=student, topic=topic, mode="video", by=parent)
    assert ROOM in Notice.objects.get(kind="counseling.booked", channel="email").body

    client.force_login(parent)
    assert f'href="{ROOM}"' in client.get(reverse("counseling:booking", args=[booked.pk])).content.decode()


def test_staff_give_an_address_on_its_page_and_on_the_counsellor_s(client, booked, counselor, boss, topic):
    client.force_login(boss)
    url = reverse("admin:counseling_video", args=[booked.pk])
    assert url in client.get(reverse("admin:counseling_booking_change", args=[booked.pk])).content.decode()
    page = client.post(url, {"url": "http://video.example"})
    assert "https://로 시작하는" in page.content.decode()
    assert "http://video.example" in page.content.decode()
    client.post(url, {"url": f"{ROOM}/1"})
    assert told() == 1

    typed = {"name": counselor.name, "topics": [topic.pk], "active": "on", "video_url": ROOM}
    page = client.post(reverse("admin:counseling_counselor_change", args=[counselor.pk]), typed)
    assert page.status_code == 302, page.context["errors"]
    counselor.refresh_from_db()
    assert counselor.video_url == ROOM
    assert told() == 1  # this family's address is its own
