"""The code on the wall, the roster on a phone, and the papers: who gets what, and on which side of each boundary."""

from __future__ import annotations

import io
import json
import re
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Student, User
from accounts.overview import Asked
from accounts.overview import Group as Section
from documents.models import IssuedDocument
from lifecycle import work
from lifecycle.models import AccessLog
from programs import attendance, certificates, checkin
from programs.attendance import Entry
from programs.models import Mark
from tests.programs.attending import START, a_child, a_parent, a_run, seat

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(db):
    user = User.objects.create_user("clerk@example.com", name="이담당", is_staff=True)
    user.groups.add(Group.objects.get(name="프로그램 담당"))
    return user


@pytest.fixture
def parent(db):
    return a_parent()


@pytest.fixture
def run(db):
    return a_run()


@pytest.fixture
def session(run):
    return run.sessions.get()


@pytest.fixture
def person(run, parent):
    return seat(run, a_child(parent), by=parent)


def scan(session, at=None) -> str:
    return reverse("programs:scanned", args=[session.pk, checkin.token(session.pk, at or timezone.now())])


# --- The code ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "fresh"), [(0, True), (29, True), (30, True), (59, True), (60, False)])
def test_a_photo_of_the_code_is_old_within_a_minute(session, today, seconds, fresh):
    today.move_to(START)  # a whole half minute
    code = checkin.token(session.pk, START)
    assert checkin.is_fresh(session.pk, code, START + timedelta(seconds=seconds)) is fresh


def test_a_code_opens_its_own_session_only(session):
    other = a_run(first=START + timedelta(hours=3)).sessions.get()
    assert not checkin.is_fresh(other.pk, checkin.token(session.pk, START), START)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (timedelta(minutes=-30, seconds=-1), False),
        (timedelta(minutes=-30), True),
        (timedelta(hours=2, minutes=15, seconds=-1), True),
        (timedelta(hours=2, minutes=15), False),
    ],
)
def test_the_window_has_two_sides(session, person, parent, today, client, moment, is_open):
    today.move_to(START + moment)
    client.force_login(parent)
    answer = client.get(scan(session))
    assert answer.status_code == (302 if is_open else 410)
    if is_open:
        client.post(answer.headers["Location"], {"who": [person.pk]})
    assert Mark.objects.exists() is is_open


def test_the_pass_survives_the_login_and_not_the_window(session, person, parent, today, client):
    today.move_to(START + timedelta(hours=2, minutes=14))
    page = client.get(scan(session)).headers["Location"]  # nobody is logged in yet
    assert "/login" in client.get(page).headers["Location"]
    client.force_login(parent)
    assert client.get(page).status_code == 200
    today.move_to(START + timedelta(hours=2, minutes=15))
    assert "출석 확인 시간이 아닙니다" in client.post(page, {"who": [person.pk]}).content.decode()
    assert not Mark.objects.exists()


@pytest.mark.parametrize(("minutes", "good"), [(10, True), (10.1, False)])
def test_the_pass_is_good_for_ten_minutes_in_this_browser_only(session, person, parent, today, client, minutes, good):
    today.move_to(START)
    client.force_login(parent)
    page = client.get(scan(session)).headers["Location"]
    today.move_to(START + timedelta(minutes=minutes))
    assert client.get(page).status_code == (200 if good else 410)
    at_home = Client()
    at_home.force_login(parent)
    assert at_home.post(page, {"who": [person.pk]}).status_code == 410
    assert not Mark.objects.exists()


def test_choosing_children_and_one_button(session, run, person, parent, today, client):
    today.move_to(START)
    sister = seat(run, a_child(parent, "김바다"), by=parent)
    stranger = seat(run, a_child(name="박구름"), by=a_parent(5))
    client.force_login(parent)
    page = client.get(scan(session)).headers["Location"]

    shown = client.get(page).content.decode()
    assert "김하늘" in shown
    assert "박구름" not in shown
    assert not Mark.objects.exists()  # looking changes nothing
    client.post(page, {"who": [person.pk, stranger.pk]})
    assert list(Mark.objects.values_list("participant", "status", "source", "by")) == [
        (person.pk, "present", "qr", parent.pk)
    ]
    client.post(page, {"who": [person.pk, sister.pk]})
    client.post(page, {"who": [sister.pk]})
    assert Mark.objects.count() == 2


@pytest.mark.parametrize(("seconds", "status"), [(599, "present"), (600, "late")])
def test_ten_minutes_after_the_start_it_is_late(session, person, parent, today, client, seconds, status):
    today.move_to(START + timedelta(seconds=seconds))
    client.force_login(parent)
    client.post(client.get(scan(session)).headers["Location"], {"who": [person.pk]})
    assert Mark.objects.get().status == status


def test_what_staff_wrote_stays(session, person, parent, clerk, today, client):
    today.move_to(START)
    attendance.mark(session.pk, [Entry("absent", person.pk)], by=clerk)
    client.force_login(parent)
    client.post(client.get(scan(session)).headers["Location"], {"who": [person.pk]})
    assert Mark.objects.get().status == "absent"


