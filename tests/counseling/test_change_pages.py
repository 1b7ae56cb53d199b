"""A family moves its own booking on its own pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Guardianship
from centre.models import Centre
from counseling import booking as bookings
from counseling import changing
from counseling.models import Booking
from notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def family(client, parent, student):
    client.force_login(parent)
    return client


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent, question="수시가 궁금합니다.")


def change_url(booking):
    return reverse("counseling:change", args=[booking.pk])


def move_url(booking, slot):
    return reverse("counseling:move", args=[booking.pk, slot.pk])


def answer(booking, slot, **more):
    return {"mode": "visit", "counselor": str(slot.pk), "seen": booking.sequence, **more}


def read(client, url, **query):
    return client.get(url, query).content.decode()


def test_a_family_moves_its_booking_and_sees_what_became_of_it(family, booked, make_slot):
    later = make_slot("2026-11-26 16:00")
    assert change_url(booked) in read(family, booked.get_absolute_url())
    times = read(family, change_url(booked))
    assert move_url(booked, later) in times
    assert "변경 2회 남음, 2026. 11. 24.(화) 18:00까지" in times
    review = read(family, move_url(booked, later))
    assert "2026. 11. 25.(수) 14:00 ~ 14:50" in review
    assert "2026. 11. 26.(목) 16:00 ~ 16:50" in review

    page = family.post(move_url(booked, later), answer(booked, later), follow=True).content.decode()
    moved = Booking.objects.get()
    assert (moved.pk, moved.slot_id, moved.question) == (booked.pk, later.pk, "수시가 궁금합니다.")
    assert "상담 시간을 바꾸었습니다" in page
    assert "2026. 11. 25.(수) 14:00 ~ 14:50 → 2026. 11. 26.(목) 16:00 ~ 16:50" in page
    assert "변경 1회 남음" in page


def test_looking_changes_nothing(family, booked, make_slot):
    later = make_slot("2026-11-26 16:00")
    read(family, change_url(booked))
    read(family, move_url(booked, later))

    assert Booking.objects.get().slot_id == booked.slot_id


def test_a_second_click_is_the_same_change(family, booked, make_slot):
    later = make_slot("2026-11-26 16:00")
    sent = answer(booked, later)

    for _ in range(2):
        assert family.post(move_url(booked, later), sent).url == booked.get_absolute_url()
    assert booked.changes.count() == 1
    assert Notice.objects.filter(kind="counseling.changed", channel="sms").count() == 1


def test_another_tab_that_moved_it_meanwhile_is_told_and_nothing_is_lost(family, booked, make_slot):
    first, second = make_slot("2026-11-26 16:00"), make_slot("2026-11-27 16:00")
    stale = answer(booked, second)
    family.post(move_url(booked, first), answer(booked, first))

    page = family.post(move_url(booked, second), stale).content.decode()
    assert "그사이 예약이 바뀌었습니다" in page
    assert Booking.objects.get().slot_id == first.pk


def test_a_time_that_somebody_else_took_leaves_the_booking_and_offers_others(
    family, booked, make_slot, topic, make_student, make_parent
):
    wanted, free = make_slot("2026-11-26 16:00"), make_slot("2026-11-27 16:00")
    other = make_parent()
    bookings.book(wanted.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)

    for page in (
        family.post(move_url(booked, wanted), answer(booked, wanted)).content.decode(),
        read(family, move_url(booked, wanted)),
    ):
        assert "지금 예약은 그대로 있습니다" in page
        assert move_url(booked, free) in page
    assert Booking.objects.get(pk=booked.pk).slot_id == booked.slot_id


def test_going_back_to_the_review_after_the_move_offers_no_second_one(family, booked, make_slot):
    later = make_slot("2026-11-26 16:00")
    family.post(move_url(booked, later), answer(booked, later))

    assert family.get(move_url(booked, later)).url == booked.get_absolute_url()


@pytest.mark.parametrize(("moment", "open_"), [("2026-11-24 17:59:59+09:00", True), ("2026-11-24 18:00+09:00", False)])
def test_the_deadline_is_said_with_the_telephone(family, parent, booked, make_slot, monday_morning, moment, open_):
    Centre.objects.update_or_create(defaults={"name": "센터", "phone": "02-000-0000"})
    later = make_slot("2026-11-26 18:00")
    monday_morning.move_to(moment)
    family.force_login(parent)

    page = read(family, change_url(booked))
    assert (move_url(booked, later) in page) is open_
    assert ("인터넷 변경 기한" in page and "tel:02-000-0000" in page) is not open_
    family.post(move_url(booked, later), answer(booked, later))
    assert (Booking.objects.get().slot_id == later.pk) is open_


def test_after_the_last_change_the_reason_stands_on_the_booking(family, booked, make_slot, rule):
    rule(changes_most=1)
    later, another = make_slot("2026-11-26 16:00"), make_slot("2026-11-27 16:00")
    family.post(move_url(booked, later), answer(booked, later))

    page = read(family, booked.get_absolute_url())
    assert change_url(booked) not in page
    assert "1번까지 바꿀 수 있습니다" in page
    booked.refresh_from_db()
    told = family.post(move_url(booked, another), answer(booked, another), follow=True).content.decode()
    assert "1번까지 바꿀 수 있습니다" in told
    assert Booking.objects.get().slot_id == later.pk


def test_without_a_most_only_the_deadline_is_said(family, booked, rule):
    rule(changes_most=None)

    assert "2026. 11. 24.(화) 18:00까지 바꿀 수 있습니다" in read(family, change_url(booked))


def test_what_the_centre_changes_does_not_count(booked, make_slot, counselor):
    changing.move(booked, make_slot("2026-11-26 16:00").pk, by=counselor.user, by_centre=True, reason="상담사 사정")

    assert changing.left(booked) == 2


def test_only_times_of_the_same_topic_are_offered_and_the_same_hour_with_another_counsellor_is_one(
    family, booked, make_slot, make_counselor
):
    same_hour = make_slot("2026-11-25 14:00", counselor=make_counselor("이도윤 상담사"))
    elsewhere = make_slot("2026-11-26 14:00", counselor=make_counselor("박서준 상담사", topics=[]))

    page = read(family, change_url(booked))
    assert move_url(booked, same_hour) in page
    assert move_url(booked, elsewhere) not in page
    family.post(move_url(booked, same_hour), answer(booked, same_hour))
    assert Booking.objects.get().slot.counselor.name == "이도윤 상담사"


def test_nobody_in_particular_goes_to_whoever_has_least_and_is_still_free(
    family, booked, make_slot, make_counselor, topic, make_student, make_parent
):
    busy, idle = make_counselor("가 상담사"), make_counselor("나 상담사")
    other = make_parent()
    bookings.book(
        make_slot("2026-11-27 10:00", counselor=busy).pk,
        student=make_student("이바다", other),
        topic=topic,
        mode="visit",
        by=other,
    )
    at_busy = make_slot("2026-11-26 16:00", counselor=busy)
    at_idle = make_slot("2026-11-26 16:00", counselor=idle)

    review = read(family, move_url(booked, at_busy))
    assert "상담사 무관" in review
    family.post(move_url(booked, at_busy), answer(booked, at_busy, counselor="any"))
    assert Booking.objects.get(pk=booked.pk).slot_id == at_idle.pk


@pytest.mark.parametrize("chosen", ["any", "same"])
def test_two_tabs_that_move_at_one_moment_make_one_change(
    family, booked, make_slot, make_counselor, parent, monkeypatch, chosen
):
    """The other tab comes between the look at the page's number and the move."""
    elsewhere, wanted = make_slot("2026-11-27 10:00"), make_slot("2026-11-26 16:00")
    make_slot("2026-11-26 16:00", counselor=make_counselor("이도윤 상담사"))
    real, moved = changing.move, []

    def move(booking, slot_id, **asked):
        if not moved:
            moved.append(real(Booking.objects.get(pk=booking.pk), elsewhere.pk, by=parent))
        return real(booking, slot_id, **asked)

    monkeypatch.setattr(changing, "move", move)
    sent = answer(booked, wanted, counselor="any" if chosen == "any" else str(wanted.pk))
    page = family.post(move_url(booked, wanted), sent, follow=True).content.decode()

    assert "방금 다른 곳에서 바뀐 예약입니다" in page
    assert Booking.objects.get(pk=booked.pk).slot_id == elsewhere.pk
    assert booked.changes.count() == 1


