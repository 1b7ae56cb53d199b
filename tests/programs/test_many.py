"""Decisions about many at once, and lists read from a file: looked at first, then all or nothing."""

from __future__ import annotations

import io

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from accounts.models import User
from intake.models import RuleSet
from lifecycle.models import AccessLog, Transition
from notices.models import Notice
from programs import importing
from programs.importing import Line
from programs.models import Application
from questionnaires.models import Questionnaire

pytestmark = pytest.mark.django_db

State = Application.State


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("boss@example.com", name="박팀장")


@pytest.fixture
def staff(log_in, boss):
    return log_in(boss)


@pytest.fixture
def line(open_run, make_family, applying):
    run = open_run(capacity=2)
    return [applying(run, *make_family(f"남궁{n}수")) for n in "가나다라"]


def choose(staff, action, applications, **more):
    url = reverse("admin:programs_application_changelist")
    return staff.post(url, {"action": action, ACTION_CHECKBOX_NAME: [one.pk for one in applications], **more})


def states(applications):
    return [Application.objects.get(pk=one.pk).state for one in applications]


def test_what_would_come_of_many_is_said_and_nothing_done(staff, line):
    before = states(line), Notice.objects.count(), Transition.objects.count()

    page = choose(staff, "cancel_many", line[:3]).content.decode()

    assert page.count("<td>취소</td>") == 3 and "남**수" in page and "남궁" not in page
    assert (states(line), Notice.objects.count(), Transition.objects.count()) == before


def test_many_are_cancelled_with_a_reason_and_nobody_is_offered_a_place_that_goes(staff, line, texts):
    assert "사유를 적어" in choose(staff, "cancel_many", line[:3], sure="1", reason="").content.decode()
    assert states(line) == [State.CONFIRMED, State.CONFIRMED, State.WAITING, State.WAITING]

    assert choose(staff, "cancel_many", line[:3], sure="1", reason="강사 사정").status_code == 302

    assert states(line) == [State.CANCELLED] * 3 + [State.OFFERED]
    assert len(texts("cancelled_by_centre")) == 3 and len(texts("offered")) == 1
    assert all("강사 사정" in one.body for one in texts("cancelled_by_centre"))
    log = AccessLog.objects.get(act=AccessLog.Act.CHANGE, reason="강사 사정")
    assert len(log.subject_ids) == 3


def test_a_family_with_two_children_reads_of_both_at_once(staff, open_run, make_family, make_student, applying, texts):
    run = open_run(capacity=5)
    first, parent = make_family("남궁가수")
    both = [applying(run, student, parent) for student in (first, make_student("남궁나수", parent))]

    choose(staff, "cancel_many", both, sure="1", reason="강사 사정")

    (said,) = texts("cancelled_by_centre")
    assert "남궁가수·남궁나수" in said.body
    assert states(both) == [State.CANCELLED] * 2


def test_one_that_cannot_be_done_holds_all_of_them_back(staff, line):
    page = choose(staff, "reject_many", line, sure="1", reason="서류 미비").content.decode()

    assert "2건은 할 수 없어 아무것도 바꾸지 않았습니다" in page
    assert states(line) == [State.CONFIRMED, State.CONFIRMED, State.WAITING, State.WAITING]
    assert not AccessLog.objects.filter(act=AccessLog.Act.CHANGE).exists()


def test_papers_of_many_are_confirmed(staff, open_run, make_family, applying):
    run = open_run(second_form=Questionnaire.objects.create(name="캠프 서류"), second_form_until="2026-12-08 18:00")
    made = [applying(run, *make_family(f"남궁{n}수")) for n in "가나"]
    assert states(made) == [State.ACCEPTED] * 2

    choose(staff, "confirm_many", made, sure="1", reason="종이로 받음")

    assert states(made) == [State.CONFIRMED] * 2


def test_applications_of_two_runs_are_not_decided_together(staff, line, open_run, make_family, applying):
    other = applying(open_run(), *make_family("남궁마수"))
    answer = staff.get(choose(staff, "cancel_many", [line[0], other], sure="1", reason="강사 사정").url)
    assert "한 회차의 신청을" in answer.content.decode()
    assert states([line[0], other]) == [State.CONFIRMED] * 2


# --- Lists -----------------------------------------------------------------------------------------


