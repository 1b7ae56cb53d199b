"""A family says whether a time to which an absence moved it is fine: yes, no, or nothing until the deadline."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse

from accounts.models import User
from counseling import absence, agreeing, changing, joining, sweeping
from counseling import booking as bookings
from counseling.models import Booking, Rearrangement, Slot, SlotOffer, Wish
from counseling.models.slots import midnight
from lifecycle.models import Transition
from notices.models import Notice

pytestmark = pytest.mark.django_db

State = Rearrangement.State
WEDNESDAY = date(2026, 11, 25)
DAY = DateTimeTZRange(midnight(WEDNESDAY), midnight(WEDNESDAY + timedelta(days=1)), "[)")


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("chief@example.com", name="정최고")


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


@pytest.fixture
def new_time(make_slot):
    return make_slot("2026-11-26 10:00")


@pytest.fixture
def asked(booked, new_time, counselor, boss):
    """Monday, nine in the morning; three hours of day to answer."""
    done = absence.settle([counselor], DAY, {booked.pk: f"slot:{new_time.pk}"}, by=boss, reason="상담사 병가", ask=True)
    assert (done.moved, done.failures) == (1, [])
    return Rearrangement.objects.get()


def said(kind):
    return Notice.objects.filter(kind=f"counseling.{kind}")


# --- Asking ----------------------------------------------------------------------------------
def test_one_message_says_the_new_time_and_asks(asked, parent):
    mail = said("rearranged_asked").get(channel="email")
    assert (mail.recipient, asked.deadline.isoformat()) == (parent, "2026-11-23T03:00:00+00:00")
    assert "11. 25.(수) 14:00" in mail.body and "11. 26.(목) 10:00" in mail.body and "상담사 병가" in mail.body
    assert f"/counseling/rearranged/{asked.pk}/" in mail.body
    assert "진학상담" not in said("rearranged_asked").get(channel="sms").body
    assert not said("changed_by_centre").exists()


def test_without_the_tick_nobody_is_asked(booked, new_time, counselor, boss):
    absence.settle([counselor], DAY, {booked.pk: f"slot:{new_time.pk}"}, by=boss, reason="상담사 병가")
    assert not Rearrangement.objects.exists()
    assert said("changed_by_centre").exists()


@pytest.mark.parametrize(("now", "is_asked"), [("2026-11-26 09:00+09:00", True), ("2026-11-26 09:01+09:00", False)])
def test_nobody_is_asked_when_less_than_an_hour_is_left(
    booked, make_slot, counselor, boss, monday_morning, now, is_asked
):
    day = DateTimeTZRange(midnight(date(2026, 11, 26)), midnight(date(2026, 11, 27)), "[)")
    changing.move(booked, make_slot("2026-11-26 16:00").pk, by=boss, by_centre=True, reason="사정")
    colleague_time = Slot.objects.create(
        counselor=make_counselor_like(counselor), modes=["visit"], period=stretch("2026-11-26T10:00+09:00")
    )
    monday_morning.move_to(now)
    done = absence.settle([counselor], day, {booked.pk: f"slot:{colleague_time.pk}"}, by=boss, reason="병가", ask=True)

    assert done.moved == 1, done.failures
    assert Rearrangement.objects.exists() is is_asked
    assert said("changed_by_centre").filter(body__contains="병가").exists() is not is_asked


def make_counselor_like(counselor):
    user = User.objects.create_user("other@example.com", name="이도윤", is_staff=True)
    other = type(counselor).objects.create(user=user, name="이도윤 상담사")
    other.topics.set(counselor.topics.all())
    return other


def stretch(starts):
    begins = datetime.fromisoformat(starts)
    return DateTimeTZRange(begins, begins + timedelta(minutes=50), "[)")


def test_a_family_with_two_children_reads_in_one_message_what_to_answer(
    booked, new_time, make_slot, make_student, parent, counselor, topic, boss
):
    brother = make_student("김바다", parent)
    theirs = bookings.book(make_slot("2026-11-25 16:00").pk, student=brother, topic=topic, mode="visit", by=parent)
    chosen = {booked.pk: f"slot:{new_time.pk}", theirs.pk: "cancel"}
    absence.settle([counselor], DAY, chosen, by=boss, reason="상담사 병가", ask=True)

    body = said("rearranged").get(channel="email").body
    assert body.count("까지 ‘내 예약’에서 답해 주세요") == 1
    assert not said("rearranged_asked").exists()
    assert Rearrangement.objects.get().booking == booked


# --- Answering -------------------------------------------------------------------------------
def test_yes_keeps_the_booking_and_opening_the_page_says_nothing(client, asked, parent, new_time):
    client.force_login(parent)
    page = client.get(asked.get_absolute_url())
    assert "11. 23.(월) 12:00까지" in page.content.decode()
    assert Rearrangement.objects.get().state == State.OPEN
    for _click in range(2):
        answer = client.post(asked.get_absolute_url(), {"answer": "accept"})
        assert answer.url == asked.booking.get_absolute_url()
    asked.refresh_from_db()
    assert (asked.state, asked.booking.state, asked.booking.slot) == (State.ACCEPTED, Booking.State.BOOKED, new_time)
    assert [(step.to_state, step.by) for step in asked.trail()] == [(State.ACCEPTED, parent)]


def test_no_gives_the_time_up_and_the_student_waits_first_for_another(client, asked, parent, student, new_time):
    client.force_login(parent)
    for _click in range(2):
        client.post(asked.get_absolute_url(), {"answer": "decline"})

    asked.refresh_from_db()
    booking = Booking.objects.get(pk=asked.booking_id)
    assert (asked.state, booking.state) == (State.DECLINED, Booking.State.CANCELLED)
    assert [step.to_state for step in asked.trail()] == [State.DECLINED]
    wish = Wish.objects.get(student=student)
    assert (wish.priority, wish.state) == (joining.FIRST, Wish.State.WAITING)
    assert said("cancelled_by_centre").filter(body__contains="대기 맨 앞").count() == 2  # text message and mail
    sweeping.sweep()
    assert not SlotOffer.objects.standing().exists(), "what the family has just refused was offered to it"
    assert new_time in Slot.objects.free(topic=wish.topic)


def test_the_time_goes_to_whoever_waits_for_it(asked, parent, make_parent, make_student, topic):
    other = make_parent("이엄마")
    waits = joining.join(
        Wish(student=make_student("이바다", other), topic=topic, modes=["visit"], last_day=date(2026, 11, 26)), by=other
    )
    agreeing.decline(asked, by=parent)
    assert SlotOffer.objects.standing().get().wish == waits


@pytest.mark.parametrize("act", [agreeing.accept, agreeing.decline])
@pytest.mark.parametrize(("now", "in_time"), [("2026-11-23 11:59:59+09:00", True), ("2026-11-23 12:00+09:00", False)])
def test_an_answer_counts_until_the_deadline(asked, parent, monday_morning, act, now, in_time):
    monday_morning.move_to(now)
    if in_time:
        act(asked, by=parent)
    else:
        with pytest.raises(agreeing.Gone, match="기한이 지났습니다"):
            act(asked, by=parent)
    asked.refresh_from_db()
    assert (asked.state != State.OPEN) is in_time


def test_whoever_answers_about_a_booking_that_was_changed_since_reads_so(client, asked, parent, make_slot, boss):
    changing.move(asked.booking, make_slot("2026-11-27 10:00").pk, by=boss, by_centre=True, reason="통화함")
    client.force_login(parent)
    page = client.post(asked.get_absolute_url(), {"answer": "decline"})
    assert "그 뒤에 예약이 바뀌었습니다" in page.content.decode()
    assert Booking.objects.get(pk=asked.booking_id).state == Booking.State.BOOKED
    sweeping.sweep()
    asked.refresh_from_db()
    assert (asked.state, asked.trail().get().by) == (State.WITHDRAWN, None)
    assert not said("rearranged_unanswered").exists()


def test_a_stranger_finds_nothing(client, asked, make_parent):
    client.force_login(make_parent("박남남"))
    assert client.get(asked.get_absolute_url()).status_code == 404
    assert client.post(asked.get_absolute_url(), {"answer": "decline"}).status_code == 404


# --- Silence ---------------------------------------------------------------------------------
@pytest.mark.parametrize(("now", "silent"), [("2026-11-23 11:59:59+09:00", False), ("2026-11-23 12:00+09:00", True)])
def test_silence_leaves_the_booking_and_staff_see_whom_to_telephone(
    client, asked, boss, parent, counselor, monday_morning, now, silent
):
    monday_morning.move_to(now)
    client.force_login(boss)
    listed = reverse("admin:counseling_rearrangement_changelist") + "?stand=unanswered"
    for swept in (False, True):
        if swept:
            sweeping.sweep()
            sweeping.sweep()
        assert agreeing.unanswered(boss).exists() is silent
        assert ("김*늘" in client.get(listed).content.decode()) is silent
        assert ("옮긴 시간에 답이 없는 가족" in client.get(reverse("admin:index")).content.decode()) is silent
    asked.refresh_from_db()
    assert asked.state == (State.LAPSED if silent else State.OPEN)
    assert asked.booking.state == Booking.State.BOOKED
    assert set(said("rearranged_unanswered").values_list("recipient", flat=True)) == ({parent.pk} if silent else set())
    assert said("counselor_unanswered").filter(recipient=counselor.user).exists() is silent


def test_staff_write_down_what_they_heard_by_telephone(client, asked, boss, monday_morning):
    monday_morning.move_to("2026-11-23 13:00+09:00")
    sweeping.sweep()
    client.force_login(boss)
    page = client.get(reverse("admin:counseling_rearrangement_change", args=[asked.pk]))
    url = reverse("admin:counseling_rearrangement_agreed", args=[asked.pk])
    assert url in page.content.decode()
    client.post(url, {"reason": "어머니와 통화"})

    asked.refresh_from_db()
    assert asked.state == State.ACCEPTED
    assert asked.trail().last().reason == "어머니와 통화"
    assert not agreeing.unanswered(boss).exists()
    assert "이미 답을 받았거나" in client.post(url, {"reason": "다시"}).content.decode()


def test_the_desk_asks_with_a_tick(client, booked, new_time, counselor, boss, parent):
    client.force_login(boss)
    given = {"counselor": counselor.pk, "first_day": "2026-11-25", "last_day": "", "reason": "상담사 병가"}
    url = reverse("admin:counseling_absence")
    page = client.get(url, given).content.decode()
    assert "옮긴 시간이 괜찮은지 가족에게 묻기" in page
    client.post(url, given | {f"booking-{booked.pk}": f"slot:{new_time.pk}", "ask": "1"})
    question = Rearrangement.objects.get()

    client.force_login(parent)
    for name in ("my", "counseling:booking"):
        page = client.get(reverse(name, args=[booked.pk] if name.endswith("booking") else []))
        assert question.get_absolute_url() in page.content.decode(), name


# --- At once ---------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_guardians_who_answer_differently_at_once_have_one_answer(
    at_once, booked, new_time, counselor, boss, parent, make_parent, student
):
    absence.settle([counselor], DAY, {booked.pk: f"slot:{new_time.pk}"}, by=boss, reason="상담사 병가", ask=True)
    asked = Rearrangement.objects.get()
    at_once(lambda: agreeing.accept(asked, by=parent), lambda: agreeing.decline(asked, by=boss))

    asked.refresh_from_db()
    state = Booking.objects.get(pk=asked.booking_id).state
    assert (asked.state, state) in {
        (State.ACCEPTED, Booking.State.BOOKED),
        (State.DECLINED, Booking.State.CANCELLED),
    }
    assert asked.trail().count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_guards_both_answers_are_taken(at_once, booked, new_time, counselor, boss, parent, monkeypatch):
    """The control: a look without the lock, and a move that does not ask what stands."""
    absence.settle([counselor], DAY, {booked.pk: f"slot:{new_time.pk}"}, by=boss, reason="상담사 병가", ask=True)
    asked, meeting = Rearrangement.objects.get(), threading.Barrier(2, timeout=10)

    def look(given):
        found = Rearrangement.objects.get(pk=given.pk)
        found.booking = Booking.objects.for_page().get(pk=given.booking_id)
        meeting.wait()
        return found, found.booking

    def write(self, to, *, by, reason=""):
        Rearrangement.objects.filter(pk=self.pk).update(state=to)
        Transition.objects.create(subject=self, from_state=self.state, to_state=to, by=by, reason=reason)

    monkeypatch.setattr(agreeing, "_held", look)
    monkeypatch.setattr(Rearrangement, "move", write)
    at_once(lambda: agreeing.accept(asked, by=parent), lambda: agreeing.decline(asked, by=boss))

    assert {step.to_state for step in asked.trail()} == {State.ACCEPTED, State.DECLINED}
