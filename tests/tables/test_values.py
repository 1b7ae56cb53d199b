from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from django.template import Context, Template
from openpyxl import load_workbook

from tables.files import as_csv, as_xlsx
from tables.values import HIDDEN, Column, Kind, Ratio, Row, Table, Unit, total_row, written


@pytest.mark.parametrize(
    ("numerator", "denominator", "percent"),
    [(569, 1154, "49.3"), (66, 137, "48.2"), (503, 1017, "49.5"), (569, 5852, "9.7"), (1, 400, "0.3"), (0, 7, "0.0")],
)
def test_a_share_is_rounded_half_up_to_one_decimal(numerator, denominator, percent):
    assert Ratio(numerator, denominator).percent == Decimal(percent)


def test_a_share_without_a_base_is_a_dash():
    assert str(Ratio(3, 0)) == "–"
    assert str(Ratio(569, 1154)) == "49.3% (569/1,154)"


@pytest.mark.parametrize(
    ("won", "million"), [(1_154_499_999, 1154), (1_154_500_000, 1155), (-500_000, -1), (499_999, 0)]
)
def test_won_become_million_half_away_from_zero(won, million):
    assert Unit.MILLION.of(won) == million


def test_blank_is_not_zero():
    assert written(None, Kind.WON) == ""
    assert written(0, Kind.WON) == "0"
    assert written(-1_500_000, Kind.WON, Unit.MILLION) == "△2"


def money(*won: int | None) -> Table:
    rows = [Row(f"{n}번", (value,)) for n, value in enumerate(won, start=1)]
    return Table(
        "money", "집행", "구분", (Column("금액", Kind.WON),), (*rows, total_row("계", rows)), unit=Unit.MILLION
    )


def test_the_rounding_note_appears_only_where_printed_parts_and_total_differ():
    assert "단수처리" in money(500_000, 500_000).footnotes[0]
    assert money(1_000_000, 2_000_000).footnotes == ()


def test_a_total_of_blanks_is_blank():
    assert money(None, None).rows[-1].cells == (None,)
    assert money(None, 0).rows[-1].cells == (0,)


def test_a_row_of_another_width_is_refused():
    with pytest.raises(ValueError, match="not 1"):
        Table("t", "표", "구분", (Column("수"),), (Row("가", (1, 2)),))


TABLE = Table(
    "uses", "이용 현황", "학교급",
    (Column("초등", group="학생"), Column("중등", group="학생"), Column("집행률", Kind.RATIO)),
    (Row("=1+1", (7, HIDDEN, Ratio(1, 2))), Row("시흥", (8, None, Ratio(0, 0))), Row("계", (15, HIDDEN, Ratio(1, 2)), total=True)),
    as_of=date(2026, 9, 30),
)  # fmt: skip


def test_the_page_has_heads_scopes_and_notes():
    html = Template("{% load tables %}{% figures table %}").render(Context({"table": TABLE}))

    assert '<th scope="colgroup" colspan="2">학생</th>' in html
    assert '<th scope="row">시흥</th>' in html
    assert "2026. 9. 30." in html
    assert "가린 칸" in html


def test_csv_opens_in_korean_and_runs_no_formula():
    lines = as_csv(TABLE).decode("utf-8-sig").splitlines()

    assert lines[0] == "학교급,학생 초등,학생 중등,집행률"
    assert lines[1] == "'=1+1,7,*,50.0"
    assert lines[2] == "시흥,8,,"


def test_xlsx_keeps_numbers_as_numbers_and_adds_totals_up():
    sheet = load_workbook(io.BytesIO(as_xlsx(TABLE))).active

    rows = list(sheet.iter_rows(min_row=5, max_row=7, values_only=True))
    assert rows[0] == ("'=1+1", 7, "*", "=1/2")
    assert rows[1] == ("시흥", 8, None, "–")
    assert rows[2] == ("계", "=B5+B6", "*", "=1/2")
    assert sheet.cell(5, 1).data_type == "s"
