"""What was granted, for everybody: one table, as page and file."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from budget.models import Entry, GrantApplication, Stage
from tables.values import Column, Row, Table
from tables.values import Kind as Cell


def with_money(rows: QuerySet[GrantApplication]) -> QuerySet[GrantApplication]:
    """Each with ``ledger_paid`` and ``ledger_returned`` from the ledger, in the same statement."""
    paid = Entry.objects.filter(settles=OuterRef("commitment"), stage=Stage.PAYMENT)
    back = Entry.objects.filter(settles__settles=OuterRef("commitment"), stage=Stage.RETURN)
    return rows.annotate(
        ledger_paid=Coalesce(Subquery(_summed(paid, "settles")), 0),
        ledger_returned=Coalesce(Subquery(_summed(back, "settles__settles")), 0),
    )


def _summed(entries: QuerySet[Entry], by: str) -> QuerySet:
    return entries.order_by().values(by).annotate(sum=Sum("amount_won")).values("sum")


def years() -> list[int]:
    """Fiscal years in which something was granted, newest first."""
    found = GrantApplication.objects.granted().values_list("call__line__year__year", flat=True)
    return sorted(set(found), reverse=True)


def granted(year: int | None = None) -> Table:
    """Schools, what for, granted, paid and returned, in won; cancelled grants are not in it."""
    rows = GrantApplication.objects.granted().select_related("call__line__year", "school")
    if year is not None:
        rows = rows.filter(call__line__year__year=year)
    rows = with_money(rows).order_by("-call__line__year__year", "call", "school__name")
    return Table(
        slug=f"school-grants-{year}" if year else "school-grants",
        title=f"{year}년도 학교 보조금 교부 현황" if year else "학교 보조금 교부 현황",
        head="학교",
        columns=(
            Column("회계연도", Cell.TEXT),
            Column("공고", Cell.TEXT),
            Column("사업", Cell.TEXT),
            Column("교부 결정액", Cell.WON),
            Column("지급액", Cell.WON),
            Column("반납액", Cell.WON),
            Column("상태", Cell.TEXT),
        ),
        rows=tuple(
            Row(
                one.school.name,
                (
                    str(one.call.line.year.year),
                    one.call.title,
                    one.title,
                    one.granted_won,
                    one.ledger_paid,
                    one.ledger_returned,
                    str(one.get_state_display()),
                ),
            )
            for one in rows
        ),
        as_of=timezone.localdate(),
        notes=("교부 결정을 취소한 것은 넣지 않았습니다. 이자는 반납액에 들어 있지 않습니다.",),
    )
