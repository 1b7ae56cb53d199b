"""Rules as frozen values: what a rule set says, without the database. ``admission`` judges by them.

The fields are called as the columns of ``intake.models.RuleSet`` and its rows, so that one JSON object
(``gathering.RULES``) or one unsaved form becomes the same value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.schoolyear import school_year


class Place(models.TextChoices):
    """How living and going to school in the district are joined."""

    ANY = "any", _("하나만 맞아도 됨(또는)")
    ALL = "all", _("모두 맞아야 함(그리고)")


class Scope(models.TextChoices):
    """What is counted together."""

    ALL = "all", _("모두 합쳐서")
    ONE = "one", _("주제(프로그램)마다 따로")


class Year(models.TextChoices):
    """Which year a yearly cap counts by."""

    NONE = "none", _("연간 한도 없음")
    SCHOOL = "school", _("학년도(3월 1일~2월 말일)")
    CALENDAR = "calendar", _("해(1월 1일~12월 31일)")


def midnight(day: date) -> datetime:
    """The first moment of a KST day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the month's last day where it has no such day: 31 January → 28 February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


@dataclass(frozen=True)
class _Read:
    """Read from a mapping that may hold more than is needed."""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        return cls(**{f.name: row[f.name] for f in fields(cls) if f.name in row})


@dataclass(frozen=True)
class Audience(_Read):
    """Whom something is for. Grades count from 1 (초1) to 12 (고3), ages are 만 나이; ``None`` is no bound."""

    enrolled: bool = True
    first_grade: int | None = None
    last_grade: int | None = None
    graduates: bool = True
    out_of_school: bool = True
    first_age: int | None = None
    last_age: int | None = None
    residents: bool = False
    neighbourhoods: tuple[int, ...] = ()  # only these; empty: the whole district
    pupils: bool = False
    place_match: str = Place.ANY

    def has_grade(self, grade: int) -> bool:
        return self.enrolled and (self.first_grade or 1) <= grade <= (self.last_grade or 12)

    @property
    def has_place(self) -> bool:
        return self.residents or self.pupils


@dataclass(frozen=True)
class Stage(Audience):
    """Who may come ``after_days`` days after the opening; ``invited`` adds those with a priority or a referral."""

    after_days: int = 0
    invited: bool = False


@dataclass(frozen=True)
class YearCap(_Read):
    """How often a year, for some grades; without grades for everybody whom no other row names."""

    most: int = 1
    first_grade: int | None = None
    last_grade: int | None = None

    def names(self, grade: int | None) -> bool:
        return grade is not None and self.first_grade is not None and self.first_grade <= grade <= self.last_grade


@dataclass(frozen=True)
class Rules(Audience):
    """All that one rule set says. The defaults here are those of the columns."""

    name: str = ""
    first_time_only: bool = False
    open_hour: int = 0
    everyone_after_days: int = 0
    stages: tuple[Stage, ...] = ()
    open_most: int | None = 3
    open_scope: str = Scope.ALL
    year_kind: str = Year.NONE
    year_scope: str = Scope.ONE
    caps: tuple[YearCap, ...] = ()
    takes_referrals: bool = False
    cancel_days: int = 1
    cancel_hour: int = 18
    change_days: int = 1
    change_hour: int = 18
    changes_most: int | None = 2
    noshow_pause_at: int = 2  # 0: nothing follows
    noshow_pause_months: int = 1
    noshow_lapse_months: int = 12
    appeal_days: int = 14
    places: Mapping[int, str] = field(default_factory=dict, hash=False, compare=False)  # names of neighbourhoods

    @classmethod
    def read(cls, row: Mapping[str, Any] | None) -> Rules:
        """From ``gathering.RULES``; without a row the house's own defaults."""
        if row is None:
            return DEFAULT
        stages = tuple(Stage.read(_listed(stage)) for stage in row.get("stages") or ())
        caps = tuple(YearCap.read(cap) for cap in row.get("caps") or ())
        return super().read({**_listed(row), "stages": stages, "caps": caps})

    # --- Deadlines ---------------------------------------------------------------------------
    def cancel_until(self, starts: datetime) -> datetime:
        """Until when (that moment excluded) a family may cancel by itself."""
        return _before(starts, self.cancel_days, self.cancel_hour)

    def change_until(self, starts: datetime) -> datetime:
        """Until when (that moment excluded) a family may change by itself."""
        return _before(starts, self.change_days, self.change_hour)

    def opening(self, first_day: date) -> datetime:
        """When the first stage opens, if booking begins on ``first_day``."""
        return midnight(first_day) + timedelta(hours=self.open_hour)

    # --- Years -------------------------------------------------------------------------------
    def year_of(self, day: date) -> int:
        return school_year(day) if self.year_kind == Year.SCHOOL else day.year

    def year_ends(self, day: date) -> date:
        """The first day of the next year."""
        year = self.year_of(day) + 1
        return date(year, 3, 1) if self.year_kind == Year.SCHOOL else date(year, 1, 1)

    def year_most(self, grade: int | None) -> int | None:
        """How often a year somebody of this grade (``None``: out of school) may come; ``None`` without limit."""
        if self.year_kind == Year.NONE:
            return None
        named = [cap.most for cap in self.caps if cap.names(grade)]
        general = [cap.most for cap in self.caps if cap.first_grade is None]
        return min(named or general, default=None)


def _before(starts: datetime, days: int, hour: int) -> datetime:
    day = timezone.localdate(starts) - timedelta(days=days)
    return min(starts, timezone.make_aware(datetime.combine(day, time(hour))))


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "neighbourhoods": tuple(row.get("neighbourhoods") or ())}


DEFAULT = Rules()