def test_the_wall_needs_its_key_and_no_login(session, today, client):
    today.move_to(START)
    wall = reverse("programs:wall", args=[session.pk, checkin.wall_key(session)])
    answer = client.get(wall)
    assert answer.headers["Refresh"] == "10"
    assert "<svg" in answer.content.decode()
    assert client.get(reverse("programs:wall", args=[session.pk, "x" * 43])).status_code == 404
    today.move_to(START - timedelta(hours=1))
    early = client.get(wall).content.decode()
    assert "09:30부터" in early
    assert "<svg" not in early


# --- The roster --------------------------------------------------------------------------------


def test_the_roster_masks_names_and_opens_them_with_a_reason(session, person, clerk, log_in):
    page = reverse("admin:programs_roster", args=[session.pk])
    client = log_in(clerk)
    shown = client.get(page).content.decode()
    assert "김*늘" in shown
    assert "김하늘" not in shown
    assert "김하늘" in client.post(page, {"reason": "출석을 부르려고"}).content.decode()
    entry = AccessLog.objects.get(act="unmask")
    assert entry.subject_ids == [person.student_id]
    assert "김하늘" not in client.post(page, {"reason": "x"}).content.decode()


def test_buttons_work_without_script_and_are_undone(session, run, person, clerk, log_in):
    other = seat(run, a_child(name="박구름"), by=clerk)
    page = reverse("admin:programs_roster", args=[session.pk])
    client = log_in(clerk)
    client.post(page, {"mark": f"p{person.pk}:late"})
    client.post(page, {"mark": "all:present"})
    now = dict(Mark.objects.current().values_list("participant", "status"))
    assert now == {person.pk: "late", other.pk: "present"}
    batch = re.search(r'name="batch" value="([^"]+)"', client.get(page).content.decode())[1]
    client.post(reverse("admin:programs_roster_undo", args=[session.pk]), {"batch": batch})
    assert dict(Mark.objects.current().values_list("participant", "status")) == {person.pk: "late", other.pk: "cleared"}
    assert "표시 없음 <strong>1" in client.get(page).content.decode()


def test_a_phone_sends_what_it_kept_and_twice_is_once(session, person, clerk, log_in):
    client, key = log_in(clerk), str(uuid.uuid4())
    send = reverse("admin:programs_roster_send", args=[session.pk])
    entries = [
        {"key": key, "who": f"p{person.pk}", "status": "late", "age": 600_000},
        {"key": str(uuid.uuid4()), "who": "p999999", "status": "late", "age": 0},
    ]
    for _again in range(2):
        answer = client.post(send, json.dumps({"entries": entries}), content_type="application/json").json()
        assert answer["taken"] == [entry["key"] for entry in entries]
        assert list(answer["refused"]) == [entries[1]["key"]]
    mark = Mark.objects.get()
    assert mark.at == timezone.now() - timedelta(minutes=10)
    assert str(mark.key) == key


@pytest.mark.parametrize("body", ["", "[]", '{"entries": [{"key": "x"}]}', '{"entries": 5}'])
def test_nonsense_is_refused_in_words(session, clerk, log_in, body):
    send = reverse("admin:programs_roster_send", args=[session.pk])
    assert log_in(clerk).post(send, body, content_type="application/json").status_code == 400


def test_the_roster_costs_the_same_for_many(session, run, clerk, log_in, django_assert_max_num_queries):
    for _ in range(15):
        seat(run, a_child(name="김하늘"), by=clerk)
    client = log_in(clerk)
    with django_assert_max_num_queries(15):
        client.get(reverse("admin:programs_roster", args=[session.pk]))
    with django_assert_max_num_queries(15):
        client.get(reverse("admin:programs_completion", args=[run.pk]))


def test_the_roster_to_sign_asks_why_and_is_logged(session, person, clerk, log_in):
    page = reverse("admin:programs_roster_paper", args=[session.pk])
    client = log_in(clerk)
    assert "사유" in client.get(page).content.decode()
    answer = client.post(page, {"reason": "현장에서 서명을 받으려고"})
    assert answer.content.startswith(b"%PDF")
    assert AccessLog.objects.get(act="export").subject_ids == [person.student_id]


# --- Papers ------------------------------------------------------------------------------------


def finish(session, person, clerk, today):
    today.move_to(START)
    attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
    today.move_to(START + timedelta(days=1))


def test_a_parent_takes_out_the_certificate_and_a_stranger_finds_nothing(session, person, parent, clerk, today, client):
    finish(session, person, clerk, today)
    url = reverse("programs:paper", args=[person.pk, "certificate"])
    client.force_login(parent)
    assert client.get(url).status_code == 405
    assert "수료증 발급" in client.get(reverse("programs:portfolio", args=[person.student_id])).content.decode()
    paper = client.get(client.post(url).headers["Location"])
    assert paper.status_code == 200
    client.post(reverse("programs:portfolio", args=[person.student_id]), {"first": "", "last": ""})
    assert set(IssuedDocument.objects.values_list("kind", flat=True)) == {"programs.certificate", "programs.portfolio"}
    issued = IssuedDocument.objects.get(kind="programs.certificate")
    assert "김*늘" in Client().get(issued.verify_path).content.decode()

    client.force_login(a_parent(7))
    assert client.post(url).status_code == 404
    assert client.get(reverse("programs:portfolio", args=[person.student_id])).status_code == 404
    assert client.get(issued.get_absolute_url()).status_code == 404


