"""The plan's table, 84 of 84 cells, read back from every form in which it leaves the house."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date
from html.parser import HTMLParser

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from openpyxl import load_workbook
from pypdf import PdfReader

from budget.ledger import Posting, post
from budget.models import Conflict, Entry, FiscalYear, Line, Project, PublishedFigure, PublishedSource, Stage
from budget.published import differences
from budget.sums import Known
from budget.tables import plan_table
from gumcheon_portal.plan import money

pytestmark = pytest.mark.django_db
DAY = date(2022, 12, 31)


@pytest.fixture
def plan():
    assert money.load() == 36
    return PublishedSource.objects.get()


@pytest.fixture
def printed(plan):
    """Every cell by its row and head, as the paper prints it; ``None`` for blank."""
    return {(one.row, one.column): one.value for one in plan.figures.all()}


def heads(table):
    return [f"{column.group.removesuffix('년')}.{column.label.replace(' ', '')}" for column in table.columns]


def test_the_value_is_the_paper_cell_by_cell(printed):
    table = plan_table(Known(DAY))
    found = {
        (row.label, head): None if won is None else won // 1_000_000
        for row in table.rows
        for head, won in zip(heads(table), row.cells, strict=True)
    }
    assert len(found) == 84
    assert found == printed
    assert (sum(value is not None for value in found.values()), list(found.values()).count(None)) == (36, 48)


def write(tmp_path, form, **options):
    file = tmp_path / f"plan.{form}"
    call_command("budget_table", format=form, output=file, as_of=DAY, **options)
    return file


def as_printed(text):
    return int(text.replace(",", "")) if text not in (None, "") else None


def test_csv(printed, tmp_path):
    rows = list(csv.reader(io.StringIO(write(tmp_path, "csv").read_text("utf-8-sig"))))
    head = [name.replace("년 ", ".", 1) if "년 " in name else name.replace(" ", ".", 1) for name in rows[0][1:]]
    found = {
        (row[0], name.replace(" ", "")): as_printed(cell)
        for row in rows[1:7]
        for name, cell in zip(head, row[1:], strict=True)
    }
    assert found == printed


class Grid(HTMLParser):
    """A table laid out on its grid, so that every cell knows the heads above it."""

    def __init__(self):
        super().__init__()
        self.rows, self.texts, self.row, self.open = [], {}, -1, None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "tr":
            self.row += 1
        if tag in ("th", "td"):
            column = 0
            while (self.row, column) in self.texts:
                column += 1
            spot = [
                (self.row + down, column + right)
                for down in range(int(given.get("rowspan", 1)))
                for right in range(int(given.get("colspan", 1)))
            ]
            self.texts |= dict.fromkeys(spot, "")
            self.open = spot

    def handle_data(self, data):
        for spot in self.open or ():
            self.texts[spot] += data.strip()

    def handle_endtag(self, tag):
        if tag in ("th", "td"):
            self.open = None


def test_html(printed, tmp_path):
    grid = Grid()
    grid.feed(write(tmp_path, "html").read_text())
    found = {
        (
            grid.texts[row, 0],
            f"{grid.texts[0, column].removesuffix('년')}.{grid.texts[1, column].replace(' ', '')}",
        ): as_printed(grid.texts[row, column])
        for row in range(2, 8)
        for column in range(1, 15)
    }
    assert found == printed


def test_xlsx_has_numbers_and_totals_as_formulas(printed, tmp_path):
    page = load_workbook(write(tmp_path, "xlsx")).active
    rows = {
        row[0].value: row for row in page.iter_rows() if row[0].value in {"계", "국비", "시비", "구비", "민간", "기타"}
    }
    table = plan_table(Known(DAY))
    for (label, head), value in printed.items():
        cell = rows[label][heads(table).index(head) + 1]
        if label == "계":
            parts = [page[spot].value or 0 for spot in cell.value.removeprefix("=").split("+")]
            assert (len(parts), sum(parts)) == (5, value * 1_000_000), (label, head)
        else:
            assert cell.value == (None if value is None else value * 1_000_000), (label, head)


def tags(file):
    """Data cells of the tagged PDF with the text of the heads that they name."""
    reader = PdfReader(file)
    texts = _marked(reader)
    cells = []

    def text_of(node):
        kids = node.get("/K", [])
        kids = kids if isinstance(kids, list) else [kids]
        found = []
        for kid in (kid.get_object() if hasattr(kid, "get_object") else kid for kid in kids):
            if isinstance(kid, int):
                page = node["/Pg"].get_object()
                found.append(texts.get((id(page), kid), texts.get((page.indirect_reference.idnum, kid), "")))
            elif "/S" in kid:
                found.append(text_of(kid))
            elif "/MCID" in kid:
                page = kid.get("/Pg", node.get("/Pg")).get_object()
                found.append(texts.get((page.indirect_reference.idnum, kid["/MCID"]), ""))
        return "".join(found).strip()

    byid = {}

    def walk(node):
        if "/ID" in node:
            byid[bytes(node["/ID"]) if isinstance(node["/ID"], bytes) else str(node["/ID"])] = text_of(node)
        if node.get("/S") == "/TD":
            cells.append(node)
        kids = node.get("/K", [])
        for kid in [one.get_object() for one in (kids if isinstance(kids, list) else [kids])]:
            if hasattr(kid, "get") and "/S" in kid:
                walk(kid)

    root = reader.trailer["/Root"]["/StructTreeRoot"]
    kids = root["/K"]
    for kid in kids if isinstance(kids, list) else [kids]:
        walk(kid.get_object())

    def key(one):
        return bytes(one) if isinstance(one, bytes) else str(one)

    found = []
    for cell in cells:
        attributes = cell.get("/A", {})
        attributes = attributes.get_object() if hasattr(attributes, "get_object") else attributes
        found.append(([byid[key(one)] for one in attributes["/Headers"]], text_of(cell)))
    return found


def _marked(reader):
    """Text by page and MCID."""
    texts = {}
    for page in reader.pages:
        current = [None]
        key = page.indirect_reference.idnum

        def before(operator, operands, cm, tm, current=current):
            if operator == b"BDC":
                current[0] = operands[1].get("/MCID") if hasattr(operands[1], "get") else None
            elif operator == b"EMC":
                current[0] = None

        def seen(text, cm, tm, font, size, current=current, key=key):
            if current[0] is not None and text.strip():
                texts[key, current[0]] = texts.get((key, current[0]), "") + text.strip()

        page.extract_text(visitor_operand_before=before, visitor_text=seen)
    return texts


def test_pdf_tags_with_their_header_chains(printed, tmp_path):
    cells = tags(write(tmp_path, "pdf"))
    assert len(cells) == 84
    found = {}
    for chain, text in cells:
        row, group, word = chain
        found[row, f"{group.removesuffix('년')}.{word.replace(' ', '')}"] = as_printed(text)
    assert found == printed


def test_what_is_recorded_later_changes_no_older_print(plan, tmp_path, django_user_model):
    before = hashlib.sha256(write(tmp_path, "pdf").read_bytes()).hexdigest()
    clerk = django_user_model.objects.create_user("c@example.com", name="류예산", is_staff=True)
    line = Line.objects.get(year__year=2022, source="district")
    post(Posting(line, Stage.REVISION, 5_000_000, date(2022, 6, 1), "늦게 적은 추경"), by=clerk)
    assert hashlib.sha256(write(tmp_path, "pdf").read_bytes()).hexdigest() == before
    assert plan_table(Known(date(2100, 1, 1))) != plan_table(Known(DAY))


def test_a_voted_year_is_secured_and_the_others_still_needed(plan, django_user_model):
    clerk = django_user_model.objects.create_user("c@example.com", name="류예산", is_staff=True)
    line = Line.objects.get(year__year=2023, source="district")
    post(Posting(line, Stage.BUDGET, 1_000_000_000, date(2022, 12, 20), "2023년 본예산"), by=clerk)
    later = plan_table(Known(date(2100, 1, 1)))
    words = {column.group: column.label for column in later.columns[4::2]}
    assert words == {"2022년": "소요액", "2023년": "확보액", "2024년": "소요액", "2025년": "소요액", "2026년": "소요액"}
    assert later.rows[3].cells[6] == 1_000_000_000  # what was voted stands where 1,008 was needed
    assert plan_table(Known(DAY)).rows[3].cells[6] == 1_008_000_000


def test_differences_are_listed_and_none_is_there_at_first(plan, django_user_model):
    assert differences(plan, Known(DAY)) == []
    PublishedFigure.objects.filter(row="계", column="합계.확보액및투자수요").update(value=4955)
    (one,) = differences(plan, Known(DAY))
    assert one.won == 897_000_000
    PublishedFigure.objects.filter(row="국비", column="2022.소요액").update(value=0)
    assert len(differences(plan, Known(DAY))) == 2  # blank is not zero


def test_the_plans_contradictions_wait_for_a_decision(plan):
    assert Conflict.objects.filter(weight="conflict", settled_on=None).count() == 4
    assert Conflict.objects.filter(weight="remark").count() == 11
    assert "897" in Conflict.objects.get(key="total").remark


def test_loading_again_adds_nothing(plan):
    counted = [model.objects.count() for model in (Entry, Line, FiscalYear, Project, PublishedFigure, Conflict)]
    assert money.load() == 0
    assert [model.objects.count() for model in (Entry, Line, FiscalYear, Project, PublishedFigure, Conflict)] == counted
    assert counted == [12, 10, 5, 3, 84, 15]


def test_before_the_plan_was_known_there_is_nothing(plan):
    table = plan_table(Known(date(2022, 12, 30)))
    assert {cell for row in table.rows[1:] for cell in row.cells[2:]} == {None}


def test_a_year_without_entries_is_said(plan, tmp_path):
    with pytest.raises(CommandError, match="기록이 없습니다"):
        call_command("budget_table", "source", year=2001, output=tmp_path / "x.csv")
