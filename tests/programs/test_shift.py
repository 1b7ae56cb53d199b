"""현행 → 개선: with whom programmes are held, year by year."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from accounts.models import Partner, User
from programs import shift
from programs.models import Application, Run
from tables.charts import svg
from tables.values import Ratio

TODAY = date(2026, 11, 24)
LABELS = (
    "진로교육 전문업체",
    "기업",
    "대학",
    "교육청·유관기관",
    "기관 없이",
    "전체 회차",
    "기업·대학 비율",
    "참여 인원(명)",
)


def _held(make_run, program, starts, *partners, state=Run.State.PLANNED) -> Run:
    run = make_run(
        program, starts_at=f"{starts} 10:00", ends_at=f"{starts} 12:00", opens_at=None, closes_at=None, state=state
    )
    run.partners.add(*partners)
    return run


def test_each_year_counts_what_was_held_and_with_whom(make_program, make_run):
    agency, company, university = (
        Partner.objects.create(name=kind, kind=kind) for kind in ("agency", "company", "university")
    )
    program = make_program()
    _held(make_run, program, "2025-01-01", agency)
    _held(make_run, program, "2025-12-31", agency)
    both = _held(make_run, program, "2026-05-01", company, university)
    _held(make_run, program, "2026-11-24", agency)
    _held(make_run, program, "2026-06-01")  # with nobody
    _held(make_run, program, "2026-11-25", company)  # tomorrow: not held yet
    _held(make_run, program, "2026-07-01", company, state=Run.State.CANCELLED)
    user = User.objects.create_user("a@example.com", name="김보호")
    for number, (state, places) in enumerate([("confirmed", 2), ("accepted", 1), ("cancelled", 1)], start=1):
        Application.objects.create(
            run=both, number=number, applicant=user, state=state, places=places, confirmed_at=timezone.now()
        )

    table = shift.table(TODAY)

    assert tuple(column.label for column in table.columns) == LABELS
    assert {row.label: row.cells for row in table.rows} == {
        "2025년": (2, 0, 0, 0, 0, 2, Ratio(0, 2), 0),
        "2026년": (1, 1, 1, 0, 1, 3, Ratio(1, 2), 3),
    }
    said = shift.chart(table).description
    assert "2025년 기업·대학 비율 0.0% (0/2)" in said
    assert "2026년 기업·대학 비율 50.0% (1/2)" in said


def test_a_centre_that_held_nothing_has_a_table_and_a_chart_all_the_same(db):
    table = shift.table(TODAY)

    assert [row.label for row in table.rows] == ["2026년"]
    assert str(table.rows[0].cells[-2]) == "–"
    assert "<svg" in svg(shift.chart(table))


def test_the_cost_is_two_queries(make_program, make_run, django_assert_num_queries):
    for month in range(1, 11):
        _held(make_run, make_program(), f"2026-{month:02}-01", Partner.objects.create(name=str(month), kind="company"))
    with django_assert_num_queries(2):
        shift.table(TODAY)
