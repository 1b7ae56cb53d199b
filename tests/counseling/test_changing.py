from __future__ import annotations

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Guardianship
from counseling import booking as bookings
from counseling import changing, tasks
from counseling.models import Booking, BookingChange
from notices.models import Notice

pytestmark = pytest.mark.django_db

State = Booking.State


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent, question="과목 선택")


@pytest.fixture
def later(make_slot):
    return make_slot("2026-11-26 15:00")


@pytest.fixture
def chief(counselor):
    return counselor.user


@pytest.fixture
def sibling(make_student, parent):
    return make_student("김바다", parent)


def said(kind):
    return Notice.objects.filter(kind=kind)


# --- Moving ----------------------------------------------------------------------------------


def test_a_moved_booking_stays_itself_and_frees_the_old_time(booked, later, slot, parent):
    moved = changing.move(booked, later.pk, by=parent)

    booked.refresh_from_db()
    assert (moved.pk, booked.slot, booked.period) == (booked.pk, later, later.period)
    assert (booked.state, booked.question, booked.sequence) == (State.BOOKED, "과목 선택", 1)
    assert slot in type(slot).objects.free()


def test_what_it_was_and_what_it_became_is_kept(booked, later, slot, parent, counselor):
    changing.move(booked, later.pk, by=parent, mode="phone", reason="학교 행사")

    change = booked.changes.get()
    assert (change.old_period, change.new_period) == (slot.period, later.period)
    assert (change.old_mode, change.new_mode, change.by, change.by_centre) == ("visit", "phone", parent, False)
    assert change.summary == ("2026. 11. 25.(수) 14:00 ~ 14:50 → 2026. 11. 26.(목) 15:00 ~ 15:50 · 대면 → 전화")
    with pytest.raises(IntegrityError), transaction.atomic():
        booked.changes.update(reason="다른 사유")


def test_everybody_hears_of_the_old_and_the_new_once(booked, later, parent, counselor):
    Notice.objects.all().delete()
    for _ in range(2):
        changing.move(booked, later.pk, by=parent)

    text = said("counseling.changed").get(channel="sms").body
    assert "11. 25.(수) 14:00 → 11. 26.(목) 15:00" in text
    assert said("counseling.counselor_changed").get().recipient == counselor.user
    assert booked.changes.count() == 1
    assert not said("counseling.cancelled").exists()


def test_both_counselors_hear_of_a_change_between_them(booked, make_slot, make_counselor, chief):
    other = make_counselor("이도윤 상담사")
    there = make_slot("2026-11-25 14:00", counselor=other)

    changing.reassign(booked, other, by=chief, reason="상담사 병가")

    booked.refresh_from_db()
    assert booked.slot == there
    assert {notice.recipient for notice in said("counseling.counselor_changed")} == {chief, other.user}
    assert "상담사 병가" in said("counseling.changed_by_centre").get(channel="email").body


def test_a_counselor_without_that_time_is_refused(booked, make_counselor, chief):
    with pytest.raises(bookings.Taken, match="빈 시간이 없습니다"):
        changing.reassign(booked, make_counselor("이도윤 상담사"), by=chief, reason="병가")


def test_only_the_mode_can_be_changed_where_it_is(booked, slot, parent):
    changing.move(booked, slot.pk, by=parent, mode="phone")

    booked.refresh_from_db()
    assert (booked.slot, booked.mode, booked.sequence) == (slot, "phone", 1)


def test_a_taken_time_refuses_and_leaves_everything(booked, later, make_student, make_parent, topic, parent):
    other = make_parent()
    bookings.book(later.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)

    with pytest.raises(bookings.Taken):
        changing.move(booked, later.pk, by=parent)
    booked.refresh_from_db()
    assert (booked.slot_id != later.pk, booked.sequence, booked.changes.count()) == (True, 0, 0)


