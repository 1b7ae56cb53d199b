from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from counseling import booking as bookings
from counseling.models import Booking, Refusal
from lifecycle.models import Transition
from notices.models import Notice

pytestmark = pytest.mark.django_db

State = Booking.State


@pytest.fixture
def wish(student, topic, parent):
    return {"student": student, "topic": topic, "mode": "visit", "by": parent}


def kinds():
    return sorted(Notice.objects.values_list("kind", flat=True))


# --- Holding ---------------------------------------------------------------------------------


def test_a_hold_keeps_the_slot_for_ten_minutes(slot, wish):
    booking = bookings.hold(slot.pk, **wish)

    assert booking.state == State.HELD
    assert booking.held_until == timezone.now() + timedelta(minutes=10)
    assert booking.period == slot.period


def test_a_hold_says_nothing_to_anybody(slot, wish):
    bookings.hold(slot.pk, **wish)

    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("moment", "is_free"),
    [("2026-11-23 09:09:59+09:00", False), ("2026-11-23 09:10:00+09:00", True)],
)
def test_a_held_slot_is_free_again_from_the_moment_the_hold_is_over(slot, wish, moment, is_free):
    bookings.hold(slot.pk, **wish)

    with time_machine.travel(moment, tick=False):
        assert type(slot).objects.free().exists() is is_free


def test_somebody_elses_living_hold_refuses(slot, wish, make_student, make_parent):
    bookings.hold(slot.pk, **wish)
    other = make_parent()

    with pytest.raises(bookings.Taken):
        bookings.hold(slot.pk, **wish | {"student": make_student("이바다", other), "by": other})


def test_whoever_comes_after_a_hold_is_over_lapses_it(slot, wish, make_student, make_parent, monday_morning):
    first = bookings.hold(slot.pk, **wish)
    other = make_parent()
    monday_morning.shift(timedelta(minutes=10))

    second = bookings.hold(slot.pk, **wish | {"student": make_student("이바다", other), "by": other})

    first.refresh_from_db()
    assert (first.state, second.state) == (State.RELEASED, State.HELD)
    assert Transition.objects.of(first).get().by is None


def test_asking_again_for_the_same_slot_is_the_same_hold_with_the_last_words(slot, wish, monday_morning):
    first = bookings.hold(slot.pk, **wish)
    monday_morning.shift(timedelta(minutes=5))

    again = bookings.hold(slot.pk, **wish | {"mode": "phone"}, question="정시")

    assert again.pk == first.pk
    again.refresh_from_db()
    assert (again.mode, again.question) == ("phone", "정시")
    assert again.held_until == timezone.now() + timedelta(minutes=10)


def test_one_person_holds_one_slot_at_a_time(make_slot, wish):
    first = bookings.hold(make_slot("2026-11-25 14:00").pk, **wish)
    bookings.hold(make_slot("2026-11-25 16:00").pk, **wish)

    first.refresh_from_db()
    assert first.state == State.RELEASED


def test_a_hold_moves_to_a_sibling_without_two_rows_in_the_slot(slot, wish, make_student, parent):
    first = bookings.hold(slot.pk, **wish)
    second = bookings.hold(slot.pk, **wish | {"student": make_student("김바다", parent)})

    first.refresh_from_db()
    assert (first.state, second.student.name) == (State.RELEASED, "김바다")


def test_a_lost_attempt_does_not_cost_the_hold_one_has(make_slot, wish, make_student, make_parent):
    mine = bookings.hold(make_slot("2026-11-25 14:00").pk, **wish)
    other = make_parent()
    theirs = make_slot("2026-11-25 16:00")
    bookings.hold(theirs.pk, **wish | {"student": make_student("이바다", other), "by": other})

    with pytest.raises(bookings.Taken):
        bookings.hold(theirs.pk, **wish)

    mine.refresh_from_db()
    assert mine.state == State.HELD


def test_the_other_parent_takes_over_a_hold_for_the_same_child(slot, wish, student, make_parent):
    other = make_parent("김아빠")
    first = bookings.hold(slot.pk, **wish)
    second = bookings.hold(slot.pk, **wish | {"by": other})

    first.refresh_from_db()
    assert (first.state, second.booked_by) == (State.RELEASED, other)


# --- Confirming ------------------------------------------------------------------------------


