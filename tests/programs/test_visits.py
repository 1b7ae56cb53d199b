"""A school asks for a visit; staff schedule it, propose other dates or decline; either side may give it up."""

from __future__ import annotations

from datetime import datetime

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import Affiliation, School, User
from lifecycle.locks import Refused
from notices.models import Notice
from programs import cancelling, reach, visiting
from programs.models import Application, Run, Visit
from programs.visiting import Span, Wish

State = Visit.State
WISH = Wish("2학년 3반", 28, "시청각실", "0200000001", "휠체어를 쓰는 학생이 있습니다.")


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def span(day: str, start: str = "10:00", end: str = "12:00") -> Span:
    return Span(at(f"{day} {start}"), at(f"{day} {end}"))


@pytest.fixture
def school(db) -> School:
    return School.objects.create(office_code="B10", neis_code="7000001", name="새빛중학교", kind=School.Kind.MIDDLE)


@pytest.fixture
def teacher(school) -> User:
    user = User.objects.create_user("teacher@example.com", name="오교사")
    Affiliation.objects.create(user=user, role="teacher", school=school, confirmed_at=timezone.now())
    return user


@pytest.fixture
def staff(db) -> User:
    call_command("sync_roles", verbosity=0)
    user = User.objects.create_user("staff@example.com", name="강직원", is_staff=True)
    user.groups.add(Group.objects.get(name="프로그램 담당"))
    return user


@pytest.fixture
def program(make_program):
    return make_program("찾아가는 진로체험", takes_visits=True, audience=["school"])


@pytest.fixture
def visit(program, school, teacher) -> Visit:
    return visiting.ask(program, school, WISH, [span("2026-12-10"), span("2026-12-11")], by=teacher)


def test_scheduling_makes_a_run_at_the_school_with_the_class_in_it(visit, staff, teacher, school):
    visiting.schedule(visit, span("2026-12-10"), by=staff)

    visit.refresh_from_db()
    run, application = visit.run, Application.objects.get()
    assert (visit.state, run.state, run.place) == (State.SCHEDULED, Run.State.CONFIRMED, "새빛중학교 시청각실")
    assert [one.starts_at for one in run.sessions.all()] == [at("2026-12-10 10:00")]
    assert (application.state, application.school, application.headcount, application.applicant) == (
        Application.State.CONFIRMED, school, 28, teacher,
    )  # fmt: skip
    assert {notice.recipient for notice in Notice.objects.all()} == {teacher}
    assert not Run.objects.published().filter(pk=run.pk).exists()  # it is this school's alone
    with pytest.raises(Refused, match="이미 처리된"):
        visiting.schedule(visit, span("2026-12-11"), by=staff)


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ([], "한 개에서 3개"),
        ([span(f"2026-12-{n}") for n in (10, 11, 12, 13)], "한 개에서 3개"),
        ([span("2026-11-30")], "2026. 12. 1."),  # 7 days ahead is 1 December
        ([span("2026-12-01", "12:00", "12:00")], "시작보다 뒤"),
        ([span("2026-12-01", "09:00", "17:01")], "8시간"),
        ([span("2026-12-01"), span("2026-12-01", "10:00", "11:00")], "두 번"),
    ],
)
def test_dates_that_nobody_can_hold_are_refused(program, school, teacher, times, sentence):
    with pytest.raises(Refused, match=sentence):
        visiting.ask(program, school, WISH, times, by=teacher)
    assert not Visit.objects.exists()


def test_the_first_day_and_the_longest_stretch_are_allowed(program, school, teacher):
    visiting.ask(program, school, WISH, [span("2026-12-01", "09:00", "17:00")], by=teacher)


@pytest.mark.parametrize("who", ["nobody", "unconfirmed", "elsewhere", "partner-less"])
def test_only_a_confirmed_teacher_of_the_school_asks(program, school, teacher, who):
    other = User.objects.create_user("other@example.com", name="남")
    if who == "unconfirmed":
        Affiliation.objects.create(user=other, role="teacher", school=school)
    elif who == "elsewhere":
        away = School.objects.create(office_code="B10", neis_code="7000002", name="먼중학교", kind="middle")
        Affiliation.objects.create(user=other, role="teacher", school=away, confirmed_at=timezone.now())
    elif who == "partner-less":
        now = timezone.now()
        Affiliation.objects.create(user=other, role="teacher", school=school, confirmed_at=now, ended_at=now)
    with pytest.raises(Refused, match="소속이 확인된"):
        visiting.ask(program, school, WISH, [span("2026-12-10")], by=other)


def test_a_programme_that_takes_no_visits_is_not_asked_for(make_program, school, teacher):
    with pytest.raises(Refused, match="신청할 수 없는"):
        visiting.ask(make_program(), school, WISH, [span("2026-12-10")], by=teacher)


def test_the_same_classes_ask_once_at_a_time(visit, program, school, teacher, staff):
    with pytest.raises(Refused, match="이미 있습니다"):
        visiting.ask(program, school, WISH, [span("2026-12-15")], by=teacher)
    visiting.decline(visit, by=staff, reason="강사가 없습니다.")

    visiting.ask(program, school, WISH, [span("2026-12-15")], by=teacher)


