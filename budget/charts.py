"""Charts of the budget's tables, each beside its table."""

from __future__ import annotations

from collections.abc import Iterable

from tables.charts import Bars, Series
from tables.values import Table, Unit

MOST_BARS = 12
PARTS = {
    "source": ("예산현액", "원인행위액", "지출액"),
    "account": ("예산현액", "원인행위액", "지출액"),
    "project": ("예산현액", "원인행위액", "지출액"),
    "program": ("예산현액", "원인행위액", "지출액"),
    "monthly": ("원인행위액", "지출액"),
    "cost": ("계획액", "지출액"),
}
MOST_LETTERS = 8


def of(code: str, table: Table) -> Bars | None:
    """Bars of a report's ordinary rows; nothing where a chart would say nothing, or money below zero has no bar."""
    rows = [row for row in table.rows if not row.total]
    if code not in PARTS or not 1 < len(rows) <= MOST_BARS:
        return None
    places = [(place, column) for place, column in enumerate(table.columns) if column.label in PARTS[code]]
    unit = _unit(row.cells[place] for place, _ in places for row in rows)
    series = tuple(
        Series(column.label, tuple(_printed(row.cells[place], unit) for row in rows)) for place, column in places
    )
    if any(value is not None and value < 0 for one in series for value in one.values):
        return None
    words = ", ".join(one.label for one in series)
    return Bars(
        slug=f"budget-{code}",
        title=f"{table.title} 그림",
        description=f"{table.head}별 {words}. 단위 {unit.label}. 같은 값이 아래 표에 있습니다.",
        labels=tuple(_short(row.label) for row in rows),
        series=series,
    )


def by_year(table: Table) -> Bars | None:
    """What was there and what was spent, year by year."""
    rows = [row for row in table.rows if not row.total]
    values = [tuple(_printed(row.cells[place], table.unit) for row in rows) for place in (0, -1)]
    if not 1 < len(rows) <= MOST_BARS or any(value is not None and value < 0 for one in values for value in one):
        return None
    return Bars(
        slug="budget-years",
        title="연도별 투자와 집행",
        description=f"연도별 확보액(편성 전이면 소요액)과 집행액. 단위 {table.unit.label}. 같은 값이 아래 표에 있습니다.",
        labels=tuple(row.label for row in rows),
        series=(Series("확보액·소요액", values[0]), Series("집행액", values[1])),
    )


def _unit(values: Iterable[object]) -> Unit:
    """The one in which numbers still fit above their bars."""
    most = max((value for value in values if isinstance(value, int)), default=0)
    return next(unit for unit in (Unit.MILLION, Unit.THOUSAND, Unit.WON) if most >= 10 * unit.value or unit == Unit.WON)


def _printed(value: object, unit: Unit) -> int | None:
    return unit.of(value) if isinstance(value, int) else None


def _short(label: str) -> str:
    return label if len(label) <= MOST_LETTERS else f"{label[: MOST_LETTERS - 1]}…"
