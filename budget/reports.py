"""What the ledger can be asked for: every table by its name, for pages, files, papers and the shell alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from budget import programmes, registers, tables
from budget.models import Account, Project, Source
from budget.sums import Known
from programs.models import Program
from tables.values import Table, Unit

SOURCES = {source.value: str(source.label) for source in Source}
UNITS = {unit.label: unit for unit in Unit}


@dataclass(frozen=True)
class Report:
    """``table`` makes it for a day, a fiscal year and a unit. ``yearly`` is false where the year plays no part.

    A ``public`` one holds sums alone, without remarks, and may lie open to citizens.
    """

    code: str
    label: str
    table: Callable[[Known, int, Unit], Table]
    unit: Unit = Unit.THOUSAND
    yearly: bool = True
    long: bool = False
    public: bool = False

    def of(self, known: Known, year: int, unit: Unit | None = None) -> Table:
        return self.table(known, year, unit or self.unit)


def _by(by: str, head: str, labels: Callable[[], Mapping[object, str]]) -> Callable[[Known, int, Unit], Table]:
    return lambda known, year, unit: tables.execution(known, year, by, labels(), head=head, unit=unit)


def _projects() -> Mapping[object, str]:
    found = Project.objects.filter(level=Project.Level.DETAIL).select_related("parent")
    return {
        one.pk: f"{one.parent} › {one}" for one in found.order_by("parent__position", "parent__name", "position", "pk")
    }


def _accounts() -> Mapping[object, str]:
    return {**{one.pk: str(one) for one in Account.objects.order_by("code")}, None: "통계목을 정하지 않은 돈"}


def _programs() -> Mapping[object, str]:
    return {
        **dict(Program.objects.order_by("title", "pk").values_list("pk", "title")),
        None: "프로그램에 매이지 않은 돈",
    }


def _plan(known: Known, year: int, unit: Unit) -> Table:
    return replace(tables.plan_table(known), unit=unit)


REPORTS = {
    report.code: report
    for report in (
        Report("plan", "연차별 투자수요 및 집행액", _plan, Unit.MILLION, yearly=False, public=True),
        Report(
            "monthly", "월별 집행 현황", lambda known, year, unit: tables.monthly(known, year, unit=unit), public=True
        ),
        Report("source", "재원별 집행 현황", _by("source", "재원", lambda: SOURCES), public=True),
        Report("account", "통계목별 집행 현황", _by("account", "통계목", _accounts), public=True),
        Report("project", "세부사업별 집행 현황", _by("project", "세부사업", _projects), public=True),
        Report("program", "프로그램별 집행 현황", _by("program", "프로그램", _programs), public=True),
        Report("cost", "계획 대비 집행과 1인당 지출", programmes.cost),
        Report("moves", "전용·이용·이월 조서", registers.moves),
        Report("entries", "예산 집행 대장", registers.entries, Unit.WON, long=True),
    )
}