def test_the_teacher_takes_one_of_the_proposed_dates(visit, staff, teacher, client):
    visiting.propose(visit, [span("2026-12-17"), span("2026-12-18")], by=staff, message="강사 일정 때문입니다.")
    visit.refresh_from_db()
    wished, proposed = visit.wished[0], visit.proposed[1]
    with pytest.raises(Refused, match="고를 수 없는"):
        visiting.accept(visit, wished.pk, by=teacher)  # what one wished for oneself is no proposal
    client.force_login(teacher)
    page = client.get(reverse("programs:visit", args=[visit.pk])).content.decode()
    assert "이 날짜로 확정" in page
    assert "강사 일정 때문입니다." in Notice.objects.get(kind="programs.visit_proposed", channel="email").body

    client.post(reverse("programs:visit_accept", args=[visit.pk]), {"time": proposed.pk})

    visit.refresh_from_db()
    assert (visit.state, visit.run.starts_at) == (State.SCHEDULED, at("2026-12-18 10:00"))
    assert visit.trail().last().by == teacher


def test_a_new_proposal_stands_in_place_of_the_old_one_and_is_told_too(visit, staff, teacher):
    visiting.propose(visit, [span("2026-12-17")], by=staff)
    old = visit.times.get(by_centre=True)
    visiting.propose(visit, [span("2026-12-18")], by=staff)

    with pytest.raises(Refused, match="고를 수 없는"):
        visiting.accept(visit, old.pk, by=teacher)
    assert Notice.objects.filter(kind="programs.visit_proposed", channel="email").count() == 2


def test_a_proposed_date_that_has_come_cannot_be_taken(visit, staff, teacher, today):
    visiting.propose(visit, [span("2026-12-01")], by=staff)
    today.move_to("2026-12-01 10:00+09:00")

    with pytest.raises(Refused, match="고를 수 없는"):
        visiting.accept(visit, visit.times.get(by_centre=True).pk, by=teacher)
    today.move_to("2026-12-01 09:59+09:00")
    visiting.accept(visit, visit.times.get(by_centre=True).pk, by=teacher)


@pytest.mark.parametrize("by_centre", [False, True])
def test_either_side_gives_up_what_was_scheduled(visit, staff, teacher, by_centre):
    visiting.schedule(visit, span("2026-12-10"), by=staff)
    before = Notice.objects.count()

    visiting.cancel(visit, by=staff if by_centre else teacher, reason="독감", by_centre=by_centre)

    visit.refresh_from_db()
    assert (visit.state, visit.run.state) == (State.CANCELLED, Run.State.CANCELLED)
    assert Application.objects.get().state == Application.State.CANCELLED
    assert {notice.kind for notice in Notice.objects.order_by("pk")[before:]} != set()
    assert not Notice.objects.filter(kind="programs.visit_declined").exists()  # one message, not two
    visiting.cancel(visit, by=teacher)  # twice is once


def test_declining_and_the_centres_giving_up_say_why(visit, staff, program, school, teacher):
    visiting.decline(visit, by=staff, reason="강사가 없습니다.")
    other = visiting.ask(program, school, Wish("1학년 1반", 20, "교실"), [span("2026-12-10")], by=teacher)
    visiting.cancel(other, by=staff, reason="프로그램을 쉽니다.", by_centre=True)

    said = Notice.objects.filter(kind="programs.visit_declined", channel="email").order_by("pk")
    assert ["강사가 없습니다." in said[0].body, "프로그램을 쉽니다." in said[1].body] == [True, True]


def test_a_cancelled_run_takes_the_visit_with_it_on_the_page(visit, staff, teacher, client):
    visiting.schedule(visit, span("2026-12-10"), by=staff)
    visit.refresh_from_db()
    visit.run.move(Run.State.CANCELLED, by=staff)
    client.force_login(teacher)

    page = client.get(reverse("programs:visit", args=[visit.pk])).content.decode()

    assert "신청 취소" not in page
    assert visit.is_off


def test_strangers_find_nothing(visit, client):
    client.force_login(User.objects.create_user("other@example.com", name="남"))

    for name in ("visit", "visit_cancel"):
        assert client.get(reverse(f"programs:{name}", args=[visit.pk])).status_code == 404
    assert client.post(reverse("programs:visit_accept", args=[visit.pk]), {"time": 1}).status_code == 404
    assert client.get(reverse("programs:visits")).status_code == 404


def test_a_teacher_asks_on_the_page_and_loses_nothing_typed(client, teacher, program):
    client.force_login(teacher)
    address = reverse("programs:visit_ask", args=[program.pk])
    typed = {
        "school": teacher.affiliations.get().school_id, "class_name": "2학년 전체", "headcount": "120", "place": "강당",
        "phone": "02-000-0001", "remark": "", "day_1": "2026-12-10", "from_1": "10:00", "to_1": "12:00", "day_2": "2026-12-11",
    }  # fmt: skip

    page = client.post(address, typed).content.decode()
    assert "날짜, 시작, 끝을 모두 적어 주세요." in page
    assert "2학년 전체" in page
    answer = client.post(address, {**typed, "from_2": "10:00", "to_2": "11:00"})

    visit = Visit.objects.get()
    assert answer.headers["Location"] == reverse("programs:visit", args=[visit.pk])
    assert (visit.headcount, visit.phone, len(visit.wished)) == (120, "020000001", 2)


