"""A table as a value: computed once, then shown as a page, CSV, XLSX or paper.

Money stays in won until it is displayed. Blank is not zero: ``None`` prints nothing. A figure about too few
people is ``HIDDEN`` (see ``tables.suppression``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum, StrEnum
from itertools import groupby

NO_BASE = "–"
TENTH = Decimal("0.1")


class Kind(StrEnum):
    """What the cells of a column are, which decides how they are written and aligned."""

    TEXT = "text"
    COUNT = "count"
    WON = "won"
    RATIO = "ratio"
    NUMBER = "number"


class Secret(Enum):
    """The value of a cell that would speak of too few people."""

    HIDDEN = "*"


HIDDEN = Secret.HIDDEN


@dataclass(frozen=True)
class Ratio:
    """A share that keeps what it is made of. Without a base (0) there is no percentage."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> Decimal | None:
        """One decimal, half away from zero: 1 of 400 is 0.3, where Python's ``round`` says 0.2."""
        if self.denominator == 0:
            return None
        return (Decimal(self.numerator) * 100 / Decimal(self.denominator)).quantize(TENTH, rounding=ROUND_HALF_UP)

    def __str__(self) -> str:
        percent = self.percent
        return NO_BASE if percent is None else f"{percent}% ({self.numerator:,}/{self.denominator:,})"


Value = str | int | Decimal | date | Ratio | Secret | None


class Unit(Enum):
    """What one printed unit of money is worth, in won."""

    WON = 1
    THOUSAND = 1_000
    MILLION = 1_000_000

    @property
    def label(self) -> str:
        return {Unit.WON: "원", Unit.THOUSAND: "천원", Unit.MILLION: "백만원"}[self]

    def of(self, won: int) -> int:
        """Whole units, half away from zero: 1,154,499,999 won are 1,154 million, -500,000 won are -1."""
        return int((Decimal(won) / self.value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True)
class Column:
    """A head cell. Neighbours with the same ``group`` stand under one common head."""

    label: str
    kind: Kind = Kind.COUNT
    group: str = ""
    total: bool = False


@dataclass(frozen=True)
class Row:
    """A labelled row. A ``total`` row sums the ordinary rows of its table."""

    label: str
    cells: tuple[Value, ...]
    total: bool = False


@dataclass(frozen=True)
class Group:
    """Neighbouring columns under one head; ``label`` is empty where a column stands for itself."""

    label: str
    columns: tuple[Column, ...]

    @property
    def width(self) -> int:
        return len(self.columns)


@dataclass(frozen=True)
class Table:
    """A titled table with one head column.

    ``slug`` names the files, ``head`` the first column. ``as_of`` is the day (its end) that the figures describe.

    Raises:
        ValueError: a row is not as wide as the head.
    """

    slug: str
    title: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    unit: Unit = Unit.WON
    as_of: date | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"{self.slug}: row {row.label!r} has {len(row.cells)} cells, not {len(self.columns)}")

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def has_money(self) -> bool:
        return any(column.kind == Kind.WON for column in self.columns)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The upper head row; nothing when no column has a group."""
        if not any(column.group for column in self.columns):
            return ()
        runs = groupby(enumerate(self.columns), key=lambda pair: pair[1].group or pair[0])
        found = [tuple(column for _, column in run) for _, run in runs]
        return tuple(Group(columns[0].group, columns) for columns in found)

    @property
    def footnotes(self) -> tuple[str, ...]:
        """The table's own notes, and those that its figures make necessary."""
        notes = list(self.notes)
        if self.parts_differ():
            notes.append("단수처리(반올림)로 합계가 다를 수 있습니다.")
        if any(cell is HIDDEN for row in self.rows for cell in row.cells):
            notes.append("*: 5명 미만이거나, 5명 미만인 칸을 셈해 낼 수 있어 가린 칸입니다.")
        return tuple(notes)

    def parts_differ(self) -> bool:
        """Whether a printed total of money differs from the sum of its printed parts."""
        parts = [row for row in self.rows if not row.total]
        return any(
            isinstance(row.cells[i], int)
            and self.unit.of(row.cells[i])
            != sum(self.unit.of(part.cells[i]) for part in parts if isinstance(part.cells[i], int))
            for row in self.rows
            if row.total and parts
            for i, column in enumerate(self.columns)
            if column.kind == Kind.WON
        )

    def shown(self, row: Row) -> Iterator[tuple[Column, str]]:
        """The cells of a row as they are written."""
        for column, value in zip(self.columns, row.cells, strict=True):
            yield column, written(value, column.kind, self.unit)


def written(value: Value, kind: Kind, unit: Unit = Unit.WON) -> str:
    """One cell as text: thousands apart, money in ``unit``, minus as △ as budget papers write it, blank for ``None``."""
    if value is None:
        return ""
    if value is HIDDEN:
        return value.value
    if isinstance(value, date):
        return f"{value.year}. {value.month}. {value.day}."
    if isinstance(value, int | Decimal):
        number = unit.of(value) if kind == Kind.WON else value
        return f"△{-number:,}" if number < 0 and kind == Kind.WON else f"{number:,}"
    return str(value)


def total_row(label: str, rows: Sequence[Row]) -> Row:
    """The sum of the counts and the money of ``rows``; blank where every part is blank, ratios added part by part."""
    return Row(label, tuple(_sum(column) for column in zip(*(row.cells for row in rows), strict=True)), total=True)


def _sum(values: Sequence[Value]) -> Value:
    ratios = [value for value in values if isinstance(value, Ratio)]
    if ratios:
        return Ratio(sum(one.numerator for one in ratios), sum(one.denominator for one in ratios))
    numbers = [value for value in values if isinstance(value, int | Decimal)]
    return sum(numbers) if numbers else None
