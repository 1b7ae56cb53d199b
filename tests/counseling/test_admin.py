from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from counseling import booking as bookings
from counseling.models import Booking, Slot
from lifecycle.models import AccessLog
from tests.counseling.conftest import grant

pytestmark = pytest.mark.django_db

State = Booking.State
BOARD = reverse("admin:counseling_board")
DAY = {"day": "2026-11-25"}


@pytest.fixture
def chief(db):
    user = User.objects.create_user("chief@example.com", name="박팀장", is_staff=True)
    return grant(user, "팀장(승인)", "view_student")


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent, question="비밀 고민")


@pytest.fixture
def colleague(make_counselor):
    return grant(make_counselor("이도윤 상담사").user, "상담사", "view_student")


# --- The board -------------------------------------------------------------------------------


def test_the_board_masks_the_students_of_ones_own_bookings(client, me, booked):
    client.force_login(me)
    page = client.get(BOARD, DAY).content.decode()

    assert "김*늘 (중3)" in page
    assert "김하늘" not in page


def test_the_board_says_of_a_colleagues_booking_only_that_it_is_there(client, colleague, booked):
    client.force_login(colleague)
    page = client.get(BOARD, DAY).content.decode()

    assert "예약 있음" in page
    assert "김*늘" not in page
    assert booked.topic.name not in page


def test_the_chief_sees_every_booking(client, chief, booked):
    client.force_login(chief)

    assert "김*늘" in client.get(BOARD, DAY).content.decode()


def test_the_board_opens_today_and_survives_a_nonsense_day(client, me, slot):
    client.force_login(me)

    assert "상담 시간이 없습니다" in client.get(BOARD).content.decode()
    assert client.get(BOARD, {"day": "2026-02-30"}).status_code == 200


def test_the_board_costs_the_same_however_full_it_is(client, chief, make_slot, make_student, make_parent, topic):
    client.force_login(chief)

    def queries(hours):
        for hour in hours:
            parent = make_parent()
            slot = make_slot(f"2026-11-25 {hour:02}:00")
            bookings.book(slot.pk, student=make_student("이바다", parent), topic=topic, mode="visit", by=parent)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(BOARD, DAY).status_code == 200
        return len(seen)

    client.get(BOARD, DAY)  # whatever is remembered for a while is remembered now
    assert queries([9]) == queries(range(10, 18)) <= 15


# --- What happened ---------------------------------------------------------------------------


def test_arrival_and_completion_are_written_down_from_the_board(client, me, booked, monday_morning):
    url = reverse("admin:counseling_mark", args=[booked.pk])
    monday_morning.move_to("2026-11-25 13:55+09:00")
    client.force_login(me)
    client.post(url, {"to": "arrived"})
    monday_morning.move_to("2026-11-25 14:00+09:00")
    response = client.post(url, {"to": "done"}, follow=True)

    booked.refresh_from_db()
    assert booked.state == State.DONE
    assert list(booked.trail().values_list("to_state", "by")) == [
        ("booked", booked.booked_by_id),
        ("arrived", me.pk),
        ("done", me.pk),
    ]
    assert "‘상담 완료’" in response.content.decode()


def test_what_cannot_be_is_answered_with_a_sentence(client, me, booked):
    client.force_login(me)
    response = client.post(reverse("admin:counseling_mark", args=[booked.pk]), {"to": "done"}, follow=True)

    booked.refresh_from_db()
    assert booked.state == State.BOOKED
    assert "상담 시작 시각이 지난 뒤에" in response.content.decode()


@pytest.mark.parametrize("to", ["cancelled", "released", "held", "", "nonsense"])
def test_the_board_marks_nothing_but_what_happened(client, me, booked, to):
    client.force_login(me)

    assert client.post(reverse("admin:counseling_mark", args=[booked.pk]), {"to": to}).status_code == 403


def test_a_colleagues_booking_cannot_be_touched(client, colleague, booked):
    client.force_login(colleague)

    for name in ("counseling_mark", "counseling_cancel"):
        response = client.post(reverse(f"admin:{name}", args=[booked.pk]), {"to": "arrived", "reason": "사정"})
        assert response.status_code == 404
    assert client.get(reverse("admin:counseling_booking_change", args=[booked.pk])).status_code == 302


def test_the_centre_cancels_with_a_reason_that_the_family_reads(client, me, booked):
    client.force_login(me)
    url = reverse("admin:counseling_cancel", args=[booked.pk])
    assert "사유를 적어 주세요" in client.post(url, {"reason": " "}).content.decode()

    client.post(url, {"reason": "상담사 병가"})

    booked.refresh_from_db()
    assert booked.state == State.CANCELLED
    assert booked.trail().last().reason == "상담사 병가"


def test_opening_a_booking_is_logged_with_the_student(client, me, booked, student):
    client.force_login(me)
    page = client.get(reverse("admin:counseling_booking_change", args=[booked.pk])).content.decode()

    assert "비밀 고민" in page
    entry = AccessLog.objects.get()
    assert (entry.by, entry.subject, entry.act) == (me, student, AccessLog.Act.VIEW)


def test_nobody_types_into_a_booking(client, chief, booked):
    client.force_login(chief)
    url = reverse("admin:counseling_booking_change", args=[booked.pk])

    assert client.post(url, {"state": "done"}).status_code == 403
    assert client.get(reverse("admin:counseling_booking_add")).status_code == 403


