"""Closing a fiscal year and opening it again, each with a second person's word.

Closing writes 불용 for what is neither paid nor carried over (예산현액 − 지출액 − 다음연도 이월액); reopening takes
it back. A commitment that is neither paid nor carried over stands in the way, for it would be lost.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from budget import balance, ledger
from budget.ledger import NotPosted, Posting
from budget.models import Entry, FiscalYear, Line, Stage
from lifecycle import approval
from lifecycle.locks import lock
from lifecycle.models import Approval

if TYPE_CHECKING:
    from accounts.models import User


def unpaid(year: FiscalYear) -> list[tuple[Line, int]]:
    """Lines with money that is bound and neither paid nor carried over, in won."""
    lines = {line.pk: line for line in year.lines.for_page()}
    return [(lines[key], found.unpaid) for key, found in balance.of_lines(lines).items() if found.unpaid != 0]


def ask_to_close(year: FiscalYear, *, by: User, reason: str) -> Approval:
    """Raises ``NotPosted`` while a commitment is open or the year is closed already."""
    if not year.is_open:
        raise NotPosted(f"{year}는 이미 마감되었습니다.")
    _nothing_unpaid(year)
    return approval.ask(CLOSE, year, by=by, reason=reason)


def ask_to_reopen(year: FiscalYear, *, by: User, reason: str) -> Approval:
    """Raises ``NotPosted`` when the year is open."""
    if year.is_open:
        raise NotPosted(f"{year}는 마감되지 않았습니다.")
    return approval.ask(REOPEN, year, by=by, reason=reason)


def _nothing_unpaid(year: FiscalYear) -> None:
    for line, amount in unpaid(year):
        raise NotPosted(
            f"‘{line}’에 지출하지 않은 원인행위가 {amount:,}원 있습니다. 지출하거나 사고이월하거나 취소한 뒤 마감해 주세요."
        )


def _contents(year: FiscalYear) -> dict[str, Any]:
    found = balance.of_lines(year.lines.values_list("pk", flat=True)).values()
    last = Entry.objects.filter(line__year=year).order_by("-pk").values_list("pk", flat=True).first()
    return {
        "회계연도": str(year),
        "예산현액": f"{sum(one.current for one in found):,}원",
        "지출액": f"{sum(one.paid for one in found):,}원",
        "다음연도 이월액": f"{sum(one.carried_out for one in found):,}원",
        "불용액": f"{sum(one.to_lapse + one.lapsed for one in found):,}원",
        "마지막 기록 번호": last or 0,
    }


def _hold(year: FiscalYear) -> None:
    """Nobody posts in this year meanwhile (``ledger.writing`` shares its row)."""
    lock(FiscalYear.objects.all(), year.pk)


def _close(year: FiscalYear, given: Approval) -> None:
    _nothing_unpaid(year)
    lines = list(year.lines.all())
    with ledger.writing(lines) as before:
        rest = [
            Posting(line, Stage.LAPSE, before[line.pk].to_lapse, date(year.year, 12, 31), f"{year} 마감에 따른 불용")
            for line in lines
            if before[line.pk].to_lapse > 0
        ]
        ledger.write(rest, by=given.asked_by, before=before, approval=given)
    year.move(FiscalYear.State.CLOSED, by=given.decided_by, reason=given.reason)


def _reopen(year: FiscalYear, given: Approval) -> None:
    year.move(FiscalYear.State.OPEN, by=given.decided_by, reason=given.reason)
    lapses = Entry.objects.filter(line__year=year, stage=Stage.LAPSE, reverses=None, reversal=None)
    for entry in lapses.select_related("line__year").order_by("line", "pk"):
        ledger.reverse(entry, reason=f"{year} 마감을 풂", by=given.asked_by)


CLOSE = approval.Kind(
    code="budget.close",
    label="회계연도 마감",
    permission="budget.approve_fiscalyear",
    contents=_contents,
    hold=_hold,
    carry_out=_close,
)
REOPEN = approval.Kind(
    code="budget.reopen",
    label="회계연도 마감 풀기",
    permission="budget.approve_fiscalyear",
    contents=_contents,
    hold=_hold,
    carry_out=_reopen,
)
