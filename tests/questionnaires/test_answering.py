"""A draft is kept, sent once, opened again; two windows do not overwrite each other."""

from __future__ import annotations

import pytest
from django.db import connection

from counseling import booking as bookings
from counseling import changing
from counseling import questionnaires as counseling
from counseling.models import Booking
from lifecycle.models import Transition
from notices.models import Notice
from questionnaires import answering, building
from questionnaires.design import Question
from questionnaires.models import Response

pytestmark = pytest.mark.django_db

State = Response.State
WISH = {"wish": "과목 선택이 고민이에요."}


@pytest.fixture
def save(case, version, parent):
    def save(answers=WISH, revision=0, case=case):
        return answering.save(case, version, answers, by=parent, revision=revision)

    return save


@pytest.fixture
def send(case, version, parent):
    def send(answers=WISH, revision=0, case=case):
        return answering.send(case, version, answers, by=parent, revision=revision)

    return send


def test_a_draft_is_found_again(case, save):
    save()
    assert answering.sheet(case).answers == WISH


def test_what_is_saved_lies_sealed_in_the_database(save):
    response = save({"wish": "비밀 이야기"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM questionnaires_response WHERE id = %s", [response.pk])
        kept = bytes(cursor.fetchone()[0])
    assert kept.startswith(b"sealed")
    assert "비밀".encode() not in kept


def test_the_later_window_does_not_overwrite_silently(case, save):
    save({"wish": "먼저"})
    with pytest.raises(answering.Changed) as changed:
        save({"wish": "나중"}, revision=0)
    assert changed.value.stored.answers == {"wish": "먼저"}
    save({"wish": "견주어 보고"}, revision=1)
    assert answering.sheet(case).answers == {"wish": "견주어 보고"}


def test_a_draft_keeps_what_is_not_asked_now_and_sending_drops_it(case, save, send):
    more = {**WISH, "field": "인문", "practical": "피아노"}
    save(more)
    assert answering.sheet(case).answers == more
    response = send(more, revision=1)
    assert response.answers == {**WISH, "field": "인문"}


def test_sending_asks_for_what_is_required_where_it_is_asked(send):
    with pytest.raises(answering.Incomplete) as incomplete:
        send({"field": "예체능"})
    assert incomplete.value.keys == ["wish", "practical"]
    assert send({**WISH, "field": "인문"}).state == State.SENT


def test_sent_twice_is_sent_once(send):
    first = send()
    again = send({"wish": "다른 말"})
    assert again.answers == WISH
    assert Transition.objects.of(first).filter(to_state=State.SENT).count() == 1


def test_what_was_sent_is_not_saved_over(save, send):
    send()
    with pytest.raises(answering.Closed, match="이미 보낸"):
        save({"wish": "고칠래요"}, revision=1)


@pytest.mark.parametrize(("moment", "open_"), [("2026-11-25 13:59:59+09:00", True), ("2026-11-25 14:00+09:00", False)])
def test_it_can_be_written_until_the_counselling_starts(monday_morning, save, moment, open_):
    monday_morning.move_to(moment)
    if open_:
        assert save().revision == 1
    else:
        with pytest.raises(answering.Closed, match="기한"):
            save()


def test_a_cancelled_booking_is_not_written_about(case, parent, save):
    bookings.cancel(case, by=parent, reason="일정")
    case.refresh_from_db()
    with pytest.raises(answering.Closed):
        save(case=case)


def test_staff_open_it_again_and_the_family_reads_why(case, counselor, send, save):
    response = send()
    answering.reopen(response, by=counselor.user, reason="성적표가 흐립니다.")
    answering.reopen(response, by=counselor.user, reason="성적표가 흐립니다.")
    assert Notice.objects.filter(kind="questionnaires.reopened", channel="email").count() == 1
    assert "성적표가 흐립니다." in Notice.objects.get(kind="questionnaires.reopened", channel="email").body
    assert save({"wish": "고쳤어요"}, revision=1).state == State.REOPENED
    assert send({"wish": "고쳤어요"}, revision=2).state == State.SENT


def test_answers_keep_their_version_and_its_words(case, version, save):
    save()
    draft = building.draft(version.questionnaire)
    draft = building.put(draft, Question(key="wish", kind="short", text="새 물음"), section=0, revision=draft.revision)
    building.publish(draft, by=None)
    sheet = answering.sheet(case)
    assert sheet.version == version
    assert sheet.version.design.find("wish").text == "나누고 싶은 이야기"


def test_the_answers_follow_a_moved_booking(case, save, make_case, parent, counselor, topic):
    from datetime import datetime, timedelta

    from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

    from counseling.models import Slot

    save()
    begins = datetime.fromisoformat("2026-11-27 15:00+09:00")
    slot = Slot.objects.create(
        counselor=counselor, period=DateTimeTZRange(begins, begins + timedelta(minutes=50)), modes=["visit"]
    )
    moved = changing.move(case, slot.pk, by=parent)
    sheet = answering.sheet(moved)
    assert sheet.answers == WISH
    assert sheet.closes_at == begins


def test_a_sibling_in_the_place_does_not_see_the_answers(case, save, make_student):
    save()
    case.student = make_student("김바다")
    sheet = answering.sheet(case)
    assert sheet.response is None
    assert sheet.answers == {}


# --- Last time ---------------------------------------------------------------------------------
def test_the_next_form_is_filled_with_the_last_answers_and_says_so(make_case, send):
    send({**WISH, "average": {"scale": 9, "value": "2.35"}})
    sheet = answering.sheet(make_case("2026-11-26 14:00"))
    assert sheet.answers == {**WISH, "average": {"scale": 9, "value": "2.35"}}
    assert set(sheet.last_time) == {"wish", "average"}
    assert Response.objects.count() == 1  # looking makes nothing


def test_last_times_answers_can_be_cleared(make_case, send):
    send()
    assert answering.sheet(make_case("2026-11-26 14:00"), fresh=True).answers == {}


def test_a_draft_is_no_last_time_and_neither_is_a_siblings_form(make_case, save, send, make_student):
    save()
    assert answering.sheet(make_case("2026-11-26 14:00")).answers == {}
    send(revision=1)
    assert answering.sheet(make_case("2026-11-27 14:00", student=make_student("김바다"))).answers == {}


# --- Counselling's use -------------------------------------------------------------------------
def waiting(user):
    ahead = Booking.objects.of_family(user).upcoming().for_page()
    return [paper for paper in counseling.papers(ahead, user).values() if paper.waits]


def test_a_family_finds_the_forms_that_wait(case, parent, stranger, save, send):
    (paper,) = waiting(parent)
    assert (paper.booking, paper.action) == (case, "사전 질문지 작성하기")
    save()
    assert waiting(parent)[0].action == "사전 질문지 이어서 작성하기"
    send(revision=1)
    assert waiting(parent) == []
    assert waiting(stranger) == []


def test_forms_of_many_bookings_cost_the_same(make_case, parent, django_assert_num_queries):
    cases = [make_case(f"2026-11-{day} 14:00") for day in (25, 26)]
    rows = list(Booking.objects.filter(pk__in=[case.pk for case in cases]).for_page())
    with django_assert_num_queries(4):
        assert len(counseling.papers(rows, parent)) == 2


def test_a_student_who_manages_their_own_data_answers_alone(case, student, parent, stranger):
    from django.utils import timezone

    student.user, student.handed_over_at = stranger, timezone.now()
    student.save()
    assert waiting(parent) == []
    assert len(waiting(stranger)) == 1


def test_no_form_no_paper(case, topic, parent):
    topic.questionnaire = None
    topic.save()
    assert waiting(parent) == []


def test_the_reminder_says_what_was_not_sent(case, send, monday_morning):
    from counseling import reminders

    monday_morning.move_to("2026-11-24 10:00+09:00")
    reminders.remind()
    bodies = Notice.objects.filter(kind="counseling.reminder").values_list("body", flat=True)
    assert len(bodies) == 2
    assert all("사전 질문지" in body for body in bodies)
    assert any("아직 보내지 않으셨습니다" in body for body in bodies)


def test_the_reminder_says_nothing_in_the_text_message_when_it_was_sent(case, send, monday_morning):
    from counseling import reminders

    send()
    monday_morning.move_to("2026-11-24 10:00+09:00")
    reminders.remind()
    assert "질문지" not in Notice.objects.get(kind="counseling.reminder", channel="sms").body