def test_the_list_shows_ones_own_bookings_and_masks_them(client, me, colleague, booked):
    url = reverse("admin:counseling_booking_changelist")
    client.force_login(me)
    page = client.get(url).content.decode()
    assert "김*늘" in page
    assert "김하늘" not in page

    client.force_login(colleague)
    assert "김*늘" not in client.get(url).content.decode()


# --- For a caller ----------------------------------------------------------------------------


def test_a_caller_is_found_by_the_full_name_or_the_last_digits(client, me, slot, student):
    client.force_login(me)
    url = reverse("admin:counseling_call", args=[slot.pk])

    for query in ("김하늘", "0001", "010-0000-0001"):
        page = client.get(url, {"q": query}).content.decode()
        assert "김*늘" in page, query
        assert f'value="{student.pk}"' in page
    for query in ("김하", "001", "9999"):
        assert "찾은 학생이 없습니다" in client.get(url, {"q": query}).content.decode()
    assert AccessLog.objects.filter(act=AccessLog.Act.VIEW, subject_ids=[student.pk]).count() == 3


def test_staff_book_for_a_caller_after_the_families_deadline(client, me, slot, student, topic, monday_morning):
    monday_morning.move_to("2026-11-25 13:30+09:00")
    client.force_login(me)
    wish = {"student": student.pk, "topic": topic.pk, "mode": "phone", "question": ""}
    response = client.post(reverse("admin:counseling_call", args=[slot.pk]), wish)

    booking = Booking.objects.get()
    assert (booking.state, booking.on_behalf, booking.booked_by) == (State.BOOKED, True, me)
    assert response.url == f"{BOARD}?day=2026-11-25#slot-{slot.pk}"


def test_a_time_lost_on_the_telephone_keeps_what_was_typed(client, me, booked, make_student, topic):
    client.force_login(me)
    wish = {"student": make_student("이바다").pk, "topic": topic.pk, "mode": "visit", "question": "정시 상담"}
    page = client.post(reverse("admin:counseling_call", args=[booked.slot_id]), wish).content.decode()

    assert "방금 다른 분이 예약한 시간입니다" in page
    assert "정시 상담" in page


def test_who_may_not_see_students_books_for_nobody(client, counselor, slot, student, topic):
    client.force_login(grant(counselor.user, "상담사"))
    wish = {"student": student.pk, "topic": topic.pk, "mode": "visit"}

    assert client.post(reverse("admin:counseling_call", args=[slot.pk]), wish).status_code == 404


@pytest.mark.parametrize("name", ["counseling_board", "counseling_publish", "counseling_timetable"])
def test_staff_without_the_right_stay_outside(client, db, name):
    client.force_login(User.objects.create_user("clerk@example.com", name="이담당", is_staff=True))

    assert client.get(reverse(f"admin:{name}")).status_code == 403


# --- Times -----------------------------------------------------------------------------------


def typed(slot, **changes):
    return {
        "counselor": slot.counselor_id,
        "day": "2026-11-25",
        "starts": "14:00",
        "ends": "14:50",
        "modes": ["visit", "phone"],
        "room": "",
        "published": "on",
        **changes,
    }


def test_an_empty_slot_can_be_moved(client, me, slot):
    client.force_login(me)
    client.post(reverse("admin:counseling_slot_change", args=[slot.pk]), typed(slot, starts="15:00", ends="15:50"))

    slot.refresh_from_db()
    assert slot.starts_at.hour == 6  # 15:00 KST


def test_a_booked_slot_cannot_be_moved_but_can_be_made_private(client, me, booked, slot):
    client.force_login(me)
    url = reverse("admin:counseling_slot_change", args=[slot.pk])

    page = client.post(url, typed(slot, starts="15:00", ends="15:50")).content.decode()
    assert "예약이 있는 시간은 옮기거나 고칠 수 없습니다" in page
    client.post(url, typed(slot, published=""))

    slot.refresh_from_db()
    assert (slot.starts_at.hour, slot.published) == (5, False)


def test_a_slot_that_was_ever_booked_cannot_be_deleted(client, me, booked, slot, make_slot):
    client.force_login(me)
    empty = make_slot("2026-11-25 16:00")

    assert client.post(reverse("admin:counseling_slot_delete", args=[slot.pk]), {"post": "yes"}).status_code == 403
    client.post(reverse("admin:counseling_slot_delete", args=[empty.pk]), {"post": "yes"})
    assert list(Slot.objects.all()) == [slot]


def test_an_overlapping_slot_is_refused_in_words(client, me, slot):
    client.force_login(me)
    page = client.post(reverse("admin:counseling_slot_add"), typed(slot, starts="14:30", ends="15:20"))

    assert "이 상담사의 다른 상담 시간과 겹칩니다" in page.content.decode()


def test_a_counselor_makes_times_for_nobody_else(client, colleague, slot):
    client.force_login(colleague)
    client.post(reverse("admin:counseling_slot_add"), typed(slot, starts="16:00", ends="16:50"))

    assert Slot.objects.count() == 1
    assert client.get(reverse("admin:counseling_slot_change", args=[slot.pk])).status_code == 302
