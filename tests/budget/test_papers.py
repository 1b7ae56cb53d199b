"""Budget papers: one number for the same figures, the same bytes on any later day, and every download with a reason."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import date

import pytest
import time_machine
from django.core.management import call_command
from pypdf import PdfReader

from budget import ledger, moves, papers, registers
from budget.models import Carry, Entry, Stage
from budget.reports import REPORTS
from budget.sums import Known
from documents.kinds import get
from documents.models import IssuedDocument, Series
from lifecycle.append_only import expiring
from lifecycle.locks import Refused
from lifecycle.models import Work
from lifecycle.work import advance
from notices.models import Notice
from programs.models import Program
from tables.values import Unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
DAY = date(2026, 10, 31)
QUICK = [code for code, report in REPORTS.items() if not report.long]


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def program(db):
    return Program.objects.create(
        title="별 관찰 교실", area="career", kind="experience", summary="별", audience=["student"]
    )


@pytest.fixture
def year(make_line, put, clerk, program):
    """A year with something in every report, written down over its months."""
    with time_machine.travel("2026-01-05 10:00+09:00", tick=False):
        first, second = make_line(), make_line(account="201-01")
        put(first, Stage.NEED, 9_000_000, date(2026, 1, 2))
        put(first, Stage.BUDGET, 12_345_678, date(2026, 1, 2), program=program)
        put(second, Stage.BUDGET, 3_000_000, date(2026, 1, 2))
    with time_machine.travel("2026-05-06 10:00+09:00", tick=False):
        bound = put(first, Stage.COMMITMENT, 2_500_500, date(2026, 5, 4), program=program)
        ledger.pay(bound, 1_000_250, effective_on=date(2026, 5, 6), reason="강사료", by=clerk)
        moves.shift(first, second, 500_000, effective_on=date(2026, 5, 6), reason="재료비 부족", by=clerk)
    return first, second


def empty_the_store():
    """As if the papers' tables and files had been lost, the ledger alone being there."""
    with expiring():
        IssuedDocument.objects.all().delete()
    Series.objects.all().delete()


def content(paper):
    return b"".join(paper.print.pieces())


def make(code, clerk, day=DAY):
    paper = papers.print_out(REPORTS[code], Known(day), 2026, by=clerk)
    if not paper.is_ready:
        advance("pdf", seconds=1)
        paper = IssuedDocument.objects.with_rest().get(pk=paper.pk)
    return paper


def test_asked_again_it_is_the_same_paper(year, clerk, put):
    once = make("source", clerk)
    with time_machine.travel("2026-11-26 09:00+09:00", tick=False):
        assert make("source", clerk).number == once.number
    assert (once.number, once.known_entry) == ("예산-2026-000001", Entry.objects.latest("pk").pk)
    put(year[0], Stage.REVISION, 1_000, date(2026, 10, 1))  # recorded today, not known on that day
    assert make("source", clerk).number == once.number
    assert make("source", clerk, date(2026, 11, 24)).number == "예산-2026-000002"


def test_printed_anew_after_everything_later_it_is_the_same_file(year, clerk, put, make_line):
    def all_of_them():
        return {code: hashlib.sha256(content(make(code, clerk))).hexdigest() for code in REPORTS}

    before = all_of_them()
    first, second = year
    put(first, Stage.REVISION, 2_000_000, date(2026, 9, 1))
    put(first, Stage.REVISION, -500_000, date(2026, 10, 1))
    moves.carry(first, 700_000, Carry.EXPRESS, effective_on=date(2026, 10, 30), reason="공사 지연", by=clerk)
    ledger.reverse(Entry.objects.get(stage=Stage.PAYMENT), reason="잘못 적음", by=clerk)
    moves.shift(second, first, 100_000, effective_on=date(2026, 10, 2), reason="되돌림", by=clerk)
    empty_the_store()
    with time_machine.travel("2027-01-15 09:00+09:00", tick=False):
        assert all_of_them() == before
    empty_the_store()
    later = {code: hashlib.sha256(content(make(code, clerk, date(2026, 11, 24)))).hexdigest() for code in REPORTS}
    assert all(later[code] != before[code] for code in REPORTS)


