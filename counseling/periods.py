"""Stretches of time that figures are given for: a month, a quarter, a half-year, a calendar year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from counseling.models.slots import midnight

WRITTEN = re.compile(r"(?P<year>2\d{3})(?:-(?:(?P<part>[QH])(?P<number>\d)|(?P<month>\d{2})))?")
MONTHS = {"Q": 3, "H": 6}


@dataclass(frozen=True)
class Stretch:
    """Whole calendar months from the first day of ``first`` on. ``code`` is ``2026``, ``2026-H2``, ``2026-Q4``, ``2026-11``."""

    code: str
    label: str
    first: date
    months: int

    @classmethod
    def read(cls, code: str) -> Stretch | None:
        """The stretch called ``code``; ``None`` for anything else."""
        if not (found := WRITTEN.fullmatch(code)):
            return None
        year = int(found["year"])
        if found["month"]:
            month = int(found["month"])
            return cls(code, f"{year}년 {month}월", date(year, month, 1), 1) if 1 <= month <= 12 else None
        if not found["part"]:
            return cls(code, f"{year}년", date(year, 1, 1), 12)
        months, number = MONTHS[found["part"]], int(found["number"])
        if not 1 <= number <= 12 // months:
            return None
        label = f"{number}분기" if found["part"] == "Q" else ("상반기" if number == 1 else "하반기")
        return cls(code, f"{year}년 {label}", date(year, (number - 1) * months + 1, 1), months)

    @property
    def end(self) -> date:
        """The first day after it."""
        return _months_on(self.first, self.months)

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Its first moment and the first moment after it (KST)."""
        return midnight(self.first), midnight(self.end)

    def each_month(self) -> Iterator[date]:
        """The first day of each of its months."""
        return (_months_on(self.first, number) for number in range(self.months))


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def choices(today: date, years: int = 3) -> list[Stretch]:
    """What a reader may choose: the years, halves, quarters and months that have begun, the latest first."""
    found = []
    for year in range(today.year, today.year - years, -1):
        codes = [str(year), *(f"{year}-H{n}" for n in (2, 1)), *(f"{year}-Q{n}" for n in (4, 3, 2, 1))]
        codes += [f"{year}-{month:02}" for month in range(12, 0, -1)]
        found += [stretch for code in codes if (stretch := Stretch.read(code)) and stretch.first <= today]
    return found
