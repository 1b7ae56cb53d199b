"""A counsellor is suddenly away: every family that is hit is helped at once, or not touched."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse

from accounts.models import User
from centre.models import Room, RoomUse, Venue
from counseling import absence, joining
from counseling import booking as bookings
from counseling.models import Booking, Leave, Slot, Wish
from counseling.models.slots import midnight
from lifecycle.models import AccessLog
from notices.models import Notice

pytestmark = pytest.mark.django_db

State = Booking.State
WEDNESDAY = date(2026, 11, 25)
DAY = DateTimeTZRange(midnight(WEDNESDAY), midnight(WEDNESDAY + timedelta(days=1)), "[)")


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("chief@example.com", name="정최고")


@pytest.fixture
def colleague(make_counselor):
    return make_counselor("이도윤 상담사")


@pytest.fixture
def book(make_slot, topic):
    def make(start, student, person, **fields):
        slot = make_slot(start, **fields)
        return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=person)

    return make


@pytest.fixture
def booked(book, student, parent):
    return book("2026-11-25 14:00", student, parent)


def settle(counselor, decisions, by, period=DAY):
    return absence.settle([counselor], period, decisions, by=by, reason="상담사 병가")


def told(kind=None) -> list[str]:
    said = (
        Notice.objects.filter(kind__startswith="counseling.")
        .exclude(kind__contains="counselor")
        .exclude(kind="counseling.booked")
    )
    return list((said.filter(kind=kind) if kind else said).values_list("kind", flat=True))


# --- Looking ---------------------------------------------------------------------------------
def test_proposals_put_the_same_hour_first_and_never_the_absent(booked, counselor, colleague, make_slot):
    elsewhere = make_slot("2026-11-25 16:00", counselor=colleague)
    same_hour = make_slot("2026-11-25 14:00", counselor=colleague)
    later = make_slot("2026-11-26 14:00")
    empty = make_slot("2026-11-25 15:00")

    found = absence.look([counselor], DAY)
    values = [option.value for option in found.hits[0].options]
    assert values[:3] == [f"slot:{same_hour.pk}", f"slot:{elsewhere.pk}", f"slot:{later.pk}"]
    assert values[-2:] == ["cancel", "keep"]
    assert found.hits[0].suggested == f"slot:{same_hour.pk}"
    assert [slot.pk for slot in found.unbooked] == [empty.pk]
    assert not Leave.objects.exists()


def test_one_free_colleague_is_suggested_to_one_family_only(
    booked, book, counselor, colleague, make_student, make_parent
):
    other = make_parent("이엄마")
    book("2026-11-25 16:00", make_student("이바다", other), other)

    first, second = absence.look([counselor], DAY).hits
    assert first.suggested == second.suggested == f"make:{colleague.pk}"  # two hours, one colleague: both can be
    colleague.most_per_day = 1
    colleague.save()
    done = settle(counselor, {hit.booking.pk: hit.suggested for hit in (first, second)}, User.objects.first())
    assert done.moved == 1
    assert "하루 최대 1회" in done.failures[0][1]


def test_a_colleague_who_is_away_or_has_another_topic_is_not_proposed(booked, counselor, make_counselor):
    away, stranger = make_counselor("박서연 상담사"), make_counselor("최민준 상담사", topics=())
    Leave.objects.create(counselor=away, period=DAY)

    values = [option.value for option in absence.look([counselor], DAY).hits[0].options]
    assert f"make:{away.pk}" not in values
    assert f"make:{stranger.pk}" not in values


# --- Doing -----------------------------------------------------------------------------------
def test_a_colleague_takes_over_hour_and_room(book, counselor, colleague, student, parent, boss):
    venue = Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 1, 1))
    room = Room.objects.create(venue=venue, name="상담실 1", first_day=date(2026, 1, 1))
    booking = book("2026-11-25 14:00", student, parent, room=room)

    done = settle(counselor, {booking.pk: f"make:{colleague.pk}"}, boss)
    booking.refresh_from_db()
    assert (done.moved, done.failures) == (1, [])
    assert (booking.slot.counselor, booking.slot.room, booking.starts_at.hour) == (colleague, room, 5)
    assert [use.owner_id for use in RoomUse.objects.all()] == [booking.slot_id]
    assert Slot.objects.filter(counselor=counselor, withdrawn_at=None).count() == 0
    assert Leave.objects.get().kind == Leave.Kind.SUDDEN
    assert set(told()) == {"counseling.changed_by_centre"}


def test_a_family_with_several_bookings_reads_one_message(
    booked, book, counselor, colleague, make_student, parent, make_slot, boss
):
    brother = book("2026-11-25 15:00", make_student("김바다", parent), parent)
    slot = make_slot("2026-11-26 10:00")
    done = settle(counselor, {booked.pk: f"slot:{slot.pk}", brother.pk: "cancel"}, boss)

    assert (done.moved, done.cancelled) == (1, 1)
    said = Notice.objects.filter(kind="counseling.rearranged", channel="email").get()
    assert said.recipient == parent
    assert "김하늘 11. 25.(수) 14:00 → 11. 26.(목) 10:00 김지우 상담사" in said.body
    assert "김바다 11. 25.(수) 15:00 → 취소" in said.body
    assert "상담사 병가" in said.body
    assert set(told()) == {"counseling.rearranged"}
    assert "진학상담" not in Notice.objects.get(kind="counseling.rearranged", channel="sms").body


def test_parents_who_share_one_child_read_nothing_of_the_others_child(book, counselor, make_student, make_parent, boss):
    mother, father = make_parent("김엄마"), make_parent("김아빠")
    both = book("2026-11-25 14:00", make_student("김하늘", mother, father), mother)
    hers = book("2026-11-25 15:00", make_student("박하나", mother), mother)
    settle(counselor, {both.pk: "cancel", hers.pk: "cancel"}, boss)

    bodies = {said.recipient: said.body for said in Notice.objects.filter(kind="counseling.rearranged")}
    assert "박하나" in bodies[mother]
    assert "김하늘" in bodies[father]
    assert "박하나" not in bodies[father]


def test_what_was_taken_meanwhile_leaves_that_family_untouched_and_helps_the_others(
    booked, book, counselor, make_student, make_parent, parent, make_slot, topic, boss
):
    brother = book("2026-11-25 15:00", make_student("김바다", parent), parent)
    other = make_parent("이엄마")
    theirs = book("2026-11-25 16:00", make_student("이바다", other), other)
    lost, free = make_slot("2026-11-26 10:00"), make_slot("2026-11-26 11:00")
    quick = make_parent("박빠름")
    bookings.book(lost.pk, student=make_student("박산", quick), topic=topic, mode="visit", by=quick)

    wishes = {brother.pk: "cancel", booked.pk: f"slot:{lost.pk}", theirs.pk: f"slot:{free.pk}"}
    done = settle(counselor, wishes, boss)
    assert (done.moved, done.cancelled) == (1, 0)
    assert {booking.pk for booking, _sentence in done.failures} == {booked.pk, brother.pk}
    assert set(Booking.objects.filter(pk__in=[booked.pk, brother.pk]).values_list("state", flat=True)) == {State.BOOKED}
    assert Slot.objects.filter(pk__in=[booked.slot_id, brother.slot_id], withdrawn_at=None).count() == 2

    again = settle(counselor, {booked.pk: "cancel", brother.pk: "cancel", theirs.pk: "cancel"}, boss)
    assert again.cancelled == 2  # the third is no longer hit
    assert Leave.objects.count() == 1


def test_done_twice_it_says_nothing_again(booked, counselor, boss, make_slot):
    slot = make_slot("2026-11-26 10:00")
    settle(counselor, {booked.pk: f"slot:{slot.pk}"}, boss)
    before = Notice.objects.count()

    done = settle(counselor, {booked.pk: f"slot:{slot.pk}"}, boss)
    assert (done.moved, done.cancelled, done.failures) == (0, 0, [])
    assert Notice.objects.count() == before


@pytest.mark.parametrize(("since", "hit"), [(time(14, 49), True), (time(14, 50), False)])
def test_half_a_day_hits_what_it_touches(booked, counselor, since, hit):
    half = DateTimeTZRange(midnight(WEDNESDAY) + timedelta(hours=since.hour, minutes=since.minute), DAY.upper, "[)")
    assert bool(absence.look([counselor], half).hits) is hit


def test_a_shut_centre_hits_everybody_and_proposes_other_days(
    booked, book, colleague, make_student, make_parent, make_slot
):
    other = make_parent("이엄마")
    book("2026-11-25 14:00", make_student("이바다", other), other, counselor=colleague)
    make_slot("2026-11-25 17:00", counselor=colleague)
    later = make_slot("2026-11-26 14:00", counselor=colleague)

    found = absence.look([], DAY)
    assert len(found.hits) == 2
    assert [option.value for option in found.hits[0].options] == [f"slot:{later.pk}", "cancel", "keep"]
    assert [hit.suggested for hit in found.hits] == [f"slot:{later.pk}", "cancel"]


@pytest.mark.django_db(transaction=True)
def test_a_family_that_cancels_at_that_moment_and_the_desk_end_in_one_of_both(
    at_once, booked, counselor, boss, make_slot, parent
):
    slot = make_slot("2026-11-26 10:00")
    done, cancelled = at_once(
        lambda: settle(counselor, {booked.pk: f"slot:{slot.pk}"}, boss),
        lambda: bookings.cancel(booked, by=parent, reason="아파요"),
    )

    booked.refresh_from_db()
    assert booked.state == State.CANCELLED
    assert isinstance(cancelled, Booking)
    assert done.moved in {0, 1}
    assert not Slot.objects.filter(counselor=counselor, period__overlap=DAY, published=True).exists()


def test_a_time_given_up_later_in_that_period_is_not_sold_again(booked, counselor, parent, topic, boss):
    settle(counselor, {booked.pk: "keep"}, boss)
    bookings.cancel(booked, by=parent, reason="아파요")

    assert not Slot.objects.free(topic=topic).exists()
    assert settle(counselor, {}, boss).withdrawn == 1


@pytest.mark.django_db(transaction=True)
def test_one_free_time_for_two_absences_goes_to_one(
    at_once, booked, book, counselor, colleague, make_student, make_parent, make_counselor, boss
):
    third, other = make_counselor("박서연 상담사"), make_parent("이엄마")
    theirs = book("2026-11-25 14:00", make_student("이바다", other), other, counselor=third)
    results = at_once(
        lambda: settle(counselor, {booked.pk: f"make:{colleague.pk}"}, boss),
        lambda: settle(third, {theirs.pk: f"make:{colleague.pk}"}, boss),
    )

    assert sorted(result.moved for result in results) == [0, 1]
    assert Slot.objects.standing().filter(counselor=colleague).count() == 1


# --- The page --------------------------------------------------------------------------------
def test_the_desk_settles_an_absence_in_three_steps(
    client, booked, counselor, make_slot, boss, django_assert_max_num_queries
):
    make_slot("2026-11-25 16:00")
    later = make_slot("2026-11-26 10:00")
    client.force_login(boss)
    url = reverse("admin:counseling_absence")
    assert client.get(url).status_code == 200
    asked = {"counselor": counselor.pk, "first_day": "2026-11-25", "last_day": "", "reason": "상담사 병가"}
    with django_assert_max_num_queries(15):
        page = client.get(url, asked)
    text = page.content.decode()
    assert "김*늘" in text
    assert "김하늘" not in text
    assert AccessLog.objects.about(booked.student).filter(by=boss).exists()
    assert Slot.objects.standing().count() == 3

    page = client.post(url, asked | {f"booking-{booked.pk}": f"slot:{later.pk}"}, follow=True)
    assert "옮긴 예약 1건, 거둔 빈 시간 1건" in page.content.decode()
    assert "조정할 예약도 거둘 시간도 없습니다" in page.content.decode()
    booked.refresh_from_db()
    assert booked.slot == later


def test_a_counsellor_settles_the_own_absence_only(client, booked, counselor, colleague):
    call_command("sync_roles", verbosity=0)
    colleague.user.groups.add(Group.objects.get(name="상담사"))
    client.force_login(colleague.user)
    asked = {"counselor": counselor.pk, "first_day": "2026-11-25", "reason": "병가"}
    client.post(reverse("admin:counseling_absence"), asked | {f"booking-{booked.pk}": "cancel"})
    client.post(
        reverse("admin:counseling_absence"), asked | {"counselor": "", "whole": "on", f"booking-{booked.pk}": "cancel"}
    )

    booked.refresh_from_db()
    assert booked.state == State.BOOKED
    assert not Leave.objects.exists()


def test_a_period_that_is_over_or_backwards_is_said(client, boss, counselor):
    client.force_login(boss)
    asked = {"counselor": counselor.pk, "first_day": "2026-11-20", "reason": "병가"}
    assert "이미 지난 기간입니다" in client.get(reverse("admin:counseling_absence"), asked).content.decode()
    asked |= {"first_day": "2026-11-25", "from_time": "15:00", "until_time": "14:00"}
    assert "끝은 시작보다 뒤여야" in client.get(reverse("admin:counseling_absence"), asked).content.decode()


def test_nobody_shuts_the_centre_by_leaving_a_field_empty(client, boss, booked):
    client.force_login(boss)
    asked = {"counselor": "", "first_day": "2026-11-25", "reason": "휴관"}
    page = client.post(reverse("admin:counseling_absence"), asked | {f"booking-{booked.pk}": "cancel"})

    assert "상담사를 한 사람 고르거나" in page.content.decode()
    booked.refresh_from_db()
    assert booked.state == State.BOOKED
    assert len(client.get(reverse("admin:counseling_absence"), asked | {"whole": "on"}).context["rows"]) == 1


# --- A place at the front of the queue -------------------------------------------------------
def test_whoever_loses_a_time_waits_before_all_others_and_reads_it_in_the_same_message(
    booked, counselor, boss, topic, student, parent, make_student, make_parent
):
    other = make_parent("이엄마")
    invited = joining.join(Wish(student=make_student("이바다", other), topic=topic, modes=["visit"]), by=other)
    Wish.objects.filter(pk=invited.pk).update(priority=1)

    settle(counselor, {booked.pk: "cancel"}, boss)

    wish = Wish.objects.get(student=student)
    assert Wish.objects.in_line().first() == wish
    assert wish.modes == ["visit"] and wish.until > wish.joined_at
    step = wish.trail().get()
    assert (step.from_state, step.to_state, step.by, step.reason) == ("", "waiting", boss, "센터 사정으로 취소된 상담")
    said = Notice.objects.filter(kind="counseling.cancelled_by_centre", recipient=parent)
    assert said.count() == 2  # text message and mail
    assert all("상담사 병가. 대기 맨 앞에 올려 두었습니다." in notice.body for notice in said)
    assert not Notice.objects.filter(kind="counseling.waiting_joined", recipient=parent).exists()
    settle(counselor, {booked.pk: "cancel"}, boss)
    assert Wish.objects.filter(student=student).count() == 1 and wish.trail().count() == 1


def test_whoever_waits_for_the_topic_already_moves_to_the_front(booked, counselor, boss, topic, student, parent):
    wish = joining.join(Wish(student=student, topic=topic, modes=["phone"], booking=booked), by=parent)
    Wish.objects.filter(pk=wish.pk).update(booking=None, earlier=False)

    settle(counselor, {booked.pk: "cancel"}, boss)

    wish.refresh_from_db()
    assert (wish.priority, wish.modes, wish.state) == (joining.FIRST, ["phone"], Wish.State.WAITING)
    assert wish.trail().get().by == boss


def test_nobody_waits_who_has_another_counselling_on_the_topic_ahead(booked, book, counselor, boss, student, parent):
    book("2026-11-27 14:00", student, parent)

    settle(counselor, {booked.pk: "cancel"}, boss)

    assert not Wish.objects.exists()
    bodies = Notice.objects.filter(kind="counseling.cancelled_by_centre").values_list("body", flat=True)
    assert bodies and not any("대기" in body for body in bodies)


def test_a_family_with_several_bookings_reads_who_waits_now(
    booked, book, counselor, boss, make_student, parent, student
):
    sibling = book("2026-11-25 16:00", make_student("김바다", parent), parent)

    settle(counselor, {booked.pk: "cancel", sibling.pk: "cancel"}, boss)

    body = Notice.objects.filter(kind="counseling.rearranged", recipient=parent, channel="email").get().body
    assert body.count("취소(대기 맨 앞에 올림)") == 2
    assert Wish.objects.filter(priority=joining.FIRST).count() == 2


# --- What a family holds meanwhile -----------------------------------------------------------
def test_whoever_confirms_a_time_that_was_taken_back_reads_why(client, slot, counselor, student, parent, topic, boss):
    hold = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent, question="수시가 궁금합니다.")
    settle(counselor, {}, boss)
    client.force_login(parent)
    url = reverse("counseling:review", args=[hold.pk])

    for answer in (client.post(url), client.get(url)):
        page = answer.content.decode()
        assert "센터 사정으로 이 시간에 상담을 열지 못하게 되어" in page and "기한이 지났습니다" not in page
    assert Booking.objects.get().state == State.RELEASED
    with pytest.raises(bookings.Taken, match="센터 사정으로"):
        bookings.confirm(hold, by=parent)  # the page was drawn before


def test_whoever_confirms_a_hold_given_back_reads_that_it_is_over(client, slot, student, parent, topic):
    hold = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    bookings.release(hold, by=parent)
    client.force_login(parent)

    assert "기한이 지났습니다" in client.post(reverse("counseling:review", args=[hold.pk])).content.decode()
