"""An extract: read, told, judged, posted all or nothing and never twice."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest

from budget import balance, ledger
from budget.extracts import importing, judging, mapping, reading
from budget.extracts.importing import NotImported
from budget.extracts.mapping import NotSaid
from budget.extracts.reading import Unreadable
from budget.ledger import Posting
from budget.models import Entry, Extract, ExtractRow, Stage
from tables.files import as_csv as table_csv
from tables.values import Column, Row, Table
from tables.values import Kind as Cell
from tests.budget.extracts.sheets import HEADER, as_csv, as_xlsx, row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def receive(clerk):
    def receive(*rows, data: bytes | None = None) -> Extract:
        return importing.receive(data or as_csv(rows), name="3월.csv", by=clerk)

    return receive


# --- Reading ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("data", [as_csv([row()]), as_csv([row()], encoding="cp949"), as_xlsx([row()])])
def test_csv_of_both_encodings_and_xlsx_say_the_same(data):
    sheet = reading.read(data)
    assert sheet.header == HEADER
    assert sheet.rows == ((2, tuple(str(cell) for cell in row())),)


def test_days_and_numbers_of_a_spreadsheet_become_text():
    sheet = reading.read(as_xlsx([row(**{"일자": datetime(2026, 3, 2), "금액(원)": 100_000.0})]))  # noqa: DTZ001
    assert (sheet.rows[0][1][0], sheet.rows[0][1][7]) == ("2026-03-02", "100000")


def test_empty_lines_are_passed_over_and_numbers_stay_those_of_the_file():
    sheet = reading.read(as_csv([[""] * 9, row(), [""] * 9, row()]))
    assert [number for number, _cells in sheet.rows] == [3, 5]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "찾지 못했습니다"),
        (as_csv([]), "찾지 못했습니다"),
        (b"PK\x03\x04 nothing", "읽을 수 없습니다"),
        (b"\xff\xfe\x00\x81", "읽을 수 없습니다"),
        (as_csv([["1", "2"]], header=["같음", "같음"]), "겹칩니다"),
        (b"x" * (reading.MOST_BYTES + 1), "너무 큽니다"),
    ],
)
def test_what_is_no_table_is_refused(data, why):
    with pytest.raises(Unreadable, match=why):
        reading.read(data)


def test_a_file_that_unpacks_to_too_much_is_not_opened():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (reading.MOST_UNPACKED + 1))
    with pytest.raises(Unreadable, match="풀면"):
        reading.read(out.getvalue())


# --- Columns --------------------------------------------------------------------------------------------
def test_columns_are_guessed_by_their_names(receive):
    assert len(receive(row()).columns) == len(HEADER)


def test_what_somebody_said_is_remembered_for_the_same_header(receive, funded, clerk):
    strange = ("가", "나", "다", "라", "마", "바", "사", "아", "자")
    data = as_csv([row()], header=strange)
    first = receive(data=data)
    assert first.columns == {}
    with pytest.raises(NotSaid, match="어느 열"):
        importing.post(first, by=clerk)
    said = dict(zip([one.value for one in mapping.Meaning], (0, 1, 2, 3, 4, 5, 6, 7, 8), strict=True))
    importing.say_columns(first, said)
    assert receive(data=data).columns == said
    with pytest.raises(NotSaid, match="두 가지로"):
        importing.say_columns(first, {**said, "day": 1})


# --- Posting --------------------------------------------------------------------------------------------
def test_commitments_payments_and_returns_are_chained(receive, funded, clerk):
    extract = receive(
        row(구분="원인행위", 지급결의번호="원-1", **{"금액(원)": "500,000"}),
        row(지급결의번호="지-1", 원인행위번호="원-1", **{"금액(원)": "300,000"}),
        row(구분="반납", 지급결의번호="반-1", 원인행위번호="지-1", **{"금액(원)": "50,000원"}),
        row(지급결의번호="지-2"),
    )
    report = importing.post(extract, by=clerk)
    assert [fact.fate for fact in report.facts] == ["new"] * 4
    found = balance.of(funded.pk)
    assert (found.committed, found.paid) == (550_000, 350_000)
    extract.refresh_from_db()
    assert extract.state == Extract.State.POSTED
    assert ExtractRow.objects.filter(entry__recorded_by=clerk).count() == 4


def test_three_bad_lines_change_nothing_and_are_named(receive, funded, clerk):
    extract = receive(
        row(),
        row(지급결의번호="지-2", 일자="2026-13-40"),
        row(지급결의번호="지-3", 통계목="999-99"),
        row(지급결의번호="지-4", **{"금액(원)": "=1+1"}),
    )
    before = Entry.objects.count()
    with pytest.raises(NotImported, match="3개") as refused:
        importing.post(extract, by=clerk)
    assert {number: why[:6] for number, why in refused.value.lines.items()} == {
        3: "일자 ‘20",
        4: "2026년도",
        5: "금액 ‘=1",
    }
    assert Entry.objects.count() == before
    assert not ExtractRow.objects.exists()


def test_a_line_that_the_ledger_refuses_takes_the_others_along(receive, funded, clerk):
    extract = receive(row(), row(지급결의번호="지-2", **{"금액(원)": "900,001"}))
    before = Entry.objects.count()
    with pytest.raises(NotImported) as refused:
        importing.post(extract, by=clerk)
    assert "남은 금액은 900,000원" in refused.value.lines[3]
    assert Entry.objects.count() == before
    extract.refresh_from_db()
    assert extract.state == Extract.State.LOOKED_AT


def test_a_line_is_taken_in_once_however_often_it_is_sent(receive, funded, clerk):
    importing.post(receive(row()), by=clerk)
    again = importing.post(receive(row(), row(지급결의번호="지-2")), by=clerk)
    assert [fact.fate for fact in again.facts] == ["known", "new"]
    assert balance.of(funded.pk).paid == 200_000
    with pytest.raises(NotImported, match="이미 처리한"):
        importing.post(Extract.objects.latest("pk"), by=clerk)


def test_what_was_written_by_hand_is_known_and_another_sum_is_not(receive, funded, clerk):
    ledger.spend(Posting(funded, Stage.PAYMENT, 100_000, date(2026, 3, 2), "손으로", "지-1"), by=clerk)
    report = importing.post(receive(row()), by=clerk)
    assert [fact.fate for fact in report.facts] == ["known"]
    assert balance.of(funded.pk).paid == 100_000
    (fact,) = judging.judge(receive(row(**{"금액(원)": "100,001"}))).facts
    assert "이미 기록되어 있습니다" in fact.why


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([row(), row()], "똑같습니다"),
        ([row(구분="구입")], "모릅니다"),
        ([row(재원="군비")], "모릅니다"),
        ([row(일자="2026-11-25")], "앞날"),
        ([row(지급결의번호="")], "문서번호가 없습니다"),
        ([row(**{"금액(원)": "-5"})], "맞지 않습니다"),
        ([row(원인행위번호="원-9")], "찾지 못했습니다"),
        ([row(구분="반납")], "앞 문서번호"),
    ],
)
def test_lines_that_cannot_be(receive, funded, rows, why):
    assert why in judging.judge(receive(*rows)).wrong[0].why


def test_a_payment_cannot_come_before_its_commitment(receive, funded):
    later = row(구분="원인행위", 지급결의번호="원-1")
    assert judging.judge(receive(row(원인행위번호="원-1"), later)).wrong[0].number == 2


def test_kept_lines_touch_nothing_and_may_be_posted_later(receive, funded, clerk):
    extract = receive(row())
    importing.keep(extract, by=clerk)
    assert ExtractRow.objects.get().entry is None
    assert balance.of(funded.pk).paid == 0
    importing.post(Extract.objects.get(pk=extract.pk), by=clerk)
    assert ExtractRow.objects.get().entry.amount_won == 100_000


def test_a_dropped_file_is_forgotten(receive, funded, clerk):
    extract = receive(row())
    importing.drop(extract, by=clerk)
    importing.drop(extract, by=clerk)  # twice is once
    extract.refresh_from_db()
    assert (extract.state, extract.rows) == (Extract.State.DROPPED, [])


@pytest.mark.parametrize("bad", ["=HYPERLINK(1)", "+1", "@SUM(1)", "-2"])
def test_a_formula_stays_text_and_leaves_the_house_harmless(receive, funded, clerk, bad):
    importing.post(receive(data=as_csv([row(적요=bad)])), by=clerk)
    reason = Entry.objects.get(stage=Stage.PAYMENT).reason
    assert reason == bad
    table = Table("t", "표", "적요", (Column("값", Cell.TEXT),), (Row("1", (reason,)),))
    assert f"'{bad}" in table_csv(table).decode("utf-8-sig")


def test_a_spreadsheet_s_formula_is_read_as_its_value_and_never_as_a_formula():
    assert "=" not in "".join(reading.read(as_xlsx([row(적요='=HYPERLINK("http://x")')])).rows[0][1])