def test_another_key_of_the_house_gives_another_verification_number(year, clerk, settings):
    code = make("source", clerk).code
    empty_the_store()
    settings.SECRET_KEY = "another"
    assert make("source", clerk).code != code


def test_a_day_to_come_and_a_year_of_nothing_are_refused(year, clerk):
    with pytest.raises(Refused, match="오늘까지"):
        make("source", clerk, date(2026, 11, 25))
    with pytest.raises(Refused, match="기록이 없어"):
        papers.print_out(REPORTS["source"], Known(DAY), 2031, by=clerk)
    assert not IssuedDocument.objects.exists()


def test_the_paper_says_unit_day_and_boxes_to_sign(year, clerk, settings):
    settings.BUDGET_SIGNERS = ["담당", "과장"]
    text = PdfReader(io.BytesIO(content(make("source", clerk)))).pages[0].extract_text()
    for words in ("예산-2026-000001", "2026. 10. 31.(토) 기준", "단위: 천원", "결재", "과장", "e호조"):
        assert words in text, words
    assert "팀장" not in text
    assert "2026. 11. 24." not in text  # the day of printing stands in the register alone


def test_the_figures_travel_inside_as_csv_and_json_of_the_papers_day(year, clerk):
    reader = PdfReader(io.BytesIO(content(make("source", clerk))))
    [name_csv, name_json] = sorted(name for name in reader.attachments if "집행" in name)
    rows = list(csv.reader(io.StringIO(reader.attachments[name_csv][0].decode("utf-8-sig"))))
    assert rows[1][:2] == ["계", "15346"]  # 천원, as printed
    told = json.loads(reader.attachments[name_json][0])
    assert told["rows"][0]["cells"][0] == 15_345_678  # won
    for file in reader.trailer["/Root"]["/AF"]:
        inner = file.get_object()
        assert inner["/AFRelationship"] == "/Data"
        assert "20261030150000Z" in inner["/EF"]["/F"].get_object()["/Params"]["/ModDate"].replace("'", "")


def test_a_long_paper_is_made_as_work_with_a_bar_and_a_notice(year, clerk):
    paper = papers.print_out(REPORTS["entries"], Known(DAY), 2026, by=clerk)
    assert not paper.is_ready
    [work] = Work.objects.all()
    assert papers.print_out(REPORTS["entries"], Known(DAY), 2026, by=clerk) == paper
    assert Work.objects.count() == 1
    advance("pdf", seconds=1)
    work.refresh_from_db()
    assert (work.state, work.percent, work.failed) == (Work.State.DONE, 100, [])
    assert IssuedDocument.objects.get().is_ready
    assert paper.get_absolute_url() in work.result["url"]
    assert Notice.objects.filter(key=f"work/{work.pk}").exists()


def test_moves_name_both_lines_and_a_reversed_one_stands_with_its_mirror(year, clerk):
    table = registers.moves(Known(DAY), 2026, Unit.WON)
    (one, total) = table.rows
    assert one.cells[0] == "전용"
    assert "201-03" in one.cells[2]
    assert "201-01" in one.cells[3]
    assert total.cells[4] == 500_000
    ledger.reverse(Entry.objects.get(stage=Stage.SHIFT_OUT), reason="취소", by=clerk)
    table = registers.moves(Known(date(2026, 11, 24)), 2026, Unit.WON)
    assert [row.cells[0] for row in table.rows] == ["전용", "전용 취소", None]
    assert table.rows[-1].cells[4] == 0


def test_the_list_of_entries_names_nobody(year, clerk):
    told = str(registers.entries(Known(DAY), 2026, Unit.WON))
    assert "강사료" not in told or clerk.name not in told
    assert len(registers.entries(Known(DAY), 2026, Unit.WON).rows) == 7


@pytest.mark.parametrize("code", REPORTS)
@pytest.mark.parametrize("form", ["csv", "json", "xlsx", "html"])
def test_every_report_comes_out_of_the_shell(year, tmp_path, code, form):
    file = tmp_path / f"x.{form}"
    call_command("budget_table", named=code, format=form, as_of=DAY, output=file)
    assert file.stat().st_size > 100


def test_every_kind_is_official(db):
    assert {get(f"budget.{code}").official for code in REPORTS} == {True}
