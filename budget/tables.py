"""The tables that the ledger fills: frozen values, in won, shown as page, CSV, XLSX and paper alike.

Blank is not zero: a cell without an entry is blank; a sum over all sources or all years is a figure, 0 included,
as the plan's own table prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from budget.balance import shares
from budget.models import CURRENT, Source, Stage
from budget.sums import Known, sums
from tables.values import Column, Kind, Ratio, Row, Table, Unit

PLAN_YEARS = range(2022, 2027)
NEEDED, SECURED, SPENT = "소요액", "확보액", "집행액"
Sums = Mapping[tuple, int]


@dataclass
class Money:
    """Amounts of one cell by what they are; ``None`` until something was recorded."""

    parts: dict[str, int] = field(default_factory=dict)

    def add(self, stage: str, won: int) -> None:
        for name, value in shares(stage, won):
            self.parts[name] = self.parts.get(name, 0) + value

    def of(self, name: str) -> int | None:
        return self.parts.get(name)

    @property
    def funds(self) -> int | None:
        """확보액 where a budget was voted, else 소요액: one figure whose word depends on the day."""
        return self.parts.get("current", self.parts.get("needed"))


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _figure(values: Iterable[int | None]) -> int:
    return _sum(values) or 0


# --- 연차별 투자수요 및 집행액 ------------------------------------------------------------------------
def plan_table(known: Known, years: Iterable[int] = PLAN_YEARS) -> Table:
    """The plan's own table, by source and year: 84 cells. What lies before the first year is 기투자."""
    span = list(years)
    cells: dict[tuple[str, int | None], Money] = {}
    voted: set[int] = set()
    for (year, source, stage), won in sums(known, ["year", "source", "stage"]).items():
        if year > span[-1]:
            continue
        when = year if year >= span[0] else None
        cells.setdefault((source, when), Money()).add(stage, won)
        if stage in CURRENT:
            voted.add(year)
    columns = [
        Column("확보액 및 투자수요", Kind.WON, "합계", total=True),
        Column(SPENT, Kind.WON, "합계", total=True),
        Column(SECURED, Kind.WON, "기투자"),
        Column(SPENT, Kind.WON, "기투자"),
    ]
    for year in span:
        word = SECURED if year in voted else NEEDED
        columns += [Column(word, Kind.WON, f"{year}년"), Column(SPENT, Kind.WON, f"{year}년")]

    def pairs(source: str) -> list[int | None]:
        found = [cells.get((source, when), Money()) for when in (None, *span)]
        return [value for money in found for value in (money.funds, money.of("paid"))]

    body = {source.value: pairs(source.value) for source in Source}
    rows = [
        Row(source.label, (_figure(body[source][0::2]), _figure(body[source][1::2]), *body[source]))
        for source in Source
    ]
    total = tuple(_figure(column) for column in zip(*(row.cells for row in rows), strict=True))
    return Table(
        slug="연차별-투자수요-및-집행액",
        title="연차별 투자수요 및 집행액",
        head="재원",
        columns=tuple(columns),
        rows=(Row("계", total, total=True), *rows),
        unit=Unit.MILLION,
        as_of=known.day,
    )


def by_year(known: Known) -> Table:
    """확보액 or 소요액 of every year by source, and what was spent: the plan's table for citizens and small screens."""
    cells: dict[tuple[int, str], Money] = {}
    for (year, source, stage), won in sums(known, ["year", "source", "stage"]).items():
        cells.setdefault((year, source), Money()).add(stage, won)
    years = sorted({year for year, _ in cells})
    rows = []
    for year in years:
        found = [cells.get((year, source.value), Money()) for source in Source]
        funds = [money.funds for money in found]
        rows.append(Row(f"{year}년", (_sum(funds), *funds, _sum(money.of("paid") for money in found))))
    total = Row("계", tuple(_sum(column) for column in zip(*(row.cells for row in rows), strict=True)), total=True)
    funding = "확보액(편성 전이면 소요액)"
    return Table(
        slug="연도별-재원별-투자와-집행",
        title="연도별·재원별 투자와 집행",
        head="연도",
        columns=(
            Column("계", Kind.WON, funding, total=True),
            *(Column(source.label, Kind.WON, funding) for source in Source),
            Column("집행액", Kind.WON),
        ),
        rows=(total, *rows) if rows else (),
        unit=Unit.MILLION,
        as_of=known.day,
    )


