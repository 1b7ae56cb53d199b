"""Sums of the ledger as they were known at the end of a day, whatever has been recorded since.

Whole months come from the partial sums that the database keeps (``MonthSum``), the month of the day itself from
the entries, so that a million entries cost what a thousand do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from budget.models import Entry

# What may be summed by, and where it is found: ``line``, ``year``, ``project`` and ``account`` are joined rows
DIMENSIONS = {
    "line": "sums.line_id",
    "year": "year.year",
    "project": "line.project_id",
    "account": "line.account_id",
    "source": "line.source",
    "program": "sums.program_id",
    "month": "sums.month",
    "stage": "sums.stage",
    "carry": "sums.carry",
}

_WHOLE = """
    SELECT line_id, stage, carry, program_id, effective_month AS month, amount_won
    FROM budget_monthsum WHERE recorded_month < %(first)s AND effective_month < %(first)s
    UNION ALL
    SELECT line_id, stage, carry, program_id, date_trunc('month', effective_on)::date, amount_won
    FROM budget_entry
    WHERE recorded_on >= %(first)s AND recorded_on <= %(day)s AND effective_on <= %(day)s
    UNION ALL
    SELECT line_id, stage, carry, program_id, date_trunc('month', effective_on)::date, amount_won
    FROM budget_entry
    WHERE effective_on >= %(first)s AND effective_on <= %(day)s AND recorded_on < %(first)s
"""
_EACH = """
    SELECT line_id, stage, carry, program_id, date_trunc('month', effective_on)::date AS month, amount_won
    FROM budget_entry WHERE recorded_on <= %(day)s AND effective_on <= %(day)s AND id <= %(cutoff)s
"""


@dataclass(frozen=True)
class Known:
    """What was known at the end of ``day`` (KST). ``cutoff`` is the last entry that was seen, of a paper issued then."""

    day: date
    cutoff: int | None = None

    def last_entry(self) -> int:
        """The number of the last entry that these sums contain: the knowledge cut-off; 0 of none."""
        seen = Entry.objects.known(self.day, self.cutoff)
        return seen.order_by("-pk").values_list("pk", flat=True).first() or 0


def sums(
    known: Known, by: Sequence[str], *, year: int | None = None, stages: Sequence[str] = ()
) -> dict[tuple[Any, ...], int]:
    """Won by the dimensions named in ``by``, in that order; where nothing was recorded there is no key (blank).

    Raises:
        KeyError: an unknown dimension.
    """
    columns = ", ".join(DIMENSIONS[name] for name in by)
    asked: dict[str, Any] = {"day": known.day, "first": known.day.replace(day=1), "cutoff": known.cutoff}
    where = []
    if year is not None:
        where.append("year.year = %(year)s")
        asked["year"] = year
    if stages:
        where.append("sums.stage = ANY(%(stages)s)")
        asked["stages"] = [str(stage) for stage in stages]
    narrowed = f"WHERE {' AND '.join(where)}" if where else ""
    sql = f"""
        SELECT {columns}, sum(sums.amount_won)::bigint
        FROM ({_WHOLE if known.cutoff is None else _EACH}) sums
        JOIN budget_line line ON line.id = sums.line_id
        JOIN budget_fiscalyear year ON year.id = line.year_id
        {narrowed}
        GROUP BY {columns}
    """  # noqa: S608 - constants of this module
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return {tuple(row[:-1]): row[-1] for row in cursor.fetchall()}
