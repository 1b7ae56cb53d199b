"""Planned against spent, and what that is for each who came; fewer than five people are hidden."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Student, User
from budget import ledger, programmes
from budget.models import Stage
from budget.sums import Known
from programs import attendance, turnout
from programs.attendance import Entry as Attended
from programs.models import Application, Participant, Program, Run
from tables.values import HIDDEN, Ratio, Unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
TODAY = date(2026, 11, 24)
START = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Asia/Seoul"))


def programme(title: str) -> Program:
    return Program.objects.create(title=title, area="career", kind="experience", summary="별", audience=["student"])


@pytest.fixture
def held(clerk):
    """A run of a programme to which so many came, each of them twice."""

    def held(program: Program, people: int, *, absent: int = 0) -> Run:
        run = Run.objects.create(
            program=program, title="1회", starts_at=START, ends_at=START + timedelta(hours=2), published_at=START
        )
        run.sessions.create(starts_at=START + timedelta(hours=3), ends_at=START + timedelta(hours=4))
        keys = []
        for number in range(1, people + absent + 1):
            student = Student.objects.create(name="김하늘", birth_date=date(2012, 5, 5), grade=8)
            application = Application.objects.create(
                run=run, number=number, applicant=clerk, state=Application.State.CONFIRMED, confirmed_at=START
            )
            keys.append(
                Participant.objects.create(application=application, run=run, role="student", student=student).pk
            )
        for session in run.sessions.all():
            attendance.mark(session.pk, [Attended("present", key) for key in keys[:people]], by=clerk)
            attendance.mark(session.pk, [Attended("absent", key) for key in keys[people:]], by=clerk)
        return run

    return held


@pytest.fixture
def money(make_line, put, clerk):
    """So much planned, bound and paid for a programme."""

    def money(program: Program, planned: int, paid: int, account: str) -> None:
        line = make_line(account=account)
        put(line, Stage.BUDGET, planned, program=program)
        bound = put(line, Stage.COMMITMENT, paid, program=program)
        ledger.pay(bound, paid, effective_on=date(2026, 3, 3), reason="강사료", by=clerk)

    return money


def cells(table):
    return {row.label: row.cells for row in table.rows}


def test_each_who_came_counts_once_and_won_are_rounded_half_up(held, money):
    star = programme("별 관찰 교실")
    held(star, 6, absent=3)
    money(star, 1_000_000, 333_333, "201-03")
    found = cells(programmes.cost(Known(TODAY), 2026, Unit.WON))
    assert found["별 관찰 교실"] == (1_000_000, 333_333, 666_667, Ratio(333_333, 1_000_000), 6, 55_556)  # 55,555.5
    assert found["계"][4] == 6


def test_few_people_are_hidden_with_what_would_tell_them(held, money):
    for number, people in enumerate((3, 7, 9)):
        program = programme(f"교실 {number}")
        held(program, people)
        money(program, 500_000, 100_000, f"201-0{number + 3}")
    found = cells(programmes.cost(Known(TODAY), 2026, Unit.WON))
    assert found["교실 0"][4:] == (HIDDEN, HIDDEN)
    assert [row[4] for row in found.values()].count(HIDDEN) >= 2  # the total alone would give it away


def test_without_attendance_there_is_no_cost_for_each(money):
    star = programme("별 관찰 교실")
    money(star, 500_000, 100_000, "201-03")
    assert cells(programmes.cost(Known(TODAY), 2026, Unit.WON))["별 관찰 교실"][4:] == (None, None)


def test_marks_made_later_change_no_older_day(held, money):
    star = programme("별 관찰 교실")
    held(star, 6)
    assert turnout.came(2026, date(2026, 11, 23)) == {}  # recorded on the 24th
    assert turnout.came(2026, TODAY) == {star.pk: 6}
    assert turnout.came(2025, TODAY) == {}


@pytest.mark.parametrize(("paid", "people", "won"), [(10, 4, 3), (9, 4, 2), (10, 0, None), (0, 5, 0)])
def test_half_a_won_is_rounded_up(paid, people, won):
    assert programmes.each(paid, people) == won


def test_nobody_is_named(held, money, clerk):
    assert isinstance(clerk, User)
    star = programme("별 관찰 교실")
    held(star, 6)
    money(star, 1, 1, "201-03")
    assert "김하늘" not in str(programmes.cost(Known(TODAY), 2026, Unit.WON))