def test_confirming_books_and_tells_the_family_and_the_counselor(slot, wish, parent, counselor):
    booking = bookings.confirm(bookings.hold(slot.pk, **wish), by=parent)

    assert booking.state == State.BOOKED
    assert booking.booked_at == timezone.now()
    assert kinds() == ["counseling.booked", "counseling.booked", "counseling.counselor_booked"]
    assert set(Notice.objects.values_list("recipient", flat=True)) == {parent.pk, counselor.user_id}


def test_text_messages_do_not_name_the_topic(slot, wish, topic, parent):
    booking = bookings.confirm(bookings.hold(slot.pk, **wish), by=parent)
    bookings.cancel(booking, by=parent, reason="일정")

    texts = Notice.objects.filter(channel="sms")
    assert len(texts) == 2
    assert not [text.body for text in texts if topic.name in text.body]


def test_the_confirming_text_fits_an_sms(slot, wish, parent):
    bookings.confirm(bookings.hold(slot.pk, **wish), by=parent)

    assert Notice.objects.get(channel="sms").size <= 90


def test_a_second_click_on_confirm_changes_and_says_nothing(slot, wish, parent):
    booking = bookings.confirm(bookings.hold(slot.pk, **wish), by=parent)
    stale = Booking.objects.get(pk=booking.pk)
    stale.state, stale.held_until = State.HELD, timezone.now() + timedelta(minutes=1)

    assert bookings.confirm(booking, by=parent).state == State.BOOKED
    assert bookings.confirm(stale, by=parent).state == State.BOOKED
    assert Notice.objects.count() == 3
    assert Transition.objects.of(booking).count() == 1


def test_a_hold_that_is_over_still_books_while_nobody_took_its_place(slot, wish, parent, monday_morning):
    booking = bookings.hold(slot.pk, **wish)
    monday_morning.shift(timedelta(hours=1))

    assert bookings.confirm(booking, by=parent).state == State.BOOKED


def test_a_hold_that_is_over_does_not_book_what_somebody_else_took(
    slot, wish, parent, make_student, make_parent, monday_morning
):
    booking = bookings.hold(slot.pk, **wish)
    other = make_parent()
    monday_morning.shift(timedelta(hours=1))
    bookings.book(slot.pk, **wish | {"student": make_student("이바다", other), "by": other})

    with pytest.raises(bookings.Taken):
        bookings.confirm(booking, by=parent)


def test_a_hold_that_is_over_obeys_the_deadline_for_booking(slot, wish, parent, monday_morning):
    booking = bookings.hold(slot.pk, **wish)
    monday_morning.move_to("2026-11-24 14:00:01+09:00")

    with pytest.raises(bookings.Taken, match="마감"):
        bookings.confirm(booking, by=parent)


def test_a_slot_one_has_already_is_returned_as_the_booking_it_is(slot, wish, parent):
    booking = bookings.confirm(bookings.hold(slot.pk, **wish), by=parent)

    assert bookings.hold(slot.pk, **wish).pk == booking.pk
    assert bookings.book(slot.pk, **wish).pk == booking.pk
    assert Booking.objects.count() == 1


# --- What refuses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "refusal"),
    [
        ("2026-10-25 23:59:59+09:00", Refusal.TOO_EARLY),
        ("2026-10-26 00:00:00+09:00", None),
        ("2026-11-24 14:00:00+09:00", None),
        ("2026-11-24 14:00:01+09:00", Refusal.TOO_LATE),
        ("2026-11-25 13:59:59+09:00", Refusal.TOO_LATE),
        ("2026-11-25 14:00:00+09:00", Refusal.OVER),
    ],
)
def test_families_book_from_the_horizon_to_the_lead_time(slot, topic, moment, refusal):
    with time_machine.travel(moment, tick=False):
        now = timezone.now()
        assert slot.refusal(topic, "visit", now=now) == refusal
        assert (slot in type(slot).objects.free(topic=topic)) is (refusal is None)
        assert (slot in type(slot).objects.free()) is (refusal is None)


@pytest.mark.parametrize(
    ("moment", "refusal"),
    [
        ("2026-08-01 09:00:00+09:00", None),
        ("2026-11-25 14:49:59+09:00", None),
        ("2026-11-25 14:50:00+09:00", Refusal.OVER),
    ],
)
def test_staff_book_for_a_caller_until_the_slot_ends(slot, topic, moment, refusal):
    with time_machine.travel(moment, tick=False):
        assert slot.refusal(topic, "visit", now=timezone.now(), by_staff=True) == refusal


