"""Finding a time by need: what somebody asks for, and the times that answer it, as frozen values."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from accounts.models import Student
from counseling import free
from counseling.models import Mode, Topic
from counseling.models.people import mode_labels
from counseling.models.slots import midnight

MOST = 20  # times on one page; a chosen day shows all of its own
YEARS = 2000, 2999  # a centre has no other days
FARTHEST = 366  # days that are looked through; every topic's own horizon is nearer


@dataclass(frozen=True)
class Need:
    """Topic, mode and day as asked for; what was not asked, or makes no sense, is ``None``."""

    topic: Topic | None = None
    mode: str | None = None
    day: date | None = None

    @classmethod
    def read(cls, query: Mapping[str, str], topics: Iterable[Topic]) -> Need:
        mode = query.get("mode")
        return cls(
            next((topic for topic in topics if topic.slug == query.get("topic")), None),
            mode if mode in Mode.values else None,
            day_of(query.get("day", "")),
        )

    @property
    def query(self) -> str:
        """The query string that asks for the same again; empty or beginning with ``?``."""
        asked = {"topic": self.topic and self.topic.slug, "mode": self.mode, "day": self.day}
        given = urlencode({name: value for name, value in asked.items() if value})
        return f"?{given}" if given else ""

    @property
    def url(self) -> str:
        return reverse("counseling:times") + self.query

    @property
    def topic_id(self) -> int | None:
        return self.topic.pk if self.topic else None

    @cached_property
    def anyday(self) -> Need:
        return replace(self, day=None)

    def on(self, day: date) -> Need:
        return replace(self, day=day)

    def window(self, first: date | None, days: int) -> tuple[datetime, datetime]:
        """So many days from ``first``, but nothing that is over; without ``first`` from now on."""
        now = timezone.now()
        start = max(now, midnight(first)) if first else now
        return start, midnight((first or timezone.localdate(now)) + timedelta(days=days))


@dataclass(frozen=True)
class Time:
    """One free time, ready to print."""

    url: str
    start: datetime
    end: datetime
    counselor: str
    modes: str

    @property
    def hours(self) -> str:
        """``14:00 ~ 14:50``"""
        return f"{self.start:%H:%M} ~ {self.end:%H:%M}"

    @property
    def when(self) -> str:
        """``11. 24. 14:00``, for those who hear a list of links."""
        return f"{self.start.month}. {self.start.day}. {self.start:%H:%M}"


@dataclass(frozen=True)
class Day:
    day: date
    times: list[Time]


def times(need: Need, most: int | None = None, *, student: Student | None = None) -> list[Time]:
    """The free times that answer ``need``, the earliest first, in one query.

    With ``student`` without those at which this student is somewhere else.
    """
    first, last = need.window(need.day, 1 if need.day else FARTHEST)
    who = student.pk if student else None
    rows = free.times(first, last, topic=need.topic_id, mode=need.mode, student=who, most=most)
    every, zone, labels = reverse("counseling:times"), timezone.get_current_timezone(), _Labels()
    return [
        Time(f"{every}{pk}/", start.astimezone(zone), end.astimezone(zone), name, labels[tuple(modes)])
        for pk, start, end, name, modes in rows
    ]


class _Labels(dict[tuple[str, ...], str]):
    """Modes in words; a page names the same two or three again and again."""

    def __missing__(self, modes: tuple[str, ...]) -> str:
        self[modes] = mode_labels(list(modes))
        return self[modes]


def per_day(need: Need, month: date) -> dict[date, int]:
    """How many times answer ``need``, whatever its day, on each day of a month that has any."""
    first, last = need.window(month.replace(day=1), monthrange(month.year, month.month)[1])
    return dict(free.per_day(first, last, topic=need.topic_id, mode=need.mode))


def by_day(found: Iterable[Time]) -> list[Day]:
    return [Day(day, list(group)) for day, group in groupby(found, key=lambda time: time.start.date())]


def month_of(text: str) -> date | None:
    """The first day of ``2026-11``; ``None`` for anything else."""
    return day_of(f"{text}-01")


def day_of(text: str) -> date | None:
    """The day ``2026-11-24``; ``None`` for anything else, the ends of the calendar included: one counts on from a day."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and YEARS[0] <= day.year <= YEARS[1] else None
