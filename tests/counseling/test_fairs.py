"""Fairs: times of booths, who may book them, and that nothing of it shows where ordinary counselling does."""

from __future__ import annotations

from datetime import time

import pytest
from django.utils import timezone

from counseling import assignment, board, doctor, fairs, free, rules, sweeping
from counseling import booking as bookings
from counseling.models import Booking, Booth, Counselor, Slot, Topic
from intake.models import Strike
from lifecycle.locks import Refused
from notices.models import Notice
from programs.models import Run
from tests.counseling.fair import add_booth, make_fair, moment, open_fair, slot_of

pytestmark = pytest.mark.django_db

State = Booking.State


@pytest.fixture
def fair(db):
    return open_fair()


def clocks(fair, number=1):
    slots = Slot.objects.standing().filter(counselor__booth__fair=fair, counselor__booth__number=number)
    return [f"{timezone.localtime(slot.starts_at):%H:%M}" for slot in slots.order_by("period")]


# --- From booths to times --------------------------------------------------------------------


def test_a_booth_has_talks_around_its_break(fair):
    assert clocks(fair) == ["10:00", "10:30", "11:00", "11:30", "13:00", "13:30"]


def test_publishing_twice_changes_nothing(fair):
    before = list(Slot.objects.order_by("pk").values_list("pk", "period"))
    found = fairs.publish(fair)
    assert not any(one.new or one.gone or one.kept for one in found)
    assert list(Slot.objects.order_by("pk").values_list("pk", "period")) == before
    assert Counselor.objects.filter(user=None).count() == 2


def test_shorter_hours_take_back_what_nobody_booked_and_keep_what_somebody_did(fair, student, parent):
    booked = fairs.book(slot_of(fair, 1, "13:30"), student=student, by=parent)
    Booth.objects.filter(fair=fair, number=1).update(ends=time(12))
    found = fairs.publish(fair)[0]
    assert [slot.pk for slot in found.kept] == [booked.slot_id]
    assert clocks(fair) == ["10:00", "10:30", "11:00", "11:30", "13:30"]


def test_a_booth_that_takes_no_part_loses_its_free_times(fair):
    Booth.objects.filter(fair=fair, number=1).update(active=False)
    fairs.publish(fair)
    assert clocks(fair) == []
    assert len(clocks(fair, 2)) == 6


def test_what_was_shown_is_what_is_done(fair):
    Booth.objects.filter(fair=fair, number=1).update(ends=time(12))
    shown = fairs.digest(fairs.plan(fair))
    Booth.objects.filter(fair=fair, number=2).update(ends=time(11))
    with pytest.raises(Refused, match="미리 본 뒤에"):
        fairs.publish(fair, expected=shown)
    assert len(clocks(fair)) == 6


def test_no_times_are_made_for_a_cancelled_run(db):
    fair = make_fair()
    add_booth(fair, 1)
    Run.objects.filter(pk=fair.run_id).update(state="cancelled")
    with pytest.raises(Refused, match="취소된 회차"):
        fairs.publish(fair)


def test_last_years_booths_come_over_without_times(fair):
    target = make_fair("2027-11-27", "2027-11-20 10:00")
    add_booth(target, 2, "새빛대학교")  # the number is taken: that booth stays behind
    assert fairs.copy(fair, target) == 1
    copied = target.booths.get(number=1)
    assert (copied.partner, copied.minutes, copied.counselor) == (fair.booths.get(number=1).partner, 20, None)
    assert [(one.starts, one.ends) for one in copied.breaks.all()] == [(time(12), time(13))]
    assert fairs.copy(fair, target) == 0


# --- Booking ---------------------------------------------------------------------------------


def test_the_notice_names_university_and_booth(fair, student, parent):
    booking = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    assert booking.state == State.BOOKED
    assert booking.place == "금천구청 대강당 부스 1"
    sms = Notice.objects.get(kind="counseling.booked", channel="sms")
    assert "한빛1대학교 부스 1" in sms.body
    assert not Notice.objects.filter(kind="counseling.counselor_booked").exists()  # the officer has no account