def test_a_topic_must_fit_the_slot_the_counselor_and_the_mode(make_slot, topic):
    short, video = make_slot("2026-11-25 10:00", minutes=49), make_slot("2026-11-25 11:00", modes=["video"])
    now = timezone.now()

    assert short.refusal(topic, "visit", now=now) == Refusal.TOPIC
    assert video.refusal(topic, "video", now=now) == Refusal.MODE
    assert video.refusal(topic, "visit", now=now) == Refusal.MODE


def test_a_shorter_topic_takes_its_own_time_of_a_longer_slot(make_slot, wish):
    booking = bookings.book(make_slot(minutes=60).pk, **wish)

    assert booking.ends_at - booking.starts_at == timedelta(minutes=50)


@pytest.mark.parametrize("what", ["published", "counselor", "topic"])
def test_what_is_switched_off_cannot_be_booked(slot, wish, topic, counselor, what):
    if what == "published":
        type(slot).objects.update(published=False)
    else:
        type({"counselor": counselor, "topic": topic}[what]).objects.update(active=False)
        topic.refresh_from_db()

    with pytest.raises(bookings.Taken, match="예약할 수 없는"):
        bookings.book(slot.pk, **wish)


def test_a_student_is_not_in_two_places_at_once(make_slot, make_counselor, wish):
    bookings.book(make_slot("2026-11-25 14:00").pk, **wish)
    beside = make_slot("2026-11-25 14:30", counselor=make_counselor("이도윤 상담사"))

    with pytest.raises(bookings.Taken, match="다른 상담 예약"):
        bookings.book(beside.pk, **wish)


def test_one_counselling_may_follow_another_without_a_pause(make_slot, wish):
    bookings.book(make_slot("2026-11-25 14:00").pk, **wish)

    assert bookings.book(make_slot("2026-11-25 14:50").pk, **wish).state == State.BOOKED


def test_a_student_has_at_most_three_bookings_ahead(make_slot, wish, monday_morning):
    for hour in (9, 10, 11):
        bookings.book(make_slot(f"2026-11-25 {hour:02}:00").pk, **wish)
    fourth = make_slot("2026-11-27 14:00")

    with pytest.raises(bookings.NotNow, match="3건"):
        bookings.hold(fourth.pk, **wish)
    monday_morning.move_to("2026-11-25 10:00+09:00")  # the first one is over
    assert bookings.hold(fourth.pk, **wish).state == State.HELD


def test_another_familys_hold_counts_towards_the_cap_of_the_same_student(make_slot, wish, make_parent):
    for hour in (9, 10):
        bookings.book(make_slot(f"2026-11-25 {hour:02}:00").pk, **wish)
    bookings.hold(make_slot("2026-11-25 11:00").pk, **wish | {"by": make_parent("김아빠")})

    with pytest.raises(bookings.NotNow):
        bookings.hold(make_slot("2026-11-27 14:00").pk, **wish)


def test_the_database_refuses_two_live_bookings_in_one_slot(slot, wish, make_student):
    booking = bookings.book(slot.pk, **wish)
    booking.pk, booking.student = None, make_student("이바다")

    with pytest.raises(IntegrityError, match="booking_one_per_slot"), transaction.atomic():
        booking.save(force_insert=True)


def test_the_database_refuses_a_student_in_two_places(slot, make_slot, make_counselor, wish):
    booking = bookings.book(slot.pk, **wish)
    booking.pk, booking.slot = None, make_slot("2026-11-25 14:00", counselor=make_counselor("이도윤 상담사"))

    with pytest.raises(IntegrityError, match="booking_student_in_one_place"), transaction.atomic():
        booking.save(force_insert=True)


# --- Giving back -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "is_open"), [("2026-11-24 17:59:59+09:00", True), ("2026-11-24 18:00:00+09:00", False)]
)
def test_a_family_cancels_until_six_of_the_day_before(slot, wish, parent, moment, is_open):
    booking = bookings.book(slot.pk, **wish)

    with time_machine.travel(moment, tick=False):
        assert booking.can_be_cancelled is is_open
        if is_open:
            assert bookings.cancel(booking, by=parent, reason="일정").state == State.CANCELLED
        else:
            with pytest.raises(bookings.NotNow, match="전화"):
                bookings.cancel(booking, by=parent, reason="일정")


