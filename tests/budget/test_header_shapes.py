"""Fifty tables of other header shapes, read back cell by cell from page, CSV, XLSX and the PDF's tags."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from documents.making import unnumbered
from documents.pdf import render
from tables.files import as_csv, as_xlsx
from tables.values import Column, Kind, Row, Table, Unit
from tests.budget.test_plan_table import Grid, tags

pytestmark = pytest.mark.django_db
DATED = datetime(2026, 11, 24, 5, tzinfo=UTC)
WORDS = ("확보액", "집행액", "예약", "완료", "소요액", "인원", "잔액", "배정")
GROUPS = ("상반기", "하반기", "1분기", "국비", "시비", "", "")

fifty = settings(
    max_examples=50,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def shapes(draw) -> Table:
    """Groups of one to three columns beside columns that stand alone; blanks, zeros and minus; with and without a total."""
    columns, last = [], None
    for _ in range(draw(st.integers(1, 4))):
        group = draw(st.sampled_from([name for name in GROUPS if name == "" or name != last]))
        labels = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True))
        columns += [Column(label, draw(st.sampled_from([Kind.WON, Kind.COUNT])), group) for label in labels]
        last = group
    cells = st.one_of(st.none(), st.integers(0, 10**10), st.integers(-(10**7), -1))
    count = draw(st.integers(1, 6))
    rows = [
        Row(f"{number}행", tuple(draw(cells) for _ in columns), total=number == 1 and draw(st.booleans()))
        for number in range(1, count + 1)
    ]
    return Table("shape", "모양", "구분", tuple(columns), tuple(rows), draw(st.sampled_from(Unit)))


def chains(table: Table) -> list[list[str]]:
    """What each data cell's heads are: the row's, the group's where there is one, the column's."""
    return [[row.label, *filter(None, (c.group, c.label))] for row in table.rows for c in table.columns]


def texts(table: Table) -> list[str]:
    return [text for row in table.rows for _, text in table.shown(row)]


def from_html(table: Table) -> list[tuple[list[str], str]]:
    grid = Grid()
    grid.feed(render_to_string("budget/table.html", {"table": table}))
    heads = 2 if table.groups else 1
    found = []
    for row in range(heads, heads + len(table.rows)):
        for column in range(1, len(table.columns) + 1):
            above = list(dict.fromkeys(grid.texts[level, column] for level in range(heads)))
            found.append(([grid.texts[row, 0], *above], grid.texts[row, column]))
    return found


def from_csv(table: Table) -> list[tuple[list[str], str]]:
    head, *body = csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig")))
    return [
        ([row[0], *name.split(" ")], cell)
        for row in body[: len(table.rows)]
        for name, cell in zip(head[1:], row[1:], strict=True)
    ]


def from_xlsx(table: Table) -> list[tuple[list[str], object]]:
    """Merged heads are read as a spreadsheet shows them; a total is worked out from its formula."""
    page = load_workbook(io.BytesIO(as_xlsx(table))).active
    first = 5 if table.groups else 4
    spans = {
        (row, column): page.cell(area.min_row, area.min_col).value
        for area in page.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }

    def value(cell) -> object:
        if isinstance(cell.value, str) and cell.value.startswith("="):
            return sum(page[spot].value or 0 for spot in cell.value[1:].split("+"))
        return cell.value

    found = []
    for row in range(first, first + len(table.rows)):
        for column in range(2, len(table.columns) + 2):
            above = [spans.get((level, column), page.cell(level, column).value) for level in range(3, first)]
            heads = [str(page.cell(row, 1).value), *filter(None, dict.fromkeys(above))]
            found.append((heads, value(page.cell(row, column))))
    return found


@seed(20261125)
@fifty
@given(shapes())
def test_every_cell_is_read_back_from_every_form(table):
    expected, shown = chains(table), texts(table)
    raw = [
        None if cell is None else table.unit.of(cell) if column.kind == Kind.WON else cell
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
    ]
    assert from_html(table) == list(zip(expected, shown, strict=True))
    assert [(heads, int(cell) if cell else None) for heads, cell in from_csv(table)] == list(
        zip(expected, raw, strict=True)
    )
    cells = [cell for row in table.rows for cell in row.cells]
    assert from_xlsx(table) == list(zip(expected, cells, strict=True))
    file = unnumbered([table], title="모양", dated=DATED)
    assert tags(io.BytesIO(file)) == list(zip(expected, shown, strict=True))


# --- Heads of three levels, and rows with two heads: shapes that a table value does not have yet ------------
@st.composite
def deep(draw) -> tuple[str, list[list[str]]]:
    """HTML whose heads span rows and columns at random over three levels, and the chain of every data cell."""
    first, second, third, chain = ['<th rowspan="3" colspan="2">구분</th>'], [], [], []
    for number in range(draw(st.integers(1, 3))):
        name = f"가{number}"
        kind = draw(st.sampled_from(["one", "two", "three"]))
        if kind == "one":  # one head for all levels
            first.append(f'<th rowspan="3">{name}</th>')
            chain.append([name])
        elif kind == "two":  # a wide head of two levels above its columns
            width = draw(st.integers(1, 3))
            first.append(f'<th rowspan="2" colspan="{width}">{name}</th>')
            third += [f"<th>{name}나{place}</th>" for place in range(width)]
            chain += [[name, f"{name}나{place}"] for place in range(width)]
        else:
            widths = draw(st.lists(st.integers(1, 2), min_size=1, max_size=2))
            first.append(f'<th colspan="{sum(widths)}">{name}</th>')
            for place, width in enumerate(widths):
                second.append(f'<th colspan="{width}">{name}다{place}</th>')
                third += [f"<th>{name}다{place}라{leaf}</th>" for leaf in range(width)]
                chain += [[name, f"{name}다{place}", f"{name}다{place}라{leaf}"] for leaf in range(width)]
    body, chains = "", []
    for group in range(draw(st.integers(1, 2))):
        height = draw(st.integers(1, 3))
        for line in range(height):
            head = f'<th rowspan="{height}">묶음{group}</th>' if line == 0 else ""
            body += f"<tr>{head}<th>줄{group}{line}</th>{''.join('<td>1</td>' for _ in chain)}</tr>"
            chains += [[f"묶음{group}", f"줄{group}{line}", *above] for above in chain]
    rows = "".join(f"<tr>{''.join(cells)}</tr>" for cells in (first, second, third))
    return f"<table><thead>{rows}</thead><tbody>{body}</tbody></table>", chains


@seed(20261126)
@fifty
@given(deep())
def test_heads_over_three_levels_and_beside_groups_of_rows(tmp_path_factory, settings, shape):
    html, expected = shape
    folder = tmp_path_factory.mktemp("deep")
    (folder / "deep.html").write_text(
        f'<html lang="ko"><head><title>x</title></head><body><h1>x</h1>{html}</body></html>', encoding="utf-8"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [folder]}]
    assert [heads for heads, _ in tags(io.BytesIO(render("deep.html", {}, title="x", dated=DATED)))] == expected


def test_heads_are_repeated_and_named_on_every_page():
    columns = (Column("편성", Kind.WON, "상반기"), Column("집행", Kind.WON, "상반기"), Column("잔액", Kind.WON))
    rows = tuple(Row(f"{number}번", (number, number, 0)) for number in range(1, 121))
    table = Table("long", "긴 표", "번호", columns, rows)
    cells = tags(io.BytesIO(unnumbered([table], title="긴 표", dated=DATED)))
    assert [heads for heads, _ in cells] == chains(table)
