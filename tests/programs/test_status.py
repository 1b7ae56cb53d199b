from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils import timezone

from programs.finding import Wish, find
from programs.models import Program, Run, Status
from programs.shown import shown

MOMENTS = [
    ("2026-12-01 08:59:59+09:00", Status.COMING),
    ("2026-12-01 09:00:00+09:00", Status.OPEN),
    ("2026-12-10 17:59:59+09:00", Status.OPEN),
    ("2026-12-10 18:00:00+09:00", Status.CLOSED),
    ("2026-12-12 11:59:59+09:00", Status.CLOSED),
    ("2026-12-12 12:00:00+09:00", Status.OVER),
]


@pytest.mark.parametrize(("moment", "status"), MOMENTS)
def test_the_clock_opens_closes_and_ends_a_run(make_program, make_run, today, moment, status):
    run = make_run(make_program())
    today.move_to(moment)

    assert run.status == status


@pytest.mark.parametrize(("moment", "status"), MOMENTS)
def test_the_list_says_what_the_run_says(make_program, make_run, today, moment, status):
    program = make_program()
    make_run(program)
    today.move_to(moment)

    [listed] = find(Wish()).programs

    assert listed.status == status
    assert shown(program, AnonymousUser()).status == status
    assert [one.pk for one in find(Wish(status=status)).programs] == [program.pk]


@pytest.mark.parametrize(
    ("moment", "status"), [("2026-12-12 11:59:59+09:00", Status.WALK_IN), ("2026-12-12 12:00:00+09:00", Status.OVER)]
)
def test_a_run_without_a_window_needs_no_application_until_it_ends(make_program, make_run, today, moment, status):
    run = make_run(make_program(), opens_at=None, closes_at=None)
    today.move_to(moment)

    assert run.status == status
    assert find(Wish()).programs[0].status == status


def test_a_programme_without_a_published_run_is_being_prepared(make_program, make_run):
    program = make_program()
    make_run(program, published_at=None)

    [listed] = find(Wish()).programs

    assert listed.status == shown(program, AnonymousUser()).status == Status.ANNOUNCED
    assert listed.starts_at is None


def test_the_most_useful_run_gives_a_programme_its_status_and_its_date(make_program, make_run, today):
    program = make_program()
    make_run(
        program, "지난 회차", starts_at="2026-11-01 10:00", ends_at="2026-11-01 12:00", opens_at=None, closes_at=None
    )
    open_ = make_run(program, "1회")
    make_run(program, "2회", opens_at="2026-12-05 09:00")
    today.move_to("2026-12-02 10:00+09:00")

    [listed] = find(Wish()).programs

    assert (listed.status, listed.closes_at) == (Status.OPEN, open_.closes_at)


def test_what_can_be_applied_for_comes_first(make_program, make_run, today):
    make_program("가. 준비 중", position=1)
    over = make_program("나. 끝난 것", position=2)
    make_run(over, starts_at="2026-11-20 10:00", ends_at="2026-11-20 12:00", opens_at=None, closes_at=None)
    coming = make_program("다. 곧 열림", position=3)
    make_run(coming)
    open_ = make_program("라. 열림", position=4)
    make_run(open_, opens_at="2026-11-20 09:00")

    titles = [program.title[0] for program in find(Wish()).programs]

    assert titles == ["라", "다", "가", "나"]


def test_a_draft_is_for_its_writers_only(make_program, django_user_model):
    make_program(published_at=None)
    make_program("내일 공개", published_at=timezone.now() + timedelta(days=1))
    writer = django_user_model.objects.create_superuser("w@example.com", name="담당")
    reader = django_user_model.objects.create_user("r@example.com", name="학부모")

    assert Program.objects.visible_to(writer).count() == 2
    assert not Program.objects.visible_to(reader).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": timedelta()},
        {"opens_at": None},
        {"closes_at": None},
        {"closes_at": timedelta(days=-30)},
        {"closes_at": timedelta(days=30)},
        {"capacity": 0},
    ],
)
def test_a_run_must_make_sense(make_program, make_run, wrong):
    run = make_run(make_program())
    for name, value in wrong.items():
        setattr(run, name, run.starts_at + value if isinstance(value, timedelta) else value)

    with pytest.raises(ValidationError):
        run.full_clean()


@pytest.mark.parametrize("grades", [(1, None), (None, 3), (5, 3), (0, 3), (10, 13)])
def test_grades_are_both_given_in_order_or_not_at_all(make_program, grades):
    program = make_program()
    program.first_grade, program.last_grade = grades

    with pytest.raises(ValidationError):
        program.validate_constraints()


@pytest.mark.parametrize(
    ("grades", "label"),
    [((None, None), "전 학년"), ((7, 9), "중학생"), ((10, 12), "고등학생"), ((8, 10), "중2~고1"), ((12, 12), "고3")],
)
def test_grades_are_called_as_people_call_them(grades, label):
    assert Program(first_grade=grades[0], last_grade=grades[1]).grades_label == label


def test_a_run_knows_its_programme():
    assert str(Run(program=Program(title="별 관찰 교실"), title="1회")) == "별 관찰 교실 1회"