# --- 집행 현황 ------------------------------------------------------------------------------------
EXECUTION = (
    Column("예산현액", Kind.WON),
    Column("원인행위액", Kind.WON),
    Column("지출액", Kind.WON),
    Column("집행잔액", Kind.WON),
    Column("집행률", Kind.RATIO),
)
NOTE = "집행률 = 지출액 ÷ 예산현액(소수 둘째 자리에서 반올림). 예산현액이 없으면 ‘–’로 적습니다."


def _execution(money: Money) -> tuple:
    current, paid = money.of("current"), money.of("paid")
    known = current is not None or paid is not None
    return (
        current,
        money.of("committed"),
        paid,
        (current or 0) - (paid or 0) if known else None,
        Ratio(paid or 0, current or 0) if known else None,
    )


def execution(known: Known, year: int, by: str, labels: Mapping[object, str], *, head: str, unit: Unit) -> Table:
    """예산현액, 원인행위, 지출, 잔액 and 집행률 of a year by one dimension; ``labels`` name its keys in order.

    Keys without a label stand together in a row 그 밖.
    """
    found = sums(known, [by, "stage"], year=year, stages=[stage for stage in Stage if stage != Stage.NEED])
    cells: dict[object, Money] = {}
    for (key, stage), won in found.items():
        cells.setdefault(key if key in labels else None, Money()).add(stage, won)
    whole = Money()
    for (_key, stage), won in found.items():
        whole.add(stage, won)
    order = [*labels, *([None] if None in cells and None not in labels else [])]
    rows = [Row(labels.get(key, "그 밖"), _execution(cells[key])) for key in order if key in cells]
    total = Row("계", _execution(whole), total=True)
    return Table(
        slug=f"{year}-집행-현황-{head}",
        title=f"{year}년도 예산 집행 현황({head}별)",
        head=head,
        columns=EXECUTION,
        rows=(total, *rows) if rows else (),
        unit=unit,
        as_of=known.day,
        notes=(NOTE,),
    )


def monthly(known: Known, year: int, *, unit: Unit = Unit.THOUSAND) -> Table:
    """원인행위 and 지출 month by month with the running 집행률, up to the day that is known."""
    found = sums(known, ["month", "stage"], year=year)
    current, months = 0, {month: Money() for month in range(1, 13)}
    for (month, stage), won in found.items():
        if stage in CURRENT:
            current += CURRENT[Stage(stage)] * won
        if month.year == year:
            months[month.month].add(stage, won)
    last = 12 if known.day.year > year else (known.day.month if known.day.year == year else 0)
    rows, paid = [], 0
    for month in range(1, last + 1):
        money = months[month]
        paid += money.of("paid") or 0
        rows.append(Row(f"{month}월", (money.of("committed"), money.of("paid"), paid, Ratio(paid, current))))
    total = Row(
        "계",
        (
            _figure(months[m].of("committed") for m in months),
            _figure(months[m].of("paid") for m in months),
            paid,
            Ratio(paid, current),
        ),
        total=True,
    )
    return Table(
        slug=f"{year}-월별-집행-현황",
        title=f"{year}년도 월별 집행 현황",
        head="월",
        columns=(
            Column("원인행위액", Kind.WON),
            Column("지출액", Kind.WON),
            Column("지출 누계", Kind.WON),
            Column("집행률(누계)", Kind.RATIO),
        ),
        rows=(total, *rows) if rows else (),
        unit=unit,
        as_of=known.day,
        notes=(NOTE,),
    )