def test_a_time_that_opens_to_others_first_is_said_and_not_offered(family, booked, make_slot, rule):
    rule(everyone_after_days=20)  # the day opens 30 days before, to everybody 10 days before
    early, late = make_slot("2026-11-26 16:00"), make_slot("2026-12-20 16:00")

    page = read(family, change_url(booked))
    assert move_url(booked, early) in page
    assert move_url(booked, late) not in page
    assert "2026. 12. 10.(목) 00:00" in page
    told = family.post(move_url(booked, late), answer(booked, late), follow=True).content.decode()
    assert "2026. 12. 10.(목) 00:00" in told
    assert Booking.objects.get().slot_id == booked.slot_id


def test_a_form_without_its_mode_comes_back(family, booked, make_slot):
    later = make_slot("2026-11-26 16:00")

    page = family.post(move_url(booked, later), answer(booked, later, mode="")).content.decode()
    assert "상담 방식을 골라 주세요" in page


def test_a_stranger_finds_nothing(client, booked, make_slot, make_parent):
    later = make_slot("2026-11-26 16:00")
    client.force_login(make_parent())

    assert client.get(change_url(booked)).status_code == 404
    assert client.post(move_url(booked, later), answer(booked, later)).status_code == 404
    assert Booking.objects.get().slot_id == booked.slot_id


def test_the_other_parent_may_change_it_too(client, booked, student, make_parent, make_slot):
    father, later = make_parent("김아빠"), make_slot("2026-11-26 16:00")
    Guardianship.objects.create(guardian=father, student=student, relation="father", confirmed_at=timezone.now())
    client.force_login(father)

    client.post(move_url(booked, later), answer(booked, later))
    assert Booking.objects.get().changes.get().by == father


def test_a_cancelled_or_past_booking_says_why_it_cannot_be_changed(family, booked, parent, monday_morning):
    bookings.cancel(booked, by=parent, reason="일정")

    assert "예약이 확정된 상담만" in read(family, change_url(booked))
    monday_morning.shift(timedelta(days=9))
    family.force_login(parent)
    assert family.get(change_url(booked)).status_code == 200
