"""How long each kind of data is kept, on what ground, and how it goes.

A room declares its kinds in its own ``retention.py`` and imports that module in ``AppConfig.ready``.
``settings.RETENTION`` may set another period (``{"notices.said": "2y"}``). What happens when the
time is over stands in ``lifecycle.destruction``. What goes before its time because a person wishes
it (a withdrawal) is written down with ``destruction.on_request``, or a restore would bring it back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils import timezone

from lifecycle.counting import counts

WRITTEN = re.compile(r"(?P<number>[1-9]\d{0,3})(?P<unit>[yd])")


@dataclass(frozen=True)
class Period:
    """A span of calendar years or of days, counted in Korean time."""

    years: int = 0
    days: int = 0

    def __str__(self) -> str:
        return f"{self.years}년" if self.years else f"{self.days}일"

    def before(self, moment: datetime) -> datetime:
        """The moment this long before ``moment``; rows from before it are over.

        29 February counts back to 28 February: a day longer kept is lawful, a day shorter is not.
        """
        local = timezone.localtime(moment) - timedelta(days=self.days)
        try:
            return local.replace(year=local.year - self.years)
        except ValueError:
            return local.replace(year=local.year - self.years, day=28)

    def after(self, moment: datetime) -> date:
        """The first Korean day on which a row that ended at ``moment`` is over; 29 February waits for 1 March."""
        day = timezone.localdate(moment) + timedelta(days=self.days + 1)
        try:
            return day.replace(year=day.year + self.years)
        except ValueError:
            return day.replace(year=day.year + self.years, month=3, day=1)

    @classmethod
    def parse(cls, written: str) -> Period:
        """``"2y"`` is two years and ``"5d"`` five days."""
        if not (found := WRITTEN.fullmatch(written)):
            raise ImproperlyConfigured(f"보존 기간은 2y(2년)나 5d(5일)처럼 적습니다: {written!r}")
        number = int(found["number"])
        return cls(years=number) if found["unit"] == "y" else cls(days=number)


def erase(rows: models.QuerySet) -> int:
    """Delete the rows; what most kinds do. Rows of other tables that go along are not counted."""
    return rows.delete()[1].get(rows.model._meta.label, 0)


@dataclass(frozen=True)
class Kind:
    """One kind of data with an end.

    ``expired`` takes the moment before which a row must have ended (now less ``period``) and
    returns the rows that are over. ``destroy`` makes the given rows go, or makes them nobody's, and
    returns how many went; it runs in a transaction in which append-only tables let go of rows.
    ``born`` names the field that says when a row was made: after a restore from backup the same
    number may stand for a new row, and only the moment of birth tells them apart.
    ``automatic`` kinds are destroyed without asking, because the law leaves no time to ask.
    """

    code: str
    label: str
    basis: str
    period: Period
    expired: Callable[[datetime], models.QuerySet]
    born: str
    destroy: Callable[[models.QuerySet], int] = erase
    method: str = "데이터베이스에서 삭제(복구 불가)"
    automatic: bool = False

    def due(self, now: datetime) -> models.QuerySet:
        """The rows whose time is over at ``now``."""
        return self.expired(self.period.before(now))


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Declare a kind of data, with the period that the settings give it, if they do."""
    if kind.code in _kinds:
        raise ImproperlyConfigured(f"{kind.code} is declared twice")
    if written := settings.RETENTION.get(kind.code):
        kind = replace(kind, period=Period.parse(written))
    _kinds[kind.code] = kind
    return kind


def kinds() -> list[Kind]:
    """Every declared kind, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def kind(code: str) -> Kind:
    """The kind called ``code``; ``KeyError`` when its room no longer declares it."""
    return _kinds[code]


def over(now: datetime, *, cap: int) -> dict[str, int]:
    """How many rows of each kind are over at ``now``, at most ``cap``, in one query."""
    due = counts(each.due(now).order_by()[:cap] for each in kinds())
    return dict(zip([each.code for each in kinds()], due, strict=True))
