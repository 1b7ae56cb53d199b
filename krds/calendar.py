"""A month as weeks of days, for the ``month_calendar`` tag."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Day:
    """What a page knows of one day: where it leads, and a word or two such as ``3자리`` or ``휴관``."""

    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Cell:
    date: date
    url: str
    note: str
    is_outside: bool
    is_today: bool
    is_selected: bool


def month_weeks(month: date, days: Mapping[date, Day], selected: date | None = None) -> list[list[Cell]]:
    """Weeks from Sunday to Saturday that cover ``month``; days of its neighbours are marked outside."""
    today = timezone.localdate()
    weeks = calendar.Calendar(firstweekday=calendar.SUNDAY).monthdatescalendar(month.year, month.month)
    return [[_cell(day, month, days.get(day), today, selected) for day in week] for week in weeks]


def _cell(day: date, month: date, known: Day | None, today: date, selected: date | None) -> Cell:
    inside = day.month == month.month
    return Cell(
        date=day,
        url=known.url if known and inside else "",
        note=known.note if known and inside else "",
        is_outside=not inside,
        is_today=day == today,
        is_selected=day == selected,
    )


def weekday_names() -> list[dict[str, Any]]:
    """Sunday first, short for the eye and long for the ear."""
    long = [_("일요일"), _("월요일"), _("화요일"), _("수요일"), _("목요일"), _("금요일"), _("토요일")]
    return [{"short": name[0], "long": name} for name in long]
