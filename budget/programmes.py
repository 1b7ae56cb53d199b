"""계획 대비 집행: what was planned and spent for each programme, and what that is for each who came."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from budget.models import Stage
from budget.sums import Known, sums
from budget.tables import Money
from programs import turnout
from programs.models import Program
from tables.suppression import hidden_cells
from tables.values import HIDDEN, Column, Kind, Ratio, Row, Table, Unit, Value

NOTES = (
    "계획액은 예산현액이고, 편성 전이면 수요액입니다. 집행률 = 지출액 ÷ 계획액(소수 둘째 자리에서 반올림).",
    "참여 인원은 그해에 시작한 회차에 한 번이라도 온 사람(학교 단체는 온 인원)이며 한 사람은 한 번만 셉니다.",
    "1인당 지출 = 지출액 ÷ 참여 인원, 원 아래는 반올림. 출석 기록이 없으면 빈칸입니다.",
)


def each(paid: int, people: int) -> int | None:
    """Won for each person, half up; nothing without people."""
    if not people:
        return None
    return int((Decimal(paid) / people).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def cost(known: Known, year: int, unit: Unit) -> Table:
    """One row per programme that money was written down for. Fewer than five people are hidden, and what tells them."""
    stages = [stage for stage in Stage if stage != Stage.ALLOTMENT]
    money: dict[int, Money] = {}
    for (program, stage), won in sums(known, ["program", "stage"], year=year, stages=stages).items():
        if program is not None:
            money.setdefault(program, Money()).add(stage, won)
    programs = list(Program.objects.filter(pk__in=money).order_by("title", "pk"))
    people = turnout.came(year, known.day) if programs else {}
    counts = [people.get(program.pk) for program in programs]
    hidden = hidden_cells([[count or 0 for count in counts]]) if programs else frozenset()
    rows = [
        Row(str(program), _cells(money[program.pk], HIDDEN if (0, place) in hidden else counts[place]))
        for place, program in enumerate(programs)
    ]
    known_counts = [count for count in counts if count is not None]
    everybody: Value = HIDDEN if (0, len(programs)) in hidden else (sum(known_counts) if known_counts else None)
    return Table(
        slug=f"{year}-계획-대비-집행",
        title=f"{year}년도 프로그램별 계획 대비 집행과 1인당 지출",
        head="프로그램",
        columns=(
            Column("계획액", Kind.WON),
            Column("지출액", Kind.WON),
            Column("남은 금액", Kind.WON),
            Column("집행률", Kind.RATIO),
            Column("참여 인원(명)", Kind.COUNT),
            Column("1인당 지출(원)", Kind.NUMBER),
        ),
        rows=(Row("계", _total(rows, everybody), total=True), *rows) if rows else (),
        unit=unit,
        as_of=known.day,
        notes=NOTES,
    )


def _cells(money: Money, people: Value) -> tuple[Value, ...]:
    planned, paid = money.funds, money.of("paid")
    share = Ratio(paid or 0, planned or 0)
    return (planned, paid, (planned or 0) - (paid or 0), share, people, _each(paid, people))


def _each(paid: int | None, people: Value) -> Value:
    if people is HIDDEN:
        return HIDDEN
    return each(paid, people) if paid is not None and isinstance(people, int) else None


def _total(rows: list[Row], people: Value) -> tuple[Value, ...]:
    planned, paid = (sum(row.cells[place] or 0 for row in rows) for place in (0, 1))
    return (planned, paid, planned - paid, Ratio(paid, planned), people, None)