@pytest.mark.parametrize(("minutes", "is_moved"), [(9, False), (10, True)])
def test_somebody_elses_hold_stands_in_the_way_until_it_is_over(
    booked, later, make_student, make_parent, topic, parent, monday_morning, minutes, is_moved
):
    other = make_parent()
    bookings.hold(later.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)
    monday_morning.shift(minutes * 60)

    if is_moved:
        assert changing.move(booked, later.pk, by=parent).slot == later
    else:
        with pytest.raises(bookings.Taken):
            changing.move(booked, later.pk, by=parent)


def test_the_familys_own_hold_there_gives_way(booked, later, student, topic, parent):
    held = bookings.hold(later.pk, student=student, topic=topic, mode="visit", by=parent)
    changing.move(booked, later.pk, by=parent)

    held.refresh_from_db()
    assert held.state == State.RELEASED


def test_the_student_is_nowhere_else_then(booked, make_slot, make_counselor, student, topic, parent):
    bookings.book(make_slot("2026-11-26 15:30").pk, student=student, topic=topic, mode="visit", by=parent)
    overlapping = make_slot("2026-11-26 15:00", counselor=make_counselor("이도윤 상담사"))

    with pytest.raises(bookings.Taken, match="다른 상담 예약이 있습니다"):
        changing.move(booked, overlapping.pk, by=parent)


def test_a_booking_may_overlap_with_its_own_old_time(booked, make_slot, make_counselor, parent):
    overlapping = make_slot("2026-11-25 14:30", counselor=make_counselor("이도윤 상담사"))

    assert changing.move(booked, overlapping.pk, by=parent).slot == overlapping


def test_a_full_cap_does_not_keep_a_booking_from_moving(booked, later, make_slot, student, topic, parent):
    for hour in (9, 10):
        bookings.book(make_slot(f"2026-11-27 {hour:02}:00").pk, student=student, topic=topic, mode="visit", by=parent)

    assert changing.move(booked, later.pk, by=parent).slot == later


# --- Limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("moment", "is_moved"), [("17:59:59", True), ("18:00:00", False)])
def test_a_family_changes_until_the_hour_of_the_day_before(booked, later, parent, chief, moment, is_moved):
    with time_machine.travel(f"2026-11-24 {moment}+09:00", tick=False):
        if is_moved:
            assert changing.move(booked, later.pk, by=parent).slot == later
        else:
            with pytest.raises(bookings.NotNow, match="변경 기한"):
                changing.move(booked, later.pk, by=parent)
            assert changing.move(booked, later.pk, by=chief, by_centre=True, reason="전화 요청").slot == later


def test_a_family_changes_twice_and_staff_as_often_as_needed(booked, make_slot, parent, chief):
    slots = [make_slot(f"2026-11-26 {hour}:00") for hour in (10, 11, 12, 13)]
    changing.move(booked, slots[0].pk, by=chief, by_centre=True, reason="상담사 사정")  # counts for nobody
    for slot in slots[1:3]:
        changing.move(booked, slot.pk, by=parent)

    with pytest.raises(bookings.NotNow, match="2번까지"):
        changing.move(booked, slots[3].pk, by=parent)
    assert changing.move(booked, slots[3].pk, by=chief, by_centre=True, reason="전화 요청").sequence == 4


def test_the_centre_says_why(booked, later, chief):
    with pytest.raises(bookings.NotNow, match="사유"):
        changing.move(booked, later.pk, by=chief, by_centre=True)


@pytest.mark.parametrize("by_centre", [True, False])
def test_a_cancelled_booking_is_not_moved(booked, later, parent, by_centre):
    bookings.cancel(booked, by=parent, reason="일정")

    with pytest.raises(bookings.NotNow, match="확정된 상담만"):
        changing.move(booked, later.pk, by=parent, by_centre=by_centre, reason="사정")


# --- Reminders -------------------------------------------------------------------------------