def test_the_centre_cancels_after_the_deadline_too_and_says_why(slot, wish, counselor, monday_morning):
    booking = bookings.book(slot.pk, **wish)
    monday_morning.move_to("2026-11-25 13:00+09:00")

    bookings.cancel(booking, by=counselor.user, reason="상담사 사정", by_centre=True)

    assert "counseling.cancelled_by_centre" in kinds()
    assert "상담사 사정" in Notice.objects.get(kind="counseling.cancelled_by_centre", channel="email").body


def test_a_cancelled_slot_is_free_for_the_next(slot, wish, parent, make_student, make_parent):
    booking = bookings.book(slot.pk, **wish)
    bookings.cancel(booking, by=parent, reason="일정")
    other = make_parent()

    assert slot in type(slot).objects.free()
    assert bookings.book(slot.pk, **wish | {"student": make_student("이바다", other), "by": other}).pk


def test_a_second_click_on_cancel_says_nothing(slot, wish, parent):
    booking = bookings.book(slot.pk, **wish)
    bookings.cancel(booking, by=parent, reason="일정")
    before = Notice.objects.count()

    assert bookings.cancel(booking, by=parent, reason="다시").state == State.CANCELLED
    assert Notice.objects.count() == before


def test_giving_a_hold_back_frees_the_slot_at_once(slot, wish, parent):
    booking = bookings.hold(slot.pk, **wish)
    bookings.release(booking, by=parent)
    bookings.release(booking, by=parent)

    assert slot in type(slot).objects.free()


# --- Writing down what happened --------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "to", "is_allowed"),
    [
        ("2026-11-24 23:59:59+09:00", State.ARRIVED, False),
        ("2026-11-25 00:00:00+09:00", State.ARRIVED, True),
        ("2026-11-25 13:59:59+09:00", State.DONE, False),
        ("2026-11-25 14:00:00+09:00", State.DONE, True),
        ("2026-11-25 13:59:59+09:00", State.NO_SHOW, False),
        ("2026-11-25 14:00:00+09:00", State.NO_SHOW, True),
    ],
)
def test_what_happened_is_written_down_when_it_can_have_happened(slot, wish, counselor, moment, to, is_allowed):
    booking = bookings.book(slot.pk, **wish)

    with time_machine.travel(moment, tick=False):
        if is_allowed:
            assert bookings.mark(booking, to, by=counselor.user).state == to
        else:
            with pytest.raises(bookings.NotNow):
                bookings.mark(booking, to, by=counselor.user)


def test_a_slip_of_the_hand_can_be_put_right(slot, wish, counselor, monday_morning):
    booking = bookings.book(slot.pk, **wish)
    monday_morning.move_to("2026-11-25 14:30+09:00")

    for to in (State.ARRIVED, State.BOOKED, State.NO_SHOW, State.DONE):
        bookings.mark(booking, to, by=counselor.user)

    booking.refresh_from_db()
    assert booking.state == State.DONE


def test_a_cancelled_booking_cannot_be_marked(slot, wish, parent, counselor):
    booking = bookings.book(slot.pk, **wish)
    bookings.cancel(booking, by=parent, reason="일정")

    with pytest.raises(bookings.NotNow, match="취소"):
        bookings.mark(booking, State.ARRIVED, by=counselor.user)


@pytest.mark.parametrize("name", ["김하늘", "남궁하늘", "제갈세종"])
def test_the_text_message_of_a_booking_is_a_short_one(make_slot, make_student, parent, topic, name):
    """Also with a name of four syllables and the longest date there is: 90 bytes cost a third of a long message."""
    slot = make_slot("2026-12-23 14:00")
    bookings.book(slot.pk, student=make_student(name, parent), topic=topic, mode="visit", by=parent)
    said = Notice.objects.get(kind="counseling.booked", channel="sms").body
    assert said.startswith(f"[금천진로진학지원센터] {name} 상담예약 12. 23.(수) 14:00 대면\n취소 12. 22.(화) 18:00까지")
    assert len(said.encode("cp949")) <= 90, said
