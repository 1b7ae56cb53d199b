"""진로지원체계 혁신: with whom programmes are held, year by year (현행 → 개선).

The plan means to move from agencies, which held most programmes, to companies and universities. Counted is what was
held: runs begun by the day of the figure and not cancelled, in the calendar year of their first session. A run with
partners of two kinds counts once under each, and once in the share.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from datetime import date, datetime, time, timedelta

from django.db.models import Sum
from django.utils import timezone

from accounts.models import Partner
from programs.models import Application, Run
from tables.charts import Bars, Series
from tables.values import Column, Kind, Ratio, Row, Table

YEARS = 6  # what fits beside each other on a page; older years stay in the database
ORDER = (Partner.Kind.AGENCY, Partner.Kind.COMPANY, Partner.Kind.UNIVERSITY, Partner.Kind.OFFICE)
TO = frozenset({Partner.Kind.COMPANY, Partner.Kind.UNIVERSITY})
NOTES = (
    "해당 연도에 시작했고 취소되지 않은 회차를 셉니다. 두 종류의 기관이 함께한 회차는 양쪽에 한 번씩 셉니다.",
    "기업·대학 비율은 협력 기관이 함께한 회차 가운데 기업이나 대학이 함께한 회차의 비율입니다.",
    "참여 인원은 자리를 받은 사람 수(학교 단체 포함)입니다.",
)


def table(today: date) -> Table:
    """The figure as of the end of ``today``, the latest year last; two queries."""
    first = today.year - YEARS + 1
    kinds = _kinds_of_runs(first, today)
    people = _people(kinds)
    by_year: dict[int, list[Hashable]] = defaultdict(list)
    for run, (year, _found) in kinds.items():
        by_year[year].append(run)
    rows = []
    for year in range(min(by_year, default=today.year), today.year + 1):
        found = [kinds[run][1] for run in by_year[year]]
        together = [one for one in found if one]
        counts = [sum(kind in one for one in found) for kind in ORDER]
        share = Ratio(sum(bool(one & TO) for one in together), len(together))
        whole = sum(people.get(run, 0) for run in by_year[year])
        rows.append(Row(f"{year}년", (*counts, len(found) - len(together), len(found), share, whole)))
    columns = [Column(str(kind.label), group="함께한 회차") for kind in ORDER]
    columns += [Column("기관 없이"), Column("전체 회차"), Column("기업·대학 비율", Kind.RATIO), Column("참여 인원(명)")]
    return Table(
        "partner-shift", "협력 기관별 프로그램 운영", "연도", tuple(columns), tuple(rows), as_of=today, notes=NOTES
    )


def chart(figures: Table) -> Bars:
    """The kinds of partners of each year as bars."""
    series = [
        Series(str(kind.label), tuple(row.cells[number] for row in figures.rows)) for number, kind in enumerate(ORDER)
    ]
    return Bars(figures.slug, figures.title, _said(figures), tuple(row.label for row in figures.rows), tuple(series))


def _said(figures: Table) -> str:
    """What the chart shows, in a sentence: from the first year to the last."""
    share = len(ORDER) + 2
    parts = [f"{row.label} 기업·대학 비율 {row.cells[share]}" for row in (figures.rows[0], figures.rows[-1])]
    return f"연도마다 함께한 기관의 종류별 회차 수를 막대로 나타냈습니다. {', '.join(dict.fromkeys(parts))}."


def _kinds_of_runs(first: int, today: date) -> dict[int, tuple[int, frozenset[str]]]:
    """Each run held, with its year and the kinds of its partners."""
    start, end = _midnight(date(first, 1, 1)), _midnight(today + timedelta(days=1))
    runs = Run.objects.exclude(state=Run.State.CANCELLED).filter(starts_at__gte=start, starts_at__lt=end)
    found: dict[int, tuple[int, set[str]]] = {}
    for pk, starts_at, kind in runs.order_by().values_list("pk", "starts_at", "partners__kind"):
        _year, kinds = found.setdefault(pk, (timezone.localtime(starts_at).year, set()))
        if kind:
            kinds.add(kind)
    return {pk: (year, frozenset(kinds)) for pk, (year, kinds) in found.items()}


def _people(runs: dict[int, tuple[int, frozenset[str]]]) -> dict[int, int]:
    rows = Application.objects.filter(run__in=runs, state__in=Application.SEATED).order_by()
    return dict(rows.values("run").annotate(people=Sum("places")).values_list("run", "people"))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
