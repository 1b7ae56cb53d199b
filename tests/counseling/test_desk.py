"""The board and the pages around it: live, by rooms, for callers and visitors, moved and given on, and looked back at."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Consent, Invitation, Student, User
from centre.models import Room, Venue
from counseling import booking as bookings
from counseling import changing
from counseling.models import Booking, Record, Slot
from lifecycle.models import AccessLog
from questionnaires import answering, building
from questionnaires.design import Design, Question, Section
from questionnaires.models import Questionnaire
from tests.counseling.conftest import grant

pytestmark = pytest.mark.django_db

State = Booking.State
BOARD = reverse("admin:counseling_board")
LIVE = reverse("admin:counseling_board_live")
OPEN = reverse("admin:counseling_open")
CALLER = reverse("admin:counseling_caller")
WALK_IN = reverse("admin:counseling_walkin")
HISTORY = reverse("admin:counseling_history")
DAY = {"day": "2026-11-25"}


@pytest.fixture
def chief(client):
    user = User.objects.create_user("chief@example.com", name="박팀장", is_staff=True)
    grant(user, "팀장(승인)", "view_student", "add_student", "unmask_personal_data")
    client.force_login(user)
    return user


@pytest.fixture
def at(client, chief, monday_morning):
    """Go to another moment, still at the desk."""

    def go(moment, who=chief):
        monday_morning.move_to(f"2026-11-25 {moment}+09:00")
        client.logout()  # or the session has gone stale on the way
        client.force_login(who)

    return go


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent, question="비밀 고민")


@pytest.fixture
def room(db):
    venue = Venue.objects.create(name="센터", address="별빛로 1", first_day=date(2026, 1, 1))
    return Room.objects.create(venue=venue, name="상담실 1", capacity=4, first_day=date(2026, 1, 1))


def text(response):
    assert response.status_code == 200
    return response.content.decode()


# --- The board -------------------------------------------------------------------------------


def test_the_board_turns_to_rooms(client, chief, make_slot, make_counselor, room):
    make_slot("2026-11-25 14:00", room=room)
    make_slot("2026-11-25 14:00", counselor=make_counselor("이도윤 상담사"))
    make_slot("2026-11-25 14:00", counselor=make_counselor("최하린 상담사"))
    page = text(client.get(BOARD, DAY | {"by": "room"}))

    assert '<th scope="col">상담실 1</th>' in page
    assert page.count('class="cell') == 3  # two without a room share a column


@pytest.mark.parametrize(("show", "cells"), [("all", 2), ("booked", 1), ("free", 1), ("waiting", 0), ("nonsense", 2)])
def test_the_board_is_filtered(client, chief, booked, make_slot, show, cells):
    make_slot("2026-11-25 16:00")

    assert text(client.get(BOARD, DAY | {"show": show})).count('class="cell') == cells


def test_the_board_says_what_there_is_to_read(client, chief, booked, topic, student, parent, at):
    assert "질문지" not in text(client.get(BOARD, DAY))
    version = building.begin(Questionnaire.objects.create(name="사전 질문지"))
    asked = Design((Section(title="질문", questions=(Question(key="wish", kind="long", text="이야기"),)),))
    version = building.publish(building.change(version, lambda _old: asked, revision=0), by=None)
    topic.questionnaire = version.questionnaire
    topic.save(update_fields=["questionnaire"])

    assert "질문지 아직" in text(client.get(BOARD, DAY))
    answering.send(Booking.objects.for_page().get(pk=booked.pk), version, {"wish": "진로"}, by=parent, revision=0)
    first = client.get(LIVE, DAY)
    assert "질문지 보냄" in text(first)
    assert "기록" not in text(first)

    at("14:50")
    bookings.mark(booked, State.DONE, by=chief)
    first = client.get(LIVE, DAY)
    assert "질문지 보냄 · 기록 아직" in text(first)
    Record.objects.create(booking=booked)
    again = client.get(LIVE, DAY, headers={"If-None-Match": first["ETag"]})
    assert "질문지 보냄 · 기록 있음" in text(again)


def test_the_live_board_is_unchanged_until_something_happens(client, chief, booked, parent):
    first = client.get(LIVE, DAY)
    asked = {"If-None-Match": first["ETag"], "X-Background": "1"}
    assert client.get(LIVE, DAY, headers=asked).status_code == 304

    bookings.cancel(booked, by=parent, reason="일정")
    again = client.get(LIVE, DAY, headers=asked)
    assert "비어 있음" in text(again)
    assert again["ETag"] != first["ETag"]


@pytest.mark.parametrize(("moment", "status"), [("13:59:59", 304), ("14:00:00", 200)])
def test_the_clock_changes_the_live_board_where_a_button_appears(client, chief, booked, at, moment, status):
    at("13:30")
    first = client.get(LIVE, DAY)
    at(moment)

    assert client.get(LIVE, DAY, headers={"If-None-Match": first["ETag"]}).status_code == status


def test_an_unchanged_board_is_cheaper_than_a_new_one(client, chief, booked):
    first = client.get(LIVE, DAY)
    with CaptureQueriesContext(connection) as seen:
        client.get(LIVE, DAY, headers={"If-None-Match": first["ETag"]})

    assert len([query for query in seen if "counseling_" in query["sql"]]) == 2


@pytest.mark.parametrize(("background", "stays"), [({"X-Background": "1"}, False), ({}, True)])
def test_looking_by_itself_keeps_nobody_logged_in(client, chief, slot, monday_morning, settings, background, stays):
    settings.IDLE_MINUTES_STAFF = 10
    client.get(BOARD)
    monday_morning.shift(360)
    client.get(LIVE, headers=background)
    monday_morning.shift(360)

    assert (client.get(BOARD).status_code == 200) is stays


def test_a_line_stands_where_now_is(client, chief, make_slot, at):
    make_slot("2026-11-25 10:00")
    make_slot("2026-11-25 14:00")
    at("12:00")
    page = text(client.get(BOARD))

    assert page.index("10:00</th>") < page.index("board-now") < page.index("14:00</th>")
    assert "board-now" not in text(client.get(BOARD, {"day": "2026-11-26"}))


# --- What waits ------------------------------------------------------------------------------


def test_what_is_over_waits_until_somebody_writes_it_down(client, chief, booked, at):
    at("14:49:59")
    assert "모두 처리했습니다" in text(client.get(OPEN))
    at("14:50")
    page = text(client.get(OPEN))
    assert "김*늘" in page
    assert page.count("autofocus") == 1

    url = reverse("admin:counseling_mark", args=[booked.pk])
    assert client.post(url, {"to": "no_show", "back": "open"}).url == OPEN
    assert "모두 처리했습니다" in text(client.get(OPEN))


def test_a_colleagues_work_does_not_wait_for_me(client, booked, make_counselor, at):
    at("20:00", grant(make_counselor("이도윤 상담사").user, "상담사"))

    assert "모두 처리했습니다" in text(client.get(OPEN))


# --- For a caller ------------------------------------------------------------------------------


def test_a_caller_is_booked_on_one_page(client, chief, slot, student, topic):
    page = text(client.get(CALLER, {"q": "0001"}))
    assert "김*늘" in page
    assert "김하늘" not in page
    assert f'value="{slot.pk}" checked' in page

    response = client.post(f"{CALLER}?q=0001", {"when": slot.pk, "question": "정시"})
    booking = Booking.objects.get()
    assert (booking.student, booking.topic, booking.mode, booking.on_behalf) == (student, topic, "visit", True)
    assert response.url.endswith(f"#slot-{slot.pk}")
    assert AccessLog.objects.filter(subject_ids=[student.pk]).exists()


def test_times_are_sorted_by_load_and_leave_out_where_the_student_is(
    client, chief, make_slot, make_counselor, student, topic, parent, make_student, make_parent
):
    busy, idle = make_counselor("가 상담사"), make_counselor("나 상담사")
    other = make_parent()
    earlier = make_slot("2026-11-25 09:00", counselor=busy)
    bookings.book(earlier.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)
    mine = make_slot("2026-11-25 11:00", counselor=busy)
    bookings.book(mine.pk, student=student, topic=topic, mode="visit", by=parent)
    clash = make_slot("2026-11-25 11:00", counselor=idle)
    second, first = (make_slot("2026-11-25 10:00", counselor=one) for one in (busy, idle))
    page = text(client.get(CALLER, {"q": "0001", "topic": topic.slug}))

    assert page.index(f'name="when" value="{first.pk}"') < page.index(f'name="when" value="{second.pk}"')
    assert f'name="when" value="{clash.pk}"' not in page


def test_a_lost_time_keeps_what_was_typed(client, chief, booked, slot, make_slot, make_student, make_parent):
    make_student("이바다", make_parent(phone="01000000002"))
    make_slot("2026-11-25 16:00")
    page = text(client.post(f"{CALLER}?q=0002", {"when": slot.pk, "question": "정시"}))

    assert "방금 다른 분이 예약한 시간입니다" in page
    assert 'value="정시"' in page


def test_without_a_time_nothing_is_booked(client, chief, slot, student):
    page = text(client.post(f"{CALLER}?q=0001", {"when": "nonsense"}))

    assert "시간을 골라 주세요" in page
    assert not Booking.objects.exists()


# --- At the counter ----------------------------------------------------------------------------


def test_a_visitor_takes_an_empty_time_and_has_arrived(client, chief, slot, student, at):
    at("13:55")
    client.post(f"{WALK_IN}?q=0001", {"when": slot.pk})

    assert Booking.objects.get().state == State.ARRIVED


def test_a_visitor_gets_a_time_that_was_not_planned(client, chief, counselor, student, room, at):
    at("13:57")
    assert "지금 바로" in text(client.get(WALK_IN, {"q": "0001"}))
    client.post(f"{WALK_IN}?q=0001", {"when": f"now-{counselor.pk}", "room": room.pk})

    booking = Booking.objects.get()
    assert (booking.state, booking.slot.room, f"{booking.starts_at:%H:%M}") == (State.ARRIVED, room, "04:55")
    assert (booking.ends_at - booking.starts_at).seconds == 50 * 60


def test_no_time_is_made_into_the_next_one(client, chief, counselor, make_slot, student, at):
    make_slot("2026-11-25 14:30")
    at("13:57")
    assert f'value="now-{counselor.pk}"' not in text(client.get(WALK_IN, {"q": "0001"}))

    page = text(client.post(f"{WALK_IN}?q=0001", {"when": f"now-{counselor.pk}"}))
    assert "다시 골라 주세요" in page
    assert Slot.objects.count() == 1


def test_a_refused_visitor_leaves_no_slot_behind(
    client, chief, counselor, student, topic, parent, make_slot, make_counselor, at
):
    there = make_slot("2026-11-25 14:00", counselor=make_counselor("이도윤 상담사"))
    bookings.book(there.pk, student=student, topic=topic, mode="visit", by=parent)
    at("13:57")
    page = text(client.post(f"{WALK_IN}?q=0001", {"when": f"now-{counselor.pk}"}))

    assert "다른 상담 예약이 있습니다" in page
    assert Slot.objects.count() == 1


COUNTER = reverse("admin:accounts_student_counter")
NEW = {"name": "이새봄", "birth_date": "2011-05-05", "status": "enrolled", "grade": "9", "school_name": ""}


def test_a_new_student_is_registered_with_little_and_comes_back_chosen(client, chief):
    response = client.post(f"{COUNTER}?next={CALLER}", NEW | {"guardian_contact": "010-0000-1234"})

    student = Student.objects.get(name="이새봄")
    assert response.url == f"{CALLER}?student={student.pk}"
    assert Invitation.objects.get().contact == "01000001234"
    assert "이*봄" in text(client.get(response.url))


def test_a_child_under_14_needs_the_consent_on_paper(client, chief):
    child = NEW | {"birth_date": "2013-11-24", "guardian_contact": "010-0000-1234"}  # 14 tomorrow a year on
    assert "동의서를 받아야" in text(client.post(COUNTER, child))
    assert not Student.objects.exists()

    client.post(COUNTER, child | {"consent_on_paper": "on"})
    assert not Student.objects.filter(name=child["name"]).exists(), "nobody is named who signed it"
    client.post(COUNTER, child | {"consent_on_paper": "on", "consent_by": "박엄마(어머니)"})
    consent = Consent.objects.get()
    assert (consent.channel, consent.verified, consent.by) == ("desk", "paper", chief)
    assert consent.spoken_by == "박엄마(어머니)"
    assert consent.student == Student.objects.get()


def test_nobody_is_registered_twice(client, chief, student):
    page = text(client.post(COUNTER, NEW | {"name": student.name, "birth_date": str(student.birth_date)}))

    assert "이미 등록된 학생입니다" in page
    assert Student.objects.count() == 1


# --- Changes -----------------------------------------------------------------------------------


def test_staff_move_a_booking(client, chief, booked, make_slot):
    later = make_slot("2026-11-26 15:00")
    url = reverse("admin:counseling_move", args=[booked.pk])
    assert f'value="{later.pk}"' in text(client.get(url))
    assert "사유를 적어 주세요" in text(client.post(url, {"slot": later.pk}))

    client.post(url, {"slot": later.pk, "reason": "전화 요청"})
    booked.refresh_from_db()
    assert booked.slot == later
    page = text(client.get(reverse("admin:counseling_booking_change", args=[booked.pk])))
    assert "변경 이력" in page
    assert "전화 요청" in page


def test_colleagues_at_the_same_moment_are_offered_first(client, chief, booked, make_slot, make_counselor):
    same = make_slot("2026-11-25 14:00", counselor=make_counselor("이도윤 상담사"))
    sooner = make_slot("2026-11-25 10:00")
    page = text(client.get(reverse("admin:counseling_move", args=[booked.pk])))

    assert page.index(f'value="{same.pk}"') < page.index(f'value="{sooner.pk}"')


def test_staff_give_the_place_to_a_sibling(client, chief, booked, make_student, parent, slot):
    sibling = make_student("김바다", parent)
    url = reverse("admin:counseling_swap", args=[booked.pk])
    assert "김바다" in text(client.get(url))

    client.post(url, {"student": sibling.pk})
    assert Booking.objects.get(slot=slot, state=State.BOOKED).student == sibling


@pytest.mark.parametrize("name", ["counseling_move", "counseling_swap"])
def test_a_colleagues_booking_cannot_be_changed(client, booked, make_counselor, name):
    client.force_login(grant(make_counselor("이도윤 상담사").user, "상담사", "view_student"))

    assert client.get(reverse(f"admin:{name}", args=[booked.pk])).status_code == 404


def test_what_is_cancelled_offers_no_change(client, chief, booked, parent):
    bookings.cancel(booked, by=parent, reason="일정")

    for name in ("counseling_move", "counseling_swap"):
        assert "바꿀 수 없습니다" in text(client.get(reverse(f"admin:{name}", args=[booked.pk])))


# --- Looking back ------------------------------------------------------------------------------


def test_the_history_of_a_day_says_who_did_what_and_why_and_masks(client, chief, booked, parent, make_slot):
    changing.move(booked, make_slot("2026-11-26 15:00").pk, by=chief, by_centre=True, reason="상담사 병가")
    bookings.cancel(booked, by=parent, reason="학교 행사")
    page = text(client.get(HISTORY, DAY))

    for said in (
        "김*늘",
        "김*마 (가족)" if len(parent.name) == 3 else "",
        "박팀장",
        "상담사 병가",
        "학교 행사",
        "변경",
    ):
        assert said in page
    assert "김하늘" not in page


def test_unmasking_the_history_asks_why_and_is_logged(client, chief, booked, student):
    assert "5자 이상" in text(client.post(f"{HISTORY}?day=2026-11-25", {"reason": "왜"}))
    page = text(client.post(f"{HISTORY}?day=2026-11-25", {"reason": "민원 확인 요청"}))

    assert "김하늘" in page
    entry = AccessLog.objects.get(act=AccessLog.Act.UNMASK)
    assert (entry.subject_ids, entry.reason) == ([student.pk], "민원 확인 요청")


def test_without_the_right_nothing_is_unmasked(client, chief, booked):
    chief.user_permissions.remove(Permission.objects.get(codename="unmask_personal_data"))

    assert "김하늘" not in text(client.post(f"{HISTORY}?day=2026-11-25", {"reason": "민원 확인 요청"}))


def test_the_history_of_a_student_is_a_logged_look(client, chief, booked, student):
    page = text(client.get(HISTORY, {"student": student.pk}))

    assert "2026. 11. 25.(수) 14:00" in page
    assert AccessLog.objects.get().subject == student


def test_the_load_of_everybody_is_open_to_supervisors_alone(client, chief, booked, counselor):
    assert "김지우 상담사" in text(client.get(reverse("admin:counseling_load")))
    client.force_login(grant(counselor.user, "상담사"))

    assert client.get(reverse("admin:counseling_load")).status_code == 403


@pytest.mark.parametrize("name", ["counseling_open", "counseling_history", "counseling_load", "counseling_caller"])
def test_the_pages_cost_the_same_however_full_they_are(
    client, chief, make_slot, make_student, make_parent, topic, name, monday_morning, at
):
    url = reverse(f"admin:{name}")
    asked = {"q": "0001"} if name == "counseling_caller" else DAY
    make_student("김하늘", make_parent(phone="01000000001"))

    def queries(hours):
        for hour in hours:
            monday_morning.move_to("2026-11-23 09:00+09:00")
            parent = make_parent()
            slot = make_slot(f"2026-11-25 {hour:02}:00")
            bookings.book(slot.pk, student=make_student("이바다", parent), topic=topic, mode="visit", by=parent)
            make_slot(f"2026-11-27 {hour:02}:00")
        at("20:00")
        client.get(url, asked)  # the session was renewed with the log-in
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url, asked).status_code == 200
        return len(seen)

    queries([8])  # whatever is remembered for a while is remembered now
    assert queries([9]) == queries(range(10, 18)) <= 15
