"""The queue: who is offered what has become free, until when, and what an answer does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from counseling import answering, doctor, joining, sweeping, waiting
from counseling import booking as bookings
from counseling.models import Booking, SlotOffer, Topic, Wish
from lifecycle.models import AccessLog
from notices.models import Notice

pytestmark = pytest.mark.django_db

State = SlotOffer.State


@pytest.fixture
def families(make_student, make_parent):
    people = [make_parent(f"보호자{n}") for n in range(4)]
    return [(make_student(f"학생{n}", person), person) for n, person in enumerate(people)]


@pytest.fixture
def wait(topic, monday_morning):
    """Let a family wait; each a minute after the one before."""

    def wait(family, **wanted):
        student, person = family
        monday_morning.shift(60)
        wish = Wish(student=student, **{"topic": topic, "modes": ["visit", "phone"]} | wanted)
        return joining.join(wish, by=person)

    return wait


@pytest.fixture
def taken(slot, families, topic):
    """The only time there is, booked by the first family."""
    student, person = families[0]
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=person)


def give_up(booking):
    return bookings.cancel(booking, by=booking.booked_by, reason="일정이 생겼어요")


def offer_of(wish):
    return wish.offers.standing().first()


def said(kind):
    return Notice.objects.filter(kind=f"counseling.{kind}")


def at(moment):
    return time_machine.travel(f"2026-11-{moment}+09:00", tick=False)


# --- Taking a place --------------------------------------------------------------------------


def test_a_place_is_confirmed_and_has_a_number(taken, families, wait):
    first, second = wait(families[1]), wait(families[2])

    assert [one.position for one in waiting.standing_of(families[1][1])] == [1]
    assert [one.position for one in waiting.standing_of(families[2][1])] == [2]
    assert first.until == first.joined_at + timedelta(weeks=8)
    assert said("waiting_joined").filter(key=f"wish/{second.pk}/joined/0").count() == 1


def test_a_higher_priority_comes_first(taken, families, wait, topic):
    ordinary, urgent = wait(families[1]), wait(families[2])
    Wish.objects.filter(pk=urgent.pk).update(priority=1)

    assert waiting.standing_of(families[1][1])[0].position == 2
    give_up(taken)

    assert offer_of(urgent) and not offer_of(ordinary)


def test_nobody_waits_while_something_fits(slot, families, wait):
    with pytest.raises(joining.Suits) as suits:
        wait(families[1])

    assert suits.value.slots == [slot]


def test_one_may_wait_for_other_days_than_are_free(slot, families, wait):
    assert wait(families[1], weekdays=[3]).state == "waiting"  # the slot is on a Wednesday


def test_asked_again_it_is_the_same_place_with_the_last_words(taken, families, wait):
    first = wait(families[1])
    again = wait(families[1], parts=["evening"])

    assert (again.pk, again.joined_at, again.parts) == (first.pk, first.joined_at, ["evening"])
    assert said("waiting_joined").count() == 1


def test_a_stranger_cannot_let_a_child_wait(taken, families, topic):
    with pytest.raises(joining.CannotWait):
        joining.join(Wish(student=families[1][0], topic=topic, modes=["visit"]), by=families[2][1])


def test_whoever_has_booked_the_topic_does_not_wait_for_it(taken, families, wait):
    with pytest.raises(joining.CannotWait, match="더 빠른 시간 기다리기"):
        wait(families[0])


def test_a_last_day_that_is_past_is_refused(taken, families, wait):
    with pytest.raises(joining.CannotWait, match="날짜"):
        wait(families[1], last_day=date(2026, 11, 22))


# --- What fits -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({}, True),
        ({"modes": ["video"]}, False),
        ({"weekdays": [2]}, True),
        ({"weekdays": [1, 3]}, False),
        ({"parts": ["afternoon"]}, True),
        ({"parts": ["morning", "evening"]}, False),
        ({"not_before": "14:00"}, True),
        ({"not_before": "14:01"}, False),
        ({"not_after": "14:50"}, True),
        ({"not_after": "14:49"}, False),
        ({"first_day": date(2026, 11, 25)}, True),
        ({"first_day": date(2026, 11, 26)}, False),
        ({"last_day": date(2026, 11, 25)}, True),
        ({"last_day": date(2026, 11, 24)}, False),
    ],
    ids=str,
)
def test_a_time_is_offered_to_those_whom_it_fits(taken, families, wait, wanted, fits):
    wish = wait(families[1], **wanted)
    wish.refresh_from_db()

    give_up(taken)

    assert (offer_of(wish) is not None) is fits


def test_a_wish_for_one_counsellor_is_no_wish_for_another(taken, families, wait, make_counselor):
    wish = wait(families[1], counselor=make_counselor("이도윤 상담사"))
    give_up(taken)

    assert offer_of(wish) is None


# --- Offering --------------------------------------------------------------------------------


def test_a_cancelled_time_goes_to_the_first_in_line_and_nobody_else_sees_it(taken, families, wait, slot, topic):
    first, second = wait(families[1]), wait(families[2])
    give_up(taken)

    offer = offer_of(first)
    assert offer_of(second) is None
    assert offer.hold.state == "held"
    assert offer.hold.held_until == offer.deadline == timezone.now() + timedelta(hours=3)
    assert not type(slot).objects.free(topic=topic).exists()
    assert said("offered").filter(recipient=families[1][1]).count() == 1
    assert not Booking.objects.of_family(families[1][1]).exists()
    with pytest.raises(bookings.Taken):
        bookings.book(slot.pk, student=families[3][0], topic=topic, mode="visit", by=families[3][1])
    assert doctor.check() == []


def test_who_is_somewhere_else_then_is_passed_over_with_a_reason(
    taken, families, wait, make_slot, make_counselor, monday_morning
):
    first, second = wait(families[1]), wait(families[2])
    other = Topic.objects.create(slug="study", name="학습컨설팅", minutes=50, modes=["visit"])
    elsewhere = make_slot("2026-11-25 14:30", counselor=make_counselor("이도윤 상담사", topics=[other]))
    student, person = families[1]
    bookings.book(elsewhere.pk, student=student, topic=other, mode="visit", by=person)

    give_up(taken)

    assert offer_of(first) is None
    assert offer_of(second).passed == {str(first.pk): "같은 시각에 다른 예약이 있음"}


def test_a_new_time_is_offered_when_it_is_opened(taken, families, wait, make_slot):
    wish = wait(families[1])
    opened = make_slot("2026-11-26 10:00")

    assert waiting.slots_opened([opened]) == 1
    assert offer_of(wish).slot == opened


def test_one_wish_has_one_offer_at_a_time(taken, families, wait, make_slot):
    first, second = wait(families[1]), wait(families[2])

    assert waiting.slots_opened([make_slot("2026-11-26 10:00"), make_slot("2026-11-26 11:00")]) == 2
    assert [offer_of(wish).slot.starts_at.hour + 9 for wish in (first, second)] == [10, 11]


@pytest.mark.parametrize(
    "change",
    [
        lambda slot: type(slot).objects.update(published=False),
        lambda slot: type(slot.counselor).objects.update(active=False),
        lambda slot: slot.counselor.topics.clear(),
    ],
    ids=["unpublished", "inactive counsellor", "topic given up"],
)
def test_what_cannot_be_booked_is_never_offered(taken, families, wait, slot, change):
    wish = wait(families[1])
    change(slot)
    give_up(taken)

    assert offer_of(wish) is None


# --- The clock -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cancelled", "deadline"),
    [
        ("23 09:30", "23 12:30"),
        ("23 17:59", "23 20:59"),
        ("23 18:00", "23 21:00"),
        ("23 19:00", "24 09:00"),  # two hours this evening, one in the morning
        ("23 20:59", "24 10:59"),
    ],
)
def test_the_deadline_counts_hours_of_day(make_slot, families, wait, topic, cancelled, deadline):
    slot = make_slot("2026-11-30 14:00")
    student, person = families[0]
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=person)
    wish = wait(families[1])
    with at(cancelled):
        give_up(booking)

    assert timezone.localtime(offer_of(wish).deadline).strftime("%d %H:%M") == deadline


def test_at_night_the_time_is_kept_and_the_family_told_in_the_morning(make_slot, families, wait, topic):
    slot = make_slot("2026-11-30 14:00")
    student, person = families[0]
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=person)
    wish = wait(families[1])
    with at("23 21:00"):
        give_up(booking)
        sweeping.sweep()
        assert offer_of(wish).announced_at is None
        assert not said("offered").exists()
        assert not type(slot).objects.free(topic=topic).exists()
        assert waiting.standing_of(families[1][1])[0].offer == offer_of(wish)  # whoever looks may answer
    with at("24 07:59"):
        assert sweeping.sweep()["announced"] == 0
    with at("24 08:07"):
        assert sweeping.sweep()["announced"] == 1
        assert sweeping.sweep()["announced"] == 0
    offer = offer_of(wish)
    assert timezone.localtime(offer.deadline).strftime("%d %H:%M") == "24 11:07"
    assert offer.hold.held_until == offer.deadline
    assert said("offered").count() == 1


@pytest.mark.parametrize(
    ("cancelled", "offered"),
    [
        ("24 12:59", True),  # an hour before the booking deadline of 14:00 the day before
        ("24 13:00", True),
        ("24 13:01", False),
    ],
)
def test_a_near_time_is_offered_only_while_there_is_time_to_answer(taken, families, wait, cancelled, offered):
    wish = wait(families[1])
    with at(cancelled):
        give_up(taken)
        wish.refresh_from_db()
        offer = offer_of(wish)

    assert (offer is not None) is offered
    assert bool(wish.trouble) is not offered
    if offer:
        assert timezone.localtime(offer.deadline).strftime("%d %H:%M") == "24 14:00"


@pytest.mark.parametrize(("after", "state"), [(3 * 3600 - 1, State.OPEN), (3 * 3600, State.LAPSED)])
def test_an_unanswered_offer_goes_to_the_next(taken, families, wait, monday_morning, after, state):
    first, second = wait(families[1]), wait(families[2])
    give_up(taken)
    offer = offer_of(first)
    monday_morning.shift(after)
    sweeping.sweep()

    offer.refresh_from_db()
    first.refresh_from_db()
    assert offer.state == state
    assert (offer_of(second) is not None) is (state == State.LAPSED)
    assert first.state == "waiting"
    assert said("offer_lapsed").count() == first.passes == int(state == State.LAPSED)


def test_whoever_comes_after_the_deadline_finds_the_next_in_line_before_them(
    taken, families, wait, monday_morning, slot, topic
):
    first, second = wait(families[1]), wait(families[2])
    give_up(taken)
    monday_morning.shift(3 * 3600)
    student, person = families[3]

    with pytest.raises(bookings.Taken):
        bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=person)

    assert offer_of(first) is None
    assert offer_of(second).slot == slot
    assert doctor.check() == []


def test_without_a_next_in_line_whoever_comes_has_it(taken, families, wait, monday_morning, slot, topic):
    wait(families[1])
    give_up(taken)
    monday_morning.shift(3 * 3600)
    student, person = families[3]

    assert bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=person).state == "booked"
    assert doctor.check() == []


def test_a_wish_ends_after_its_last_day_with_a_word(taken, families, wait, monday_morning):
    wish = wait(families[1], last_day=date(2026, 11, 24))
    with at("24 23:59"):
        sweeping.sweep()
        wish.refresh_from_db()
        assert wish.state == "waiting"
    with at("25 00:00"):
        assert waiting.standing_of(families[1][1]) == []
        sweeping.sweep()
    wish.refresh_from_db()
    assert wish.state == "ended"
    assert said("waiting_ended").count() == 1


def test_the_sweep_finds_what_the_calendar_opens(families, wait, make_slot):
    make_slot("2026-12-24 14:00")  # beyond the thirty days
    wish = wait(families[1])
    assert sweeping.sweep()["offered"] == 0
    with at("24 09:00"):
        assert sweeping.sweep()["offered"] == 1
    assert offer_of(wish) is not None


# --- Answering -------------------------------------------------------------------------------


def test_accepting_books_and_leaves_the_queue(taken, families, wait):
    wish = wait(families[1])
    give_up(taken)
    offer = offer_of(wish)

    booking = answering.accept(offer, by=families[1][1])

    wish.refresh_from_db()
    assert (booking.state, booking.student, wish.state) == ("booked", families[1][0], "served")
    assert said("booked").filter(recipient=families[1][1]).count() == 1
    assert answering.accept(offer, by=families[1][1]) == booking
    assert doctor.check() == []


def test_any_guardian_of_the_child_sees_the_offer_and_no_stranger_does(taken, families, wait):
    wish = wait(families[1])
    give_up(taken)

    assert SlotOffer.objects.of_family(families[1][1]).get() == offer_of(wish)
    assert not SlotOffer.objects.of_family(families[2][1]).exists()


def test_declining_keeps_the_place_and_asks_the_next(taken, families, wait, slot):
    first, second = wait(families[1]), wait(families[2])
    give_up(taken)
    offer = offer_of(first)

    answering.decline(offer, by=families[1][1])
    answering.decline(offer, by=families[1][1])

    first.refresh_from_db()
    assert (first.state, first.passes) == ("waiting", 1)
    assert offer_of(second).slot == slot
    with pytest.raises(answering.Gone):
        answering.accept(offer, by=families[1][1])


def test_a_declined_time_is_not_offered_to_the_same_again(taken, families, wait):
    wish = wait(families[1])
    give_up(taken)
    answering.decline(offer_of(wish), by=families[1][1])

    assert sweeping.sweep()["offered"] == 0
    assert offer_of(wish) is None


def test_the_third_offer_passed_ends_the_wish(taken, families, wait, make_slot):
    wish = wait(families[1])
    for day in (26, 27, 30):
        waiting.slots_opened([make_slot(f"2026-11-{day} 10:00")])
        answering.decline(offer_of(wish), by=families[1][1])

    wish.refresh_from_db()
    assert wish.state == "ended"
    assert "3번" in said("waiting_ended").filter(channel="email").get().body


def test_too_late_is_a_sentence_and_the_next_is_asked(taken, families, wait, monday_morning):
    first, second = wait(families[1]), wait(families[2])
    give_up(taken)
    offer = offer_of(first)
    monday_morning.shift(3 * 3600)

    with pytest.raises(answering.Gone, match="기한이 지나"):
        answering.accept(offer, by=families[1][1])

    assert offer_of(second) is not None


def test_booking_elsewhere_ends_the_wait_and_frees_what_was_offered(taken, families, wait, make_slot, topic):
    first, second = wait(families[1]), wait(families[2], last_day=date(2026, 11, 25))
    give_up(taken)
    offer, other = offer_of(first), make_slot("2026-11-27 10:00")
    student, person = families[1]

    held = bookings.hold(other.pk, student=student, topic=topic, mode="visit", by=person)
    assert offer_of(first) == offer  # looking at a time gives nothing up
    bookings.confirm(held, by=person)

    first.refresh_from_db()
    offer.refresh_from_db()
    assert (first.state, offer.state) == ("ended", "withdrawn")
    assert offer_of(second).slot == offer.slot
    assert said("waiting_ended").filter(recipient=person).count() == 1
    assert doctor.check() == []


def test_the_caps_are_asked_again_when_an_offer_is_accepted(taken, families, wait, rule):
    wish = wait(families[1])
    give_up(taken)
    rule(open_most=0)

    with pytest.raises(bookings.NotNow):
        answering.accept(offer_of(wish), by=families[1][1])

    assert offer_of(wish).hold.state == "held"


def test_leaving_gives_what_was_offered_to_the_next(taken, families, wait):
    first, second = wait(families[1]), wait(families[2])
    give_up(taken)

    joining.withdraw(first, by=families[1][1])
    joining.withdraw(first, by=families[1][1])

    assert offer_of(second) is not None
    assert said("waiting_ended").count() == 1


# --- An earlier time -------------------------------------------------------------------------


@pytest.fixture
def late_booking(make_slot, families, topic):
    student, person = families[1]
    slot = make_slot("2026-11-30 14:00")
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=person)


def test_an_earlier_time_moves_the_booking_and_frees_the_old_one(taken, late_booking, families, wait):
    wish = wait(families[1], booking=late_booking)
    after = wait(families[2], first_day=date(2026, 11, 30))
    old = late_booking.slot
    give_up(taken)
    offer = offer_of(wish)
    late_booking.refresh_from_db()
    assert late_booking.slot == old  # the old time stays until the new one is accepted

    moved = answering.accept(offer, by=families[1][1])

    assert (moved.pk, moved.slot, moved.state) == (late_booking.pk, offer.slot, "booked")
    assert offer_of(after).slot == old
    assert doctor.check() == []


def test_a_later_time_is_no_earlier_one(late_booking, families, wait, make_slot):
    wish = wait(families[1], booking=late_booking)

    assert waiting.slots_opened([make_slot("2026-11-30 15:00")]) == 0
    assert offer_of(wish) is None


def test_a_booking_that_was_cancelled_meanwhile_is_not_waited_for(taken, late_booking, families, wait):
    seen = Booking.objects.for_page().get(pk=late_booking.pk)  # a page in another tab
    bookings.cancel(late_booking, by=families[1][1], reason="일정")

    with pytest.raises(joining.CannotWait, match="옮길 수 없습니다"):
        wait(families[1], booking=seen)
    assert not Wish.objects.filter(booking=seen).exists()


@pytest.mark.parametrize("last", [date(2027, 1, 17), date(2027, 1, 18), date(9999, 12, 31)], ids=str)
def test_a_wait_ends_with_its_last_day_or_with_the_weeks_of_the_queue(taken, families, wait, last):
    wish = wait(families[1], last_day=last)

    assert wish.last_waiting_day == min(last, date(2027, 1, 18))


def test_cancelling_the_booking_ends_the_wait_for_an_earlier_one(taken, late_booking, families, wait):
    wish = wait(families[1], booking=late_booking)
    give_up(taken)
    offer = offer_of(wish)

    give_up(late_booking)

    wish.refresh_from_db()
    offer.refresh_from_db()
    assert (wish.state, offer.state) == ("ended", "withdrawn")
    assert doctor.check() == []


# --- Staff -----------------------------------------------------------------------------------


@pytest.fixture
def clerk(counselor):
    return counselor.user


def test_staff_offer_out_of_turn_also_late(taken, families, wait, clerk, slot):
    first, second = wait(families[1]), wait(families[2])
    with at("25 09:00"):
        bookings.cancel(taken, by=clerk, reason="가족 요청", by_centre=True)
        assert offer_of(first) is None
        offer = answering.offer_by_hand(second, slot.pk, by=clerk, reason="전화로 확인함")
        assert (offer.by_hand, offer.reason) == (True, "전화로 확인함")
        assert answering.accept(offer, by=families[2][1]).slot == slot


def test_a_taken_time_cannot_be_offered_by_hand(taken, families, wait, clerk, slot):
    wish = wait(families[1])

    with pytest.raises(answering.Gone):
        answering.offer_by_hand(wish, slot.pk, by=clerk, reason="시험")


def test_taken_out_and_put_back_where_it_stood(taken, families, wait, clerk):
    first, _second = wait(families[1]), wait(families[2])
    joining.remove(first, by=clerk, reason="중복 신청")
    assert waiting.standing_of(families[2][1])[0].position == 1

    back = joining.put_back(first, by=clerk, reason="잘못 뺌")

    assert back.joined_at == first.joined_at
    assert waiting.standing_of(families[2][1])[0].position == 2
    assert [step.reason for step in back.trail()] == ["중복 신청", "잘못 뺌"]


def test_an_offer_of_a_time_that_was_closed_is_taken_back_and_the_place_kept(taken, families, wait, slot):
    wish = wait(families[1])
    give_up(taken)
    type(slot).objects.update(published=False)

    assert sweeping.sweep()["taken_back"] == 1

    wish.refresh_from_db()
    assert (wish.state, wish.passes) == ("waiting", 0)
    assert said("offer_withdrawn").count() == 1


# --- The doctor ------------------------------------------------------------------------------


def test_the_doctor_finds_what_does_not_belong_together(taken, families, wait):
    first, second = wait(families[1]), wait(families[2])
    give_up(taken)
    offer = offer_of(first)
    Booking.objects.filter(offer=offer).update(state="released")
    assert doctor.check() == [f"자리 제안 {offer.pk}: 맡아 둔 시간이 없습니다."]
    Booking.objects.filter(offer=offer).update(state="held")
    SlotOffer.objects.filter(pk=offer.pk).update(state="lapsed")
    assert doctor.check() == [f"예약 {offer.hold.pk}: 끝난 제안이 시간을 맡아 두고 있습니다."]
    SlotOffer.objects.filter(pk=offer.pk).update(state="open", wish=second)
    assert doctor.check() == [f"자리 제안 {offer.pk}: 먼저 온 대기 {first.pk}을(를) 까닭 없이 지나쳤습니다."]


# --- Pages -----------------------------------------------------------------------------------


def test_a_family_waits_sees_its_number_and_answers_with_one_button(taken, families, topic, log_in):
    student, person = families[1]
    client = log_in(person)
    asked = {"student": student.pk, "modes": ["visit"], "parts": ["afternoon"]}
    joined = client.post(f"/counseling/waiting/join/?topic={topic.slug}", asked, follow=True)
    assert "1번째" in joined.content.decode()
    give_up(taken)
    offer = SlotOffer.objects.get()
    client.get(offer.get_absolute_url())  # opening it answers nothing
    assert offer_of(offer.wish) == offer
    done = client.post(offer.get_absolute_url(), {"answer": "accept"})

    assert done.status_code == 302
    assert Booking.objects.get(offer=offer).state == "booked"
    again = client.get(offer.get_absolute_url()).content.decode()
    assert "이 제안을 받아 예약하셨습니다" in again


def test_a_stranger_finds_no_offer(taken, families, wait, log_in):
    wish = wait(families[1])
    give_up(taken)
    client = log_in(families[2][1])

    assert client.get(offer_of(wish).get_absolute_url()).status_code == 404
    assert client.post(offer_of(wish).get_absolute_url(), {"answer": "decline"}).status_code == 404
    assert client.post(f"{wish.get_absolute_url()}leave/").status_code == 404


def test_a_form_with_mistakes_comes_back_with_what_was_typed(taken, families, topic, log_in):
    client = log_in(families[1][1])
    typed = {"student": families[1][0].pk, "modes": ["visit"], "first_day": "2026-12-05", "last_day": "2026-12-01"}
    page = client.post(f"/counseling/waiting/join/?topic={topic.slug}", typed).content.decode()

    assert "마지막 날은 첫날보다 빠를 수 없습니다" in page
    assert "2026-12-05" in page


def test_staff_offer_by_hand_with_a_reason_that_is_logged(taken, families, wait, counselor, slot, client):
    wish = wait(families[1], last_day=date(2026, 11, 25), parts=["evening"])
    give_up(taken)
    chief = User.objects.create_superuser("chief@example.com", name="정최고")
    client.force_login(chief)
    url = reverse("admin:counseling_wish_offer", args=[wish.pk])
    assert client.get(url).status_code == 200
    client.post(url, {"slot": slot.pk, "reason": "전화로 확인함"})

    assert (offer_of(wish).by_hand, offer_of(wish).reason) == (True, "전화로 확인함")
    assert AccessLog.objects.filter(reason="전화로 확인함").count() == 1


def test_no_list_or_page_of_the_queue_tells_whom_staff_put_first(taken, families, wait, client):
    """That a student has a priority is for the two roles that give it, on one page (``docs/privacy.md``)."""
    wish = wait(families[1])
    Wish.objects.filter(pk=wish.pk).update(priority=1)
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))
    for url in (reverse("admin:counseling_wish_changelist"), reverse("admin:counseling_wish_change", args=[wish.pk])):
        page = client.get(url).content.decode()
        assert "field-number" in page
        assert "field-priority" not in page


def test_whoever_takes_an_earlier_time_reads_that_the_booking_was_moved(client, taken, late_booking, families, wait):
    wish = wait(families[1], booking=late_booking)
    give_up(taken)
    client.force_login(families[1][1])
    answer = client.post(offer_of(wish).get_absolute_url(), {"answer": "accept"}, follow=True)

    assert answer.redirect_chain[0][0] == late_booking.get_absolute_url()
    page = answer.content.decode()
    assert "예약을 제안된 시간으로 옮겼습니다." in page
    assert "예약이 확정되었습니다" not in page


def test_an_empty_list_has_a_button_to_wait(client, families, topic):
    client.force_login(families[0][1])
    page = client.get(reverse("counseling:times"), {"topic": topic.slug}).content.decode()
    assert f'<a class="button button-secondary" href="{reverse("counseling:join")}?topic={topic.slug}">' in page
