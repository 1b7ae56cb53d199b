"""프로그램 통계: what is counted where, what is hidden, and that the divisions agree."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Neighbourhood, School, User
from programs import attendance, enrolment, figures
from programs.attendance import Entry
from programs.enrolment import Class, Entrant, People
from programs.models import Application, Participant
from tables.values import HIDDEN

pytestmark = pytest.mark.django_db

State = Application.State


@pytest.fixture
def full(open_run, make_family, applying, today):
    """Seven of 중3 seated, six of them there; six of 중2 waiting; one of 동 A among each."""
    run = open_run(capacity=7)
    dong = Neighbourhood.objects.create(name="가람동")
    for number in range(13):
        near = dong if number in {0, 8} else None
        applying(run, *make_family("남궁하늘", grade=9 if number < 7 else 8, neighbourhood=near))
    today.move_to(run.starts_at)
    there = list(Participant.objects.seated().order_by("pk")[:6])
    clerk = User.objects.create_user("clerk2@example.com", name="정담당", is_staff=True)
    session = run.sessions.get()
    attendance.mark(session.pk, [Entry("present", participant_id=one.pk) for one in there], by=clerk)
    return run


def rows(run, by, year=2026):
    table = dict(zip(figures.DIMENSIONS, figures.tables(run.program, year), strict=True))[by]
    return {row.label: row.cells for row in table.rows}


def test_each_person_is_counted_once_under_what_became_of_it(open_run, make_family, applying, clerk, today):
    run = open_run(capacity=10)
    made = [applying(run, *make_family("남궁하늘", grade=9)) for _n in range(20)]
    for one in made[15:]:
        enrolment.withdraw(one, by=one.applicant)
    today.move_to(run.starts_at)
    there = Participant.objects.filter(application__in=made[:5])
    attendance.mark(run.sessions.get().pk, [Entry("late", participant_id=one.pk) for one in there], by=clerk)

    assert rows(run, "run") == {"1회": (20, 5, 5, 5, 0, 5)}
    assert rows(run, "grade") == {"중3": (20, 5, 5, 5, 0, 5)}


def test_a_small_count_is_hidden_and_cannot_be_worked_out(full):
    for by in figures.DIMENSIONS:
        found = rows(full, by)
        for cells in found.values():
            assert all(cell is HIDDEN or cell == 0 or cell >= 5 for cell in cells)
            unknown = sum(cell is HIDDEN for cell in cells)
            assert unknown != 1  # the sum stands in the same row
        for column in zip(*found.values(), strict=True):
            assert len(found) == 1 or sum(cell is HIDDEN for cell in column) != 1


def test_a_total_hidden_in_one_division_is_hidden_in_all(full):
    totals = [list(rows(full, by).values())[-1] for by in figures.DIMENSIONS]
    assert len({tuple(cell is HIDDEN for cell in one) for one in totals}) == 1


def test_a_class_counts_heads_and_grown_ups_stand_apart(open_run, make_program, make_parent, clerk, today):
    run = open_run(make_program(audience=["guardian"]), capacity=60)
    school = School.objects.create(name="무지개중학교", kind=School.Kind.MIDDLE)
    for _n in range(6):
        mother = make_parent()
        enrolment.apply(run.pk, [People((Entrant("guardian", user_id=mother.pk),))], by=clerk, on_behalf=True)
    (made,) = enrolment.apply(run.pk, [Class(school.pk, "2학년 3반", 25)], by=clerk, on_behalf=True)
    today.move_to(run.starts_at)
    attendance.mark(run.sessions.get().pk, [Entry("present", application_id=made.pk, heads=20)], by=clerk)

    found = rows(run, "grade")

    assert found["학교 단체"] == (25, 20, 5, 0, 0, 0)
    assert found["보호자·교사·손님"] == (6, 0, 6, 0, 0, 0)
    assert found["계"] == (31, 20, 11, 0, 0, 0)


def test_the_grade_is_that_of_the_day_and_the_year_that_of_the_start(open_run, make_family, applying):
    starts = datetime.fromisoformat("2027-03-02T10:00+09:00")
    run = open_run(starts_at=starts, ends_at=starts + timedelta(hours=1), closes_at="2027-02-01 00:00", capacity=None)
    for _n in range(5):
        applying(run, *make_family("남궁하늘", grade=9))

    assert rows(run, "grade", 2026) == {}
    assert list(rows(run, "grade", 2027)) == ["고1"]


def test_the_page_and_its_files(client, log_in, full, make_program):
    staff = log_in(User.objects.create_superuser("boss@example.com", name="박팀장"))
    url = reverse("admin:programs_figures")
    staff.get(url)
    with CaptureQueriesContext(connection) as seen:
        page = staff.get(url, {"program": full.program_id, "year": "2026", "by": "grade"}).content.decode()
    assert len(seen) <= 15
    assert "중3" in page and "남궁" not in page
    assert staff.get(url, {"program": "x", "year": "99999999999", "by": "none"}).status_code == 200
    for form in ("csv", "xlsx"):
        answer = staff.get(reverse("admin:programs_figures_file", args=[full.program_id, 2026, "grade", form]))
        assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    assert (
        staff.get(reverse("admin:programs_figures_file", args=[full.program_id, 1999, "grade", "csv"])).status_code
        == 404
    )
