"""A booth that does not come: everybody is told once, nobody books there any more, and nobody waits for it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from counseling import absence, dropping_out, fairs
from counseling import booking as bookings
from counseling.models import Booking, Slot, Wish
from lifecycle.locks import Refused
from notices.models import Notice
from tests.counseling.fair import add_booth, moment, open_fair, slot_of

State = Booking.State
REASON = "한빛1대학교 부스가 오지 못하게 되었습니다"


@pytest.fixture
def fair(db):
    return open_fair()


@pytest.fixture
def booth(fair):
    return fairs.booths_of(fair).get(number=1)


@pytest.fixture
def clerk(db):
    user = User.objects.create_user("fair@example.com", name="박담당", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_fair", "change_fair"]))
    return user


def told(channel="sms"):
    return Notice.objects.filter(kind__in=["counseling.cancelled_by_centre", "counseling.rearranged"], channel=channel)


@pytest.mark.django_db
def test_two_children_of_a_family_are_told_in_one_message(fair, booth, student, make_student, parent, clerk):
    other = make_student("김바다", parent)
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    fairs.book(slot_of(fair, 1, "11:00"), student=other, by=parent)
    elsewhere = fairs.book(slot_of(fair, 2, "13:00"), student=student, by=parent)
    done = dropping_out.drop_out(booth, by=clerk, reason=REASON)
    assert (done.cancelled, done.withdrawn, done.failures) == (2, 4, [])
    assert [notice.recipient for notice in told()] == [parent]
    assert REASON in told().get().body
    assert list(Booking.objects.filter(state=State.BOOKED)) == [elsewhere]
    assert not Slot.objects.standing().filter(counselor=booth.counselor).exists()
    assert not Wish.objects.exists()  # there is nothing to wait for


@pytest.mark.django_db
def test_done_twice_says_nothing_new(fair, booth, student, parent, clerk):
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    dropping_out.drop_out(booth, by=clerk, reason=REASON)
    again = dropping_out.drop_out(booth, by=clerk, reason=REASON)
    assert (again.cancelled, again.withdrawn) == (0, 0)
    assert told().count() == 1
    assert not any(one.new for one in fairs.plan(fair))  # publishing does not bring it back


@pytest.mark.django_db
def test_in_the_middle_of_the_day_what_is_over_and_who_has_come_stay(
    fair, booth, student, make_student, parent, clerk, monday_morning
):
    over = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    here = fairs.book(slot_of(fair, 1, "10:30"), student=make_student("김바다", parent), by=parent)
    later = fairs.book(slot_of(fair, 1, "11:00"), student=make_student("김나무", parent), by=parent)
    monday_morning.move_to(moment("2026-11-28 10:25"))
    bookings.mark(here, State.ARRIVED, by=clerk)
    monday_morning.move_to(moment("2026-11-28 10:35"))
    dropping_out.drop_out(booth, by=clerk, reason=REASON)
    for booking in (over, here, later):
        booking.refresh_from_db()
    assert [over.state, here.state, later.state] == [State.BOOKED, State.ARRIVED, State.CANCELLED]


@pytest.mark.django_db
def test_a_booth_without_times_is_switched_off_instead(fair, clerk):
    with pytest.raises(Refused, match="참가"):
        dropping_out.drop_out(add_booth(fair, 3), by=clerk, reason=REASON)


@pytest.mark.django_db
def test_staff_see_whom_it_hits_and_give_a_reason(log_in, clerk, fair, booth, student, parent):
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    browser = log_in(clerk)
    url = reverse("admin:counseling_fair_drop_out", args=[booth.pk])
    page = browser.get(url).content.decode()
    assert student.name not in page
    assert "참가 취소하고 가족에게 알리기" in page
    assert "사유를 적어 주세요" in browser.post(url, {"reason": ""}).content.decode()
    said = browser.post(url, {"reason": REASON}, follow=True).content.decode()
    assert "상담 1건을 취소하고 빈 시간 5개를 거뒀습니다" in said
    assert "참가하지 않음" in said


@pytest.mark.django_db(transaction=True)
def test_whoever_books_while_the_booth_leaves_keeps_no_talk(at_once, student, parent, clerk):
    fair = open_fair(booths=1)
    booth, slot = fairs.booths_of(fair).get(), slot_of(fair, 1, "13:30")
    at_once(
        lambda: fairs.book(slot, student=student, by=parent),
        lambda: dropping_out.drop_out(booth, by=clerk, reason=REASON),
    )
    assert not Booking.objects.filter(state=State.BOOKED).exists()
    assert not Slot.objects.standing().filter(counselor=booth.counselor).exists()


@pytest.fixture
def a_late_family(monkeypatch, student, parent):
    """Somebody who books after it was read whose talks have to be cancelled."""

    def comes(slot):
        hit, tried = dropping_out.hit, []

        def read(booth):
            found = list(hit(booth).values_list("pk", flat=True))
            try:
                tried.append(fairs.book(slot, student=student, by=parent))
            except bookings.Taken as refused:
                tried.append(refused)
            return hit(booth).filter(pk__in=found)

        monkeypatch.setattr(dropping_out, "hit", read)
        return tried

    return comes


@pytest.mark.django_db
def test_a_late_family_finds_the_times_closed(a_late_family, clerk):
    fair = open_fair(booths=1)
    tried = a_late_family(slot_of(fair, 1, "13:30"))
    dropping_out.drop_out(fairs.booths_of(fair).get(), by=clerk, reason=REASON)
    assert [type(one) for one in tried] == [bookings.Taken]


@pytest.mark.django_db
def test_without_closing_first_a_late_family_sits_before_an_empty_booth(a_late_family, clerk, monkeypatch):
    """The control."""
    fair = open_fair(booths=1)
    tried = a_late_family(slot_of(fair, 1, "13:30"))
    monkeypatch.setattr(absence, "_close", lambda *args, **kwargs: 0)
    dropping_out.drop_out(fairs.booths_of(fair).get(), by=clerk, reason=REASON)
    assert [one.state for one in Booking.objects.filter(pk__in=[one.pk for one in tried])] == [State.BOOKED]
