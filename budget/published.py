"""What papers printed beside what the ledger says: the differences, none mended in silence."""

from __future__ import annotations

from dataclasses import dataclass

from budget.models import PublishedFigure, PublishedSource
from budget.sums import Known
from budget.tables import plan_table
from tables.values import Table, Unit


@dataclass(frozen=True)
class Difference:
    """One printed cell and the ledger's, in won; ``None`` is blank."""

    figure: PublishedFigure
    ledger_won: int | None

    @property
    def won(self) -> int:
        """What the ledger has more than the paper."""
        return (self.ledger_won or 0) - (self.figure.won or 0)


def differences(paper: PublishedSource, known: Known) -> list[Difference]:
    """Cells whose printed value is not what the ledger prints; blank against 0 is a difference, too.

    Compared in printed units: what is the same number of 백만원 on paper is no difference.
    """
    table = plan_table(known)
    return [
        Difference(figure, won)
        for figure in paper.figures.all()
        if _printed(won := _cell(table, figure)) != figure.value
    ]


def _cell(table: Table, figure: PublishedFigure) -> int | None:
    row = next(row for row in table.rows if row.label == figure.row)
    group = {"total": "합계", "before": "기투자"}.get(figure.span, f"{figure.year}년")
    spent = figure.measure == PublishedFigure.Measure.SPENT
    place = next(
        place
        for place, column in enumerate(table.columns)
        if column.group == group and (column.label == "집행액") == spent
    )
    return row.cells[place]


def _printed(won: int | None) -> int | None:
    return None if won is None else Unit.MILLION.of(won)