def test_a_moved_booking_is_reminded_of_its_new_time(booked, later, parent, monday_morning):
    monday_morning.move_to("2026-11-24 10:00+09:00")
    assert tasks.remind() == 1
    changing.move(booked, later.pk, by=parent)
    assert tasks.remind() == 0

    monday_morning.move_to("2026-11-25 10:00+09:00")
    assert tasks.remind() == 1


@pytest.mark.parametrize(("moment", "told"), [("09:59:59", 1), ("10:00:00", 0)])
def test_whoever_changes_after_the_reminding_hour_has_the_message_about_it(
    booked, make_slot, parent, monday_morning, moment, told
):
    monday_morning.move_to(f"2026-11-24 {moment}+09:00")
    changing.move(booked, make_slot("2026-11-25 16:00").pk, by=parent)
    monday_morning.move_to("2026-11-24 12:00+09:00")

    assert tasks.remind() == told


# --- A sibling -------------------------------------------------------------------------------


def test_a_sibling_takes_the_place_and_no_answers(booked, sibling, slot, chief):
    new = changing.swap(booked, sibling, by=chief)

    booked.refresh_from_db()
    assert (booked.state, booked.sequence) == (State.CANCELLED, 1)
    assert (new.state, new.slot, new.student, new.question, new.on_behalf) == (State.BOOKED, slot, sibling, "", True)
    assert new.changes.get().former == booked


def test_a_guardian_of_both_reads_one_message(booked, sibling, chief, parent):
    Notice.objects.all().delete()
    changing.swap(booked, sibling, by=chief)

    assert said("counseling.swapped").get(channel="sms").recipient == parent
    assert not Notice.objects.filter(recipient=parent).exclude(kind="counseling.swapped").exists()


def test_whoever_cares_for_one_of_them_reads_nothing_of_the_other(booked, make_student, make_parent, parent, chief):
    father = make_parent("이아빠")
    Guardianship.objects.create(guardian=father, student=booked.student, relation="father", confirmed_at=timezone.now())
    changing.swap(booked, make_student("김바다", parent), by=chief)

    mine = Notice.objects.filter(recipient=father)
    assert set(mine.values_list("kind", flat=True)) == {"counseling.cancelled_by_centre"}
    assert all("김바다" not in notice.body for notice in mine)


def test_a_stranger_takes_a_place_only_with_a_reason(booked, make_student, make_parent, chief):
    stranger = make_student("이바다", make_parent())

    with pytest.raises(bookings.NotNow, match="사유"):
        changing.swap(booked, stranger, by=chief)
    assert changing.swap(booked, stranger, by=chief, reason="담임 교사 요청").student == stranger


def test_the_sibling_is_nowhere_else_and_within_the_cap(
    booked, sibling, make_slot, make_counselor, topic, parent, chief
):
    there = make_slot("2026-11-25 14:30", counselor=make_counselor("이도윤 상담사"))
    other = bookings.book(there.pk, student=sibling, topic=topic, mode="visit", by=parent)
    with pytest.raises(bookings.Taken, match="다른 상담 예약이 있습니다"):
        changing.swap(booked, sibling, by=chief)

    bookings.cancel(other, by=chief, reason="사정", by_centre=True)
    for hour in (9, 10, 11):
        bookings.book(make_slot(f"2026-11-27 {hour:02}:00").pk, student=sibling, topic=topic, mode="visit", by=parent)
    with pytest.raises(bookings.NotNow, match="3건까지"):
        changing.swap(booked, sibling, by=chief)
    booked.refresh_from_db()
    assert booked.state == State.BOOKED


def test_siblings_share_a_guardian(student, sibling, make_student, make_parent):
    make_student("이바다", make_parent())

    assert changing.siblings(student) == [sibling]


def test_changes_go_with_their_booking_and_no_other_way(booked, later, parent):
    changing.move(booked, later.pk, by=parent)

    with pytest.raises(IntegrityError), transaction.atomic():
        BookingChange.objects.all().delete()