def test_papers_stand_on_the_application_and_on_the_childs_page(session, person, parent, clerk, today, client):
    page = reverse("programs:application", args=[person.application_id])
    client.force_login(parent)
    assert "출석과 수료" not in client.get(page).content.decode()
    today.move_to(START)
    attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
    shown = client.get(page).content.decode()
    assert "1회 가운데 1회" in shown
    assert "참가확인서 발급" not in shown  # nothing is over yet, and a paper would say so too early
    today.move_to(START + timedelta(days=1))
    client.force_login(parent)
    shown = client.get(page).content.decode()
    assert "수료증 발급" in shown
    assert "참가확인서 발급" in shown
    assert reverse("programs:paper", args=[person.pk, "certificate"]) in shown

    portfolio = reverse("programs:portfolio", args=[person.student_id])
    assert portfolio in client.get(reverse("accounts:child", args=[person.student_id])).content.decode()
    (entry,) = [one for one in Asked.by(parent).entries if one.url == portfolio]
    assert entry.group == Section.PAST


def test_who_never_came_has_no_line_on_the_page(session, person, parent, clerk, today):
    today.move_to(START)
    attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
    attendance.mark(session.pk, [Entry("absent", person.pk)], by=clerk)
    assert [one for one in Asked.by(parent).entries if "portfolio" in one.url or "활동 이력" in one.title] == []


def test_a_student_finds_back_from_the_own_portfolio(session, person, clerk, today, client):
    finish(session, person, clerk, today)
    me = User.objects.create_user("student@example.com", name="김하늘")
    Student.objects.filter(pk=person.student_id).update(user=me)
    client.force_login(me)
    shown = client.get(reverse("programs:portfolio", args=[person.student_id])).content.decode()
    assert reverse("accounts:student") in shown
    assert reverse("accounts:child", args=[person.student_id]) not in shown


@pytest.mark.parametrize("kind", ["certificate", "participation"])
def test_who_is_no_student_reads_why_a_paper_is_refused(session, run, parent, today, client, kind):
    """A parent at 학부모아카데미 who has no mark."""
    application = seat(run, by=parent)
    me = application.participants.create(run=run, role="guardian", user=parent)
    today.move_to(START + timedelta(days=1))
    client.force_login(parent)
    answer = client.post(reverse("programs:paper", args=[me.pk, kind]), follow=True)
    assert answer.redirect_chain == [(reverse("programs:application", args=[application.pk]), 302)]
    assert ("이르지 못했습니다" if kind == "certificate" else "출석한 회기가 없어") in answer.content.decode()


def test_staff_read_why_a_paper_is_refused_on_their_own_page(session, person, clerk, log_in):
    answer = log_in(clerk).post(reverse("programs:paper", args=[person.pk, "certificate"]), follow=True)
    assert answer.redirect_chain == [(reverse("admin:programs_completion", args=[session.run_id]), 302)]
    assert "모든 회기가 끝난 뒤에" in answer.content.decode()


def test_staff_make_one_or_all_and_take_them_out_with_a_reason(session, person, clerk, today, log_in):
    finish(session, person, clerk, today)
    client = log_in(clerk)
    page = reverse("admin:programs_completion", args=[session.run_id])
    assert "1회 가운데 1회(100.0%)" in client.get(page).content.decode()
    begun = client.post(reverse("admin:programs_certificates", args=[session.run_id]), {"kind": "certificate"})
    work.advance("pdf")
    assert "수료증 1장을 만들었습니다" in client.get(begun.headers["Location"]).content.decode()
    done = certificates.Work.objects.get()
    file = reverse("admin:programs_certificates_file", args=[done.pk])
    assert "사유" in client.get(file).content.decode()
    answer = client.post(file, {"reason": "수료식에서 나누어 주려고"})
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert len(archive.namelist()) == 1
    assert AccessLog.objects.filter(act="export").count() == 1


def test_staff_without_the_right_do_not(session, person, log_in):
    counselor = User.objects.create_user("counselor@example.com", name="김상담", is_staff=True)
    client = log_in(counselor)
    for name, key in [("roster", session.pk), ("completion", session.run_id), ("roster_paper", session.pk)]:
        assert client.get(reverse(f"admin:programs_{name}", args=[key])).status_code == 403


def test_the_list_of_marks_is_masked(session, person, clerk, log_in):
    attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
    client = log_in(clerk)
    shown = client.get(reverse("admin:programs_mark_changelist")).content.decode()
    assert "김*늘" in shown
    assert "김하늘" not in shown
    for name in ("change", "history"):
        assert client.get(reverse(f"admin:programs_mark_{name}", args=[Mark.objects.get().pk])).status_code == 200
    assert client.get(reverse("admin:programs_attendance")).status_code == 200
