"""The plan's table into the ledger and beside it.

What the table prints stays as printed (``PublishedFigure``: 36 figures, 48 blanks); the ledger gets what it means:
수요 of 2022 to 2026 and what was spent in 2022, in won.
"""

from __future__ import annotations

import csv
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.utils import timezone

from budget.models import Conflict, Entry, FiscalYear, Line, Project, PublishedFigure, PublishedSource, Source, Stage

PLAN = Path(__file__).resolve().parent
KEY = "plan-education-01"
MILLION = 1_000_000
SPENT = "집행액"


def load() -> int:
    """Write the plan's money once; gives the number of figures that were added."""
    if PublishedSource.objects.filter(code=KEY).exists():
        return 0
    told = tomllib.loads((PLAN / "budget.toml").read_text(encoding="utf-8"))
    figures = _figures(told)
    _post(_project(told["project"]), figures, told)
    Conflict.objects.bulk_create(Conflict(paper=figures[0].paper, **row) for row in told["conflict"])
    return sum(figure.value is not None for figure in figures)


def _figures(told: dict[str, Any]) -> list[PublishedFigure]:
    page = told["paper"].pop("page")
    paper = PublishedSource.objects.create(published_on=None, **told["paper"])
    with (PLAN / "budget.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    sources = {source.label: source.value for source in Source}
    figures = [
        PublishedFigure(
            paper=paper,
            page=page,
            row=row[0],
            column=column,
            source=sources.get(row[0], ""),
            value=int(cell) if cell else None,
            position=line * len(head) + place,
            **_place(column),
        )
        for line, row in enumerate(rows)
        for place, (column, cell) in enumerate(zip(head[1:], row[1:], strict=True))
    ]
    return PublishedFigure.objects.bulk_create(figures)


def _place(column: str) -> dict[str, Any]:
    """Where a head such as ``2022.소요액`` stands: span, year, measure."""
    group, word = column.split(".")
    measure = PublishedFigure.Measure.SPENT if word == SPENT else PublishedFigure.Measure.FUNDS
    span = {"합계": "total", "기투자": "before"}.get(group, "year")
    return {"span": span, "year": int(group) if span == "year" else None, "measure": measure}


def _project(told: dict[str, str]) -> Project:
    policy = Project.objects.create(level=Project.Level.POLICY, name=told["policy"], plan_key=KEY)
    unit = Project.objects.create(level=Project.Level.UNIT, name=told["unit"], parent=policy, plan_key=f"{KEY}-unit")
    return Project.objects.create(
        level=Project.Level.DETAIL, name=told["detail"], parent=unit, plan_key=f"{KEY}-detail"
    )


def _post(project: Project, figures: list[PublishedFigure], told: dict[str, Any]) -> None:
    """What a source's cell of a year says, as an entry. Written past the use case: a paper asks nobody's leave."""
    known = timezone.make_aware(datetime.combine(told["known_on"], time(12)))
    for figure in figures:
        if figure.year is None or not figure.source or not figure.value:
            continue
        spent = figure.measure == PublishedFigure.Measure.SPENT
        line, _ = Line.objects.get_or_create(
            project=project,
            year=FiscalYear.objects.get_or_create(year=figure.year)[0],
            account=None,
            source=figure.source,
        )
        Entry.objects.create(
            line=line,
            stage=Stage.PAYMENT if spent else Stage.NEED,
            amount_won=figure.value * MILLION,
            effective_on=date(figure.year, 12, 31) if spent else told["needed_on"],
            recorded_at=known,
            reason=f"사업계획서의 {figure.year}년 {'집행액' if spent else '소요액'}"
            + ("(집행한 날이 적혀 있지 않아 그해 마지막 날로 적음)" if spent else ""),
        )
