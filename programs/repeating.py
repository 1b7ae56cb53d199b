"""On which days something repeats, as a rule staff fill in. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

MOST_TIMES = 60  # sessions of one go
MOST_WEEKS = 26  # between two of them
HORIZON = timedelta(days=366)  # no rule reaches further than this from its first day


@dataclass(frozen=True)
class Repeat:
    """Every ``every`` weeks on ``weekdays`` (0 = Monday; none: that of ``first``), ``times`` times or until a day.

    Weeks begin on Monday and are counted from that of ``first``. Without ``times`` and ``until`` it is once.
    Days that the caller passes over do not count: somebody who asks for four times gets four.
    """

    first: date
    starts: time
    ends: time
    weekdays: frozenset[int] = frozenset()
    every: int = 1
    times: int | None = None
    until: date | None = None  # included

    def __post_init__(self) -> None:
        if self.ends <= self.starts:
            raise ValueError("a repeated period ends on its own day, after it starts")
        if not 1 <= self.every <= MOST_WEEKS or not self.weekdays <= frozenset(range(7)):
            raise ValueError("a rule repeats every 1 to 26 weeks on days from 0 to 6")

    @property
    def most(self) -> int:
        """How many times at most."""
        if self.times is not None:
            return min(self.times, MOST_TIMES)
        return MOST_TIMES if self.until is not None else 1

    def days(self) -> Iterator[date]:
        """Every day that the rule names, the earliest first; the caller stops after ``most`` that it takes."""
        on = self.weekdays or frozenset({self.first.weekday()})
        last = min(self.until or date.max, self.first + HORIZON)
        monday = self.first - timedelta(days=self.first.weekday())
        while monday <= last:
            for weekday in sorted(on):
                day = monday + timedelta(days=weekday)
                if self.first <= day <= last:
                    yield day
            monday += timedelta(weeks=self.every)