def test_staff_answer_on_the_requests_page(visit, staff, log_in):
    client = log_in(staff)
    assert "답할 학교 방문 신청" in client.get(reverse("admin:index")).content.decode()
    page = client.get(reverse("admin:programs_visit_change", args=[visit.pk])).content.decode()
    assert "이 희망 일시로 확정" in page
    refused = client.post(reverse("admin:programs_visit_decline", args=[visit.pk]), {"decline-reason": ""})
    assert "까닭을 적어 주세요" in refused.content.decode()
    early = {
        "propose-day_1": "2026-11-24",
        "propose-from_1": "10:00",
        "propose-to_1": "11:00",
        "propose-message": "먼저",
    }
    page = client.post(reverse("admin:programs_visit_propose", args=[visit.pk]), early).content.decode()
    assert "이후의 날짜" in page
    assert "먼저" in page

    client.post(reverse("admin:programs_visit_schedule", args=[visit.pk]), {"time": visit.wished[0].pk})

    visit.refresh_from_db()
    assert visit.state == State.SCHEDULED
    client.post(reverse("admin:programs_visit_cancel", args=[visit.pk]), {"cancel-reason": "강사 사정"})
    visit.refresh_from_db()
    assert visit.state == State.CANCELLED


def test_reach_counts_what_took_place_by_school_and_school_year(visit, staff, program, school, teacher, today):
    visiting.schedule(visit, span("2026-12-10"), by=staff)
    for name, heads in (("1학년", 100), ("3학년", 50)):
        more = visiting.ask(program, school, Wish(name, heads, "강당"), [span("2026-12-11")], by=teacher)
        visiting.schedule(more, span("2026-12-11"), by=staff)
    visiting.cancel(more, by=staff, reason="독감", by_centre=True)
    late = visiting.ask(program, school, Wish("내년", 30, "강당"), [span("2027-03-02")], by=teacher)
    visiting.schedule(late, span("2027-03-02"), by=staff)

    assert reach.table(2026, at("2026-12-10 09:59")).rows == ()
    assert [row.cells for row in reach.table(2026, at("2027-12-01 00:00")).rows] == [("중학교", 2, 128)]
    assert [row.cells for row in reach.table(2027, at("2027-12-01 00:00")).rows] == [("중학교", 1, 30)]


@pytest.fixture
def open_visit(transactional_db, make_program):
    school = School.objects.create(office_code="B10", neis_code="7000001", name="새빛중학교", kind="middle")
    teacher = User.objects.create_user("teacher@example.com", name="오교사")
    Affiliation.objects.create(user=teacher, role="teacher", school=school, confirmed_at=timezone.now())
    program = make_program("찾아가는 진로체험", takes_visits=True, audience=["school"])
    return visiting.ask(program, school, WISH, [span("2026-12-10")], by=teacher)


def _both(visit, at_once):
    clerk = User.objects.create_user("clerk@example.com", name="강직원", is_staff=True)
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False):
        return at_once(*[lambda: visiting.schedule(visit, span("2026-12-10"), by=clerk)] * 2)


def test_two_clerks_schedule_it_once(open_visit, at_once):
    results = _both(open_visit, at_once)

    assert sum(isinstance(result, Visit) for result in results) == 1
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert Run.objects.count() == Application.objects.count() == 1


def test_control_without_the_lock_the_second_clerk_breaks_on_the_state(open_visit, at_once, meeting_point, monkeypatch):
    """The state of the row stands behind the lock: nothing doubles, but what the clerk meets is no sentence."""
    monkeypatch.setattr(visiting, "lock", lambda rows, pk: rows.get(pk=pk))
    meeting_point(visiting, "lock")
    results = _both(open_visit, at_once)

    assert sum(isinstance(result, Visit) for result in results) == 1
    assert not any(isinstance(result, Refused) for result in results)
    assert Run.objects.count() == 1


def test_cancelling_the_run_ends_the_visit_and_tells_the_school_once(visit, staff, teacher):
    visiting.schedule(visit, span("2026-12-10"), by=staff)
    visit.refresh_from_db()
    Notice.objects.all().delete()

    cancelling.cancel_run(visit.run_id, by=staff, reason="강사 사정")

    visit.refresh_from_db()
    assert (visit.state, visit.answer) == (State.CANCELLED, "강사 사정")
    assert Notice.objects.values("key").distinct().count() == 1
    assert Application.objects.get().state == Application.State.CANCELLED


def test_a_school_that_cancels_leaves_no_session_standing(visit, staff, teacher):
    visiting.schedule(visit, span("2026-12-10"), by=staff)
    visit.refresh_from_db()

    visiting.cancel(visit, by=teacher)

    visit.refresh_from_db()
    assert visit.state == State.CANCELLED
    assert visit.run.state == Run.State.CANCELLED
    assert not visit.run.sessions.standing().exists()