def test_the_fair_opens_at_its_moment(fair, student, parent, monday_morning):
    fair.opens_at = moment("2026-11-24 10:00")
    fair.save()
    slot = slot_of(fair, 1, "10:00")
    monday_morning.move_to("2026-11-24 09:59:59+09:00")
    with pytest.raises(bookings.NotNow, match=r"11\. 24"):
        fairs.book(slot, student=student, by=parent)
    monday_morning.move_to("2026-11-24 10:00+09:00")
    assert fairs.book(slot, student=student, by=parent).state == State.BOOKED


def test_staff_book_for_a_caller_before_it_opens(fair, student, parent):
    fair.opens_at = moment("2026-11-24 10:00")
    fair.save()
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent, on_behalf=True)
    assert booked.state == State.BOOKED


def test_a_visitor_has_so_many_talks_and_each_booth_once(student, parent):
    fair = open_fair(booths=3, per_visitor=2)
    first = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    with pytest.raises(bookings.NotNow, match="이 부스의 상담은 이미"):
        fairs.book(slot_of(fair, 1, "11:00"), student=student, by=parent)
    fairs.book(slot_of(fair, 2, "10:30"), student=student, by=parent)
    with pytest.raises(bookings.NotNow, match="2건까지"):
        fairs.book(slot_of(fair, 3, "11:30"), student=student, by=parent)
    bookings.cancel(first, by=parent, reason="다른 대학으로")
    assert fairs.book(slot_of(fair, 3, "11:30"), student=student, by=parent).state == State.BOOKED


def test_a_talk_that_took_place_still_counts(student, parent, monday_morning):
    fair = open_fair(booths=2, per_visitor=1)
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    monday_morning.move_to("2026-11-28 10:20+09:00")
    bookings.mark(booked, State.DONE, by=parent)
    with pytest.raises(bookings.NotNow, match="1건까지"):
        fairs.book(slot_of(fair, 2, "11:00"), student=student, by=parent)


def test_a_student_is_at_one_booth_at_a_time(fair, student, parent):
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    with pytest.raises(bookings.Taken, match="다른 상담 예약"):
        fairs.book(slot_of(fair, 2, "10:00"), student=student, by=parent)


def test_a_talk_can_be_booked_until_it_begins(fair, student, parent, monday_morning):
    slot = slot_of(fair, 1, "10:30")
    monday_morning.move_to("2026-11-28 10:30+09:00")
    with pytest.raises(bookings.Taken):
        fairs.book(slot, student=student, by=parent)
    monday_morning.move_to("2026-11-28 10:29:59+09:00")
    booked = fairs.book(slot, student=student, by=parent)
    assert booked.can_be_cancelled
    monday_morning.move_to("2026-11-28 10:30+09:00")
    assert not booked.can_be_cancelled


def test_a_talk_moves_within_its_fair_alone(fair, student, parent):
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    moved = fairs.move(booked, slot_of(fair, 2, "11:00"), by=parent)
    assert (moved.pk, moved.topic.name) == (booked.pk, "한빛2대학교 부스 2")
    assert Slot.objects.filter(pk=slot_of(fair, 1, "10:00").pk).untaken(timezone.now()).exists()
    other = make_fair("2026-12-05")
    add_booth(other, 1, "먼빛대학교")
    fairs.publish(other)
    with pytest.raises(bookings.NotNow, match="같은 박람회"):
        fairs.move(moved, slot_of(other, 1, "10:00"), by=parent)


def test_moving_to_a_booth_where_one_talks_anyway_is_refused(fair, student, parent):
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    fairs.book(slot_of(fair, 2, "10:30"), student=student, by=parent)
    with pytest.raises(bookings.NotNow, match="이미 예약"):
        fairs.move(booked, slot_of(fair, 2, "13:00"), by=parent)
    same = fairs.move(booked, slot_of(fair, 1, "13:00"), by=parent)
    assert same.topic.name == "한빛1대학교 부스 1"