def upload(staff, run, content, name="list.csv"):
    url = reverse("admin:programs_run_import", args=[run.pk])
    return staff.post(url, {"file": SimpleUploadedFile(name, content)})


@pytest.fixture
def children(make_family):
    for name in ("남궁가수", "남궁나수", "남궁다수"):
        make_family(name)


GOOD = "이름,생년월일,남길 말\n남궁가수,2011-05-05,창가\n남궁나수,2011. 5. 5.,\n남궁다수,20110505,\n"


def test_a_list_is_looked_at_and_then_entered(staff, open_run, children, texts):
    run = open_run(capacity=2)

    answer = upload(staff, run, GOOD.encode("cp949"))
    page = answer.content.decode()
    assert page.count("<td>참여 확정</td>") == 2 and page.count("<td>대기</td>") == 1
    assert not run.applications.exists() and not texts("confirmed")

    url = reverse("admin:programs_run_import", args=[run.pk])
    assert staff.post(url, {"lines": answer.context["lines"]}).status_code == 302
    made = list(run.applications.order_by("number"))
    assert [one.state for one in made] == [State.CONFIRMED, State.CONFIRMED, State.WAITING]
    assert made[0].on_behalf and made[0].remark == "창가"
    assert len(texts("confirmed")) == 2
    again = staff.post(url, {"lines": answer.context["lines"]}).content.decode()
    assert again.count("이미 신청했습니다") == 3 and run.applications.count() == 3


def test_one_bad_line_and_nobody_is_entered(boss, open_run, children):
    run = open_run()
    rows = [
        ("남궁가수", "2011-05-05", ""),
        ("남궁가수", "2011-05-05", ""),
        ("없는사람", "2011-05-05", ""),
        ("남궁나수", "2011-13-05", ""),
        ("남궁나수", "2011-05-05", "=HYPERLINK(1)"),
        ("＝남궁", "2011-05-05", ""),
    ]

    report = importing.enter(run.pk, [Line(n, *row) for n, row in enumerate(rows, 2)], by=boss, dry=False)

    errors = [one.error for one in report.results]
    assert errors[0] == "" and "이미 신청" in errors[1] and "학생이 없습니다" in errors[2]
    assert "생년월일" in errors[3] and "수식" in errors[4] and "수식" in errors[5]
    assert not report.done and not run.applications.exists() and not Notice.objects.exists()


def test_the_rules_hold_for_a_list(boss, open_run, children):
    run = open_run(rules=RuleSet.objects.create(name="초등만", first_grade=1, last_grade=6))
    (one,) = importing.enter(run.pk, [Line(2, "남궁가수", "2011-05-05")], by=boss, dry=False).results
    assert "남궁가수님" in one.error and not run.applications.exists()


def test_two_students_of_one_name_and_day_are_not_guessed(boss, open_run, make_family):
    make_family("남궁가수"), make_family("남궁가수")
    (one,) = importing.enter(open_run().pk, [Line(2, "남궁가수", "2011-05-05")], by=boss, dry=True).results
    assert "여럿" in one.error


def test_a_spreadsheet_is_read_and_its_formula_is_not_worked_out():
    book = Workbook()
    for row in (["이름", "생년월일", "남길 말"], ["남궁가수", "2011-05-05", "=1+1"], [None, None, None]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert importing.read(out.getvalue()) == [Line(2, "남궁가수", "2011-05-05", "=1+1")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 no book", "읽을 수 없는"),
        (b"\xff\xfe\x00\x81", "읽을 수 없는"),
        ("성명,생일\n남궁가수,2011-05-05\n".encode(), "첫 줄은"),
        ("이름,생년월일\n".encode(), "한 명도"),
        ("이름,생년월일\n".encode() + "가,2011-05-05\n".encode() * 301, "300명까지"),
        (b"a" * 1_000_001, "1MB"),
    ],
)
def test_what_is_no_list_is_said(staff, open_run, content, sentence):
    answer = upload(staff, open_run(), content)
    assert answer.status_code == 200 and sentence in answer.content.decode()


def test_lines_that_somebody_made_up_are_checked(staff, open_run):
    url = reverse("admin:programs_run_import", args=[open_run().pk])
    for lines in ("", "{}", "[[1]]", '[["x","y"]]', "[]"):
        assert "다시 올려" in staff.post(url, {"lines": lines}).content.decode()
    assert staff.get(f"{url}?blank=1")["Content-Disposition"].endswith(".xlsx")
