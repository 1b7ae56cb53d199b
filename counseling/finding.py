"""Finding a time by need: what somebody asks for, and the times that answer it, as frozen values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from accounts.models import Student
from counseling.models import Booking, Mode, Slot, Topic
from counseling.models.people import mode_labels

MOST = 20  # times on one page; a chosen day shows all of its own


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
            _date(query.get("day", "")),
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

    @cached_property
    def anyday(self) -> Need:
        return replace(self, day=None)

    def on(self, day: date) -> Need:
        return replace(self, day=day)

    def free(self, *, month: date | None = None) -> QuerySet[Slot]:
        if month:
            return Slot.objects.free(topic=self.topic, mode=self.mode, month=month)
        return Slot.objects.free(topic=self.topic, mode=self.mode, day=self.day)


@dataclass(frozen=True)
class Time:
    """One free time, ready to print."""

    pk: int
    start: datetime
    end: datetime
    counselor: str
    modes: str

    @property
    def url(self) -> str:
        return reverse("counseling:slot", args=[self.pk])


@dataclass(frozen=True)
class Day:
    day: date
    times: list[Time]


def times(need: Need, most: int | None = None, *, student: Student | None = None) -> list[Time]:
    """The free times that answer ``need``, the earliest first, in one query.

    With ``student`` without those at which this student is somewhere else.
    """
    free = need.free()
    if student:
        elsewhere = student.counseling_bookings.filter(state__in=Booking.OCCUPYING, period__overlap=OuterRef("period"))
        free = free.filter(~Exists(elsewhere))
    rows = free.values_list("pk", "period", "counselor__name", "modes")[:most]
    return [
        Time(pk, timezone.localtime(period.lower), timezone.localtime(period.upper), name, mode_labels(modes))
        for pk, period, name, modes in rows
    ]


def by_day(found: Iterable[Time]) -> list[Day]:
    return [Day(day, list(group)) for day, group in groupby(found, key=lambda time: time.start.date())]


def month_of(text: str) -> date | None:
    """The first day of ``2026-11``; ``None`` for anything else."""
    return _date(f"{text}-01")


def _date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
