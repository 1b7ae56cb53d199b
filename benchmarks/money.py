"""Budget papers and tables: what a page costs, a hundred pages beside Chromium, and a million entries beside a thousand."""

from __future__ import annotations

import gc
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path
from statistics import median

from django.contrib.staticfiles import finders
from django.db import connection
from django.template.loader import render_to_string
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from benchmarks.measure import Effort
from benchmarks.portal import Portal
from benchmarks.report import Report
from budget import ledger, papers, tables
from budget.ledger import Posting
from budget.models import Account, FiscalYear, Line, Project, Source, Stage
from budget.reports import REPORTS
from budget.sums import Known
from documents import making
from documents.models import IssuedDocument
from tables.values import Column, Kind, Row, Table, Unit

PAGE_CPU, FIRST_CPU, DENSE_CPU = 0.35, 2.0, 10.0  # seconds of processor time
DENSE_ROWS, DENSE_COLUMNS = 500, 15  # about sixteen wide pages
LONG_ROWS = 2_400  # about a hundred
GROWTH, SPREAD = 1.1, 1.5
FEW, MANY = 1_000, 1_000_000
ROUNDS = 15
FIRST = """
import time, django; django.setup()
from documents import making
from documents.models import IssuedDocument
paper = IssuedDocument.objects.latest("pk")
began = time.process_time()
making.pdf_of(paper)
print(time.process_time() - began)
"""


