"""The budget's papers: every report as an issued paper, the same one for the same figures."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from budget.models import FiscalYear
from budget.reports import REPORTS, Report
from budget.sums import Known
from documents import issue, kinds
from documents.kinds import Kind
from documents.models import IssuedDocument
from lifecycle.locks import Refused, contended, lock_all
from tables.values import Table, Unit

if TYPE_CHECKING:
    from accounts.models import User

BUSY = "다른 사람이 예산을 기록하고 있습니다. 잠시 뒤에 다시 눌러 주세요."


def _officials(user: User) -> Q:
    return Q() if user.is_staff and user.has_perm("budget.view_money") else kinds.NOBODY


KINDS = {
    report.code: kinds.register(
        Kind(
            code=f"budget.{report.code}",
            label=report.label,
            series="예산",
            template="documents/budget/report.html",
            visible=_officials,
            official=True,
            long=report.long,
        )
    )
    for report in REPORTS.values()
}


def print_out(report: Report, known: Known, year: int, *, by: User | None, unit: Unit | None = None) -> IssuedDocument:
    """The paper of a report as of the end of a day. Asked again with the same figures, it is the same paper.

    Raises:
        Refused: the day has not come, nothing was recorded, or a posting keeps us waiting.
        RenderError: the file cannot be made.
    """
    if known.day > timezone.localdate():
        raise Refused("기준일은 오늘까지만 고를 수 있습니다.")
    table, last = _read(report, known, year, unit)
    if not table:
        raise Refused(
            f"{known.day:%Y. %-m. %-d.}까지 적은 기록이 없어 만들 것이 없습니다. 연도와 기준일을 확인해 주세요."
        )
    return issue.issue(
        KINDS[report.code].code,
        _figures(table, known.day),
        title=table.title,
        by=by,
        known_until=min(_end_of(known.day), timezone.now()),
        known_entry=last,
    )


def _read(report: Report, known: Known, year: int, unit: Unit | None) -> tuple[Table, int]:
    """The table and the last entry that it saw. Whoever is posting is waited for: a lower number may not come later."""
    with contended(BUSY), transaction.atomic():
        lock_all(FiscalYear.objects.all(), FiscalYear.objects.values_list("pk", flat=True))
        return report.of(known, year, unit), known.last_entry()


def _figures(table: Table, day: date) -> dict[str, Any]:
    return {"tables": [table], "as_of": day, "signers": list(settings.BUDGET_SIGNERS)}


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time())) - timedelta(seconds=1)
