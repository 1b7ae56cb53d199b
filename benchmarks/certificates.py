"""Many certificates in one batch: what each costs beside one printed page, and whether memory stays where it is."""

from __future__ import annotations

import gc
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from django.utils import timezone

from accounts.models import Student
from benchmarks import stage
from benchmarks.measure import Effort
from benchmarks.portal import Portal
from benchmarks.report import Report
from documents import making
from documents.models import IssuedDocument
from lifecycle import work
from lifecycle.models import Work
from programs import attendance, certificates, papers
from programs.attendance import Entry
from programs.models import Application, Participant, Program, Run

MANY, FEW = 500, 60
WARM = 20  # papers before anything is measured: fonts, templates, queries
LIMIT = 1.2  # times the printing of the page alone
GROWTH = 1.1  # times the memory after the first papers
SLICE = 0.5  # seconds of the batch between two pages; a worker's own slices are longer


def run(portal: Portal, report: Report, effort: Effort) -> None:
    number = MANY if effort == Effort.full() else FEW
    with portal.copy("certificates"):
        clerk = stage.new_counselor().user
        held = _a_run(number + WARM, clerk)
        begun = certificates.start(held, by=clerk)
        while begun.position < WARM:
            _go_on(begun)
        paper = IssuedDocument.objects.filter(kind=papers.CERTIFICATE.code).earliest("pk")
        pages, each, memory = [], [], []
        while begun.position < begun.total:
            before, began = begun.position, time.process_time()
            _go_on(begun)
            each.append(1000 * (time.process_time() - began) / (begun.position - before))
            began = time.process_time()
            making.pdf_of(paper)
            pages.append(1000 * (time.process_time() - began))
            memory.append(_megabytes())
        made = IssuedDocument.objects.standing().filter(kind=papers.CERTIFICATE.code).count()
    page, cost = median(pages), median(each)
    row = {"certificates": number, "cpu_ms": cost, "page_cpu_ms": page, "ratio": cost / page}
    report.table("Certificates in one batch", [row | {"mb_first": memory[0], "mb_last": memory[-1]}])
    report.at_most("a certificate of a batch beside its page printed alone, processor time", cost / page, LIMIT)
    report.at_most("memory after the last paper beside the first", memory[-1] / memory[0], GROWTH)
    report.exactly("papers made", made, number + WARM)
    report.exactly("papers that failed", len(begun.failed), 0)


def _go_on(begun: Work) -> None:
    """Some papers as a worker makes them, between taking the work up and letting it go again."""
    work.advance("pdf", seconds=SLICE)
    begun.refresh_from_db()


def _megabytes() -> float:
    """What this process holds in memory."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _a_run(number: int, clerk: object) -> Run:
    """A run of one session that was over yesterday, everybody there."""
    start = timezone.now() - timedelta(days=1, hours=2)
    program = Program.objects.create(
        title="별 관찰 교실", area="career", kind="experience", summary="별", audience=["student"], published_at=start
    )
    held = Run.objects.create(program=program, title="1회", starts_at=start, ends_at=start + timedelta(hours=2))
    session = held.sessions.get()
    for count in range(1, number + 1):
        student = Student.objects.create(name="김하늘", birth_date=date(2012, 5, 5), grade=8)
        application = Application.objects.create(
            run=held, number=count, applicant=clerk, state=Application.State.CONFIRMED, confirmed_at=start
        )
        Participant.objects.create(application=application, run=held, role="student", student=student)
    keys = held.participants.values_list("pk", flat=True)
    attendance.mark(session.pk, [Entry("present", key) for key in keys], by=clerk)
    return held