def test_a_cancelled_run_gives_every_talk_up_and_says_so_once(fair, student, parent):
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    Run.objects.filter(pk=fair.run_id).update(state="cancelled")
    with pytest.raises(bookings.NotNow, match="취소된 박람회"):
        fairs.book(slot_of(fair, 2, "11:00"), student=student, by=parent)
    assert sweeping.sweep()["called_off"] == 1
    assert sweeping.sweep()["called_off"] == 0
    booked.refresh_from_db()
    assert booked.state == State.CANCELLED
    assert Notice.objects.filter(kind="counseling.cancelled_by_centre", channel="sms").count() == 1


def test_turns_are_those_of_the_screen(fair, student, parent):
    booked = fairs.book(slot_of(fair, 1, "11:00"), student=student, by=parent)
    assert fairs.turns([booked]) == {booked.pk: 3}
    line = next(one for one in fairs.stands(fair, timezone.now())[0].lines if one.booking)
    assert (line.turn, line.booking) == (3, booked)


def test_the_screen_knows_who_sits_there_and_who_is_next(fair, student, make_student, parent):
    now = moment("2026-11-28 10:05")
    first = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    second = fairs.book(slot_of(fair, 1, "10:30"), student=make_student("이바다", parent), by=parent)
    stand = fairs.stands(fair, now)[0]
    assert stand.current.booking == first
    assert [one.booking for one in stand.following] == [second]
    over = fairs.stands(fair, moment("2026-11-28 10:20"))[0]  # half-open: the end is over
    assert over.current is None


# --- Where ordinary counselling is shown --------------------------------------------------------


def test_ordinary_lists_know_nothing_of_booths(fair, slot, topic, monday_morning):
    monday_morning.move_to("2026-11-27 09:00+09:00")
    assert list(Topic.objects.open()) == [topic]
    assert [one.slug for one in free.earliest()] == [topic.slug]
    assert rules.offered(None).topics == [topic]
    assert not Slot.objects.free().filter(counselor__user=None).exists()
    assert not Counselor.objects.active().filter(user=None).exists()
    day = board.View.read({"day": "2026-11-28"}, timezone.localdate())
    chief = slot.counselor.user
    assert board.Board.of(day, chief).counts["시간"] == 0


def test_a_fair_takes_nothing_from_the_caps_of_counselling(fair, student, parent, slot, topic, rule):
    rule(open_most=1)
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    fairs.book(slot_of(fair, 2, "10:30"), student=student, by=parent)
    assert bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent).state == State.BOOKED
    assert doctor.check() == []


def test_ordinary_counselling_stays_closed_at_the_hour_of_a_talk(fair, student, parent, make_slot, topic):
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    other = make_slot("2026-11-28 10:00")
    person = rules.offered(parent).child(str(student.pk))
    assert rules.offered(parent).at(topic, person, other.starts_at, now=timezone.now()).code == rules.ELSEWHERE
    with pytest.raises(bookings.Taken, match="다른 상담 예약"):
        bookings.book(other.pk, student=student, topic=topic, mode="visit", by=parent)


def test_a_missed_talk_is_no_strike(fair, student, parent, monday_morning, strikes_always_known):
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    monday_morning.move_to("2026-11-28 10:21+09:00")
    bookings.mark(booked, State.NO_SHOW, by=parent)
    assert not Strike.objects.exists()
    assert doctor.check() == []


def test_officers_are_not_the_earlier_counsellors_of_anybody(fair, student, parent, monday_morning):
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    monday_morning.move_to("2026-11-28 10:21+09:00")
    bookings.mark(booked, State.DONE, by=parent)
    assert assignment.earlier(student) == []