def run(portal: Portal, report: Report, effort: Effort) -> None:
    short = effort != Effort.full()
    with portal.copy("money") as url:
        line = _line()
        _pages(report, line, url, papers_made=40 if short else 200)
        _dense(report)
        _beside_chromium(report, rows=LONG_ROWS // 8 if short else LONG_ROWS)
        _grown(report, line, MANY // 20 if short else MANY)


def _cpu(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _line() -> Line:
    clerk = User.objects.create_user("bench-clerk@example.com", name="류예산", is_staff=True)
    detail = Project.objects.filter(level=Project.Level.DETAIL).earliest("pk")
    year, _ = FiscalYear.objects.get_or_create(year=timezone.localdate().year)
    account, _ = Account.objects.get_or_create(code="201-03", defaults={"name": "행사운영비"})
    line = Line.objects.create(project=detail, year=year, account=account, source=Source.DISTRICT)
    ledger.post(Posting(line, Stage.BUDGET, 10**12, date(year.year, 1, 1), "본예산"), by=clerk)
    return line


# --- Papers ----------------------------------------------------------------------------------------
def _pages(report: Report, line: Line, url: str, *, papers_made: int) -> None:
    """One page again and again, in this process and as the first of a new one; memory over many."""
    clerk, today = User.objects.get(email="bench-clerk@example.com"), timezone.localdate()
    each, memory = [], []
    for number in range(papers_made):
        posting = Posting(line, Stage.COMMITMENT, 1_000 + number, today, "하나 더")  # so that each is another paper
        ledger.post(posting, by=clerk)
        paper = papers.print_out(REPORTS["source"], Known(today), today.year, by=clerk)
        if number >= 20:
            each.append(_cpu(lambda paper=paper: making.pdf_of(paper)))
            memory.append(_megabytes())
    environ = {**os.environ, "DATABASE_URL": url}
    first = float(
        subprocess.run([sys.executable, "-c", FIRST], env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout
    )
    row = {"papers": IssuedDocument.objects.count(), "cpu_s": median(each), "first_cpu_s": first}
    report.table("A budget paper of one page", [row | {"mb_first": memory[0], "mb_last": memory[-1]}])
    report.at_most("one page in a warm worker, seconds of processor time", median(each), PAGE_CPU)
    report.at_most("the first page of a fresh worker, seconds of processor time", first, FIRST_CPU)
    report.at_most("memory after the last paper beside the first", memory[-1] / memory[0], GROWTH)


def _dense(report: Report) -> None:
    columns = tuple(Column(f"{n}열", Kind.WON, f"{n // 5 + 1}묶음") for n in range(DENSE_COLUMNS))
    rows = tuple(Row(f"{n}번", tuple(n * 1_000 + c for c in range(DENSE_COLUMNS))) for n in range(DENSE_ROWS))
    table = Table("dense", "빽빽한 표", "번호", columns, rows, Unit.WON)
    found = _cpu(lambda: making.unnumbered([table], title="빽빽한 표", dated=_noon()))
    report.table("Sixteen dense tagged pages", [{"cells": DENSE_ROWS * DENSE_COLUMNS, "cpu_s": found}])
    report.at_most("sixteen dense tagged pages, seconds of processor time", found, DENSE_CPU)


def _beside_chromium(report: Report, *, rows: int) -> None:
    """The same HTML through our press, tagged and archival, and through headless Chromium, tagged."""
    columns = (
        Column("효력일", Kind.TEXT), Column("단계", Kind.TEXT), Column("세부사업", Kind.TEXT), Column("재원", Kind.TEXT),
        Column("금액", Kind.WON), Column("적요", Kind.TEXT), Column("문서번호", Kind.TEXT),
    )  # fmt: skip
    body = tuple(
        Row(
            str(n),
            (date(2026, 1, 1), "지출", "진로진학지원센터 운영", "구비", n * 1_000, "강사료와 재료비", f"지급-{n:05}"),
        )
        for n in range(rows)
    )
    table = Table("long", "긴 표", "기록", columns, body, Unit.WON, date(2026, 11, 24))
    began, cpu = time.perf_counter(), time.process_time()
    ours = making.unnumbered([table], title="긴 표", dated=_noon())
    row = {"rows": rows, "ours_s": time.perf_counter() - began, "ours_cpu_s": time.process_time() - cpu}
    row["ours_pages"] = len(PdfReader(io.BytesIO(ours)).pages)
    if browser := next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None):
        row |= _chromium(browser, table)
        row["ratio_cpu"] = row["ours_cpu_s"] / row["chromium_cpu_s"]
    report.table("A long paper beside headless Chromium", [row])  # the ratio is told, and promised to nobody


def _chromium(browser: str, table: Table) -> dict[str, float]:
    html = render_to_string("documents/unnumbered.html", {"title": "긴 표", "tables": [table], "issuer": "센터"})
    sheet = Path(str(finders.find("documents/print.css"))).as_uri()
    with tempfile.TemporaryDirectory() as folder:
        page, file = Path(folder) / "page.html", Path(folder) / "page.pdf"
        page.write_text(html.replace("static:documents/print.css", sheet), encoding="utf-8")
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile", f"--print-to-pdf={file}", page.as_uri(),
        ]  # fmt: skip
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        pages = file.read_bytes().count(b"/Type /Page\n")
        return {"chromium_s": time.perf_counter() - began, "chromium_cpu_s": cpu, "chromium_pages": pages}


# --- Tables ----------------------------------------------------------------------------------------
def _grown(report: Report, line: Line, most: int) -> None:
    found = {}
    for number in (FEW, most):
        _entries(line, number)
        found[number] = {
            "entries": _count(),
            "plan_ms": _took(lambda: tables.plan_table(Known(timezone.localdate()))),
            "monthly_ms": _took(lambda: tables.monthly(Known(timezone.localdate()), line.year.year)),
        }
    report.table("Tables of a ledger that grows", list(found.values()))
    for name in ("plan_ms", "monthly_ms"):
        spread = found[most][name] / found[FEW][name]
        report.at_most(f"{name.removesuffix('_ms')} table with {most:,} entries beside {FEW:,}", spread, SPREAD)


def _entries(line: Line, number: int) -> None:
    """Bring the ledger to ``number`` entries, spread over the months of five years up to now, as they are recorded."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO budget_entry (line_id, stage, amount_won, effective_on, recorded_at, recorded_on, document_no,
                                      reason, carry)
            SELECT line.id, 'need', 1000, moment::date, moment, moment::date, '', '많은 기록', ''
            FROM generate_series(1, %(number)s) n,
                 LATERAL (SELECT now() - (n %% 1826) * interval '1 day' - interval '1 hour' AS moment) at,
                 LATERAL (SELECT id FROM budget_line ORDER BY id OFFSET n %% (SELECT count(*) FROM budget_line) LIMIT 1) line
            """,
            {"number": max(number - _count(), 0)},
        )
        cursor.execute("VACUUM ANALYZE budget_entry")
        cursor.execute("VACUUM ANALYZE budget_monthsum")


def _count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM budget_entry")
        return int(cursor.fetchone()[0])


def _took(act: Callable[[], object]) -> float:
    """Milliseconds, the median of some rounds: the database's share is the one that may grow."""
    act()
    each = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        each.append(1000 * (time.perf_counter() - began))
    return median(each)


def _noon() -> datetime:
    return timezone.make_aware(datetime.combine(date(2026, 11, 24), clock(12)))


def _megabytes() -> float:
    """What this process holds in memory."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
