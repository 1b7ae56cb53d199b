"""Finding a time by need: what somebody asks for, and the times that answer it, as frozen values."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts.models import Student
from counseling import free
from counseling.models import Booking, Mode, Slot, Topic
from counseling.models.people import mode_labels
from counseling.models.slots import midnight

MOST = 20  # times on one page; a chosen day shows all of its own
SIDE_BY_SIDE = 3  # counsellors looked at for each of them; more of them make the page shorter, never wrong
YEARS = 2000, 2999  # a centre has no other days
FARTHEST = 366  # days that are looked through; every topic's own horizon is nearer


@dataclass(frozen=True)
class Need:
    """Topic, mode, day and for which child, as asked for; what was not asked, or makes no sense, is ``None``."""

    topic: Topic | None = None
    mode: str | None = None
    day: date | None = None
    child: str | None = None

    @classmethod
    def read(cls, query: Mapping[str, str], topics: Iterable[Topic]) -> Need:
        mode = query.get("mode")
        return cls(
            next((topic for topic in topics if topic.slug == query.get("topic")), None),
            mode if mode in Mode.values else None,
            day_of(query.get("day", "")),
            child if (child := query.get("child", "")).isdecimal() and len(child) < 19 else None,
        )

    @property
    def query(self) -> str:
        """The query string that asks for the same again; empty or beginning with ``?``."""
        asked = {"topic": self.topic and self.topic.slug, "mode": self.mode, "day": self.day, "child": self.child}
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
    counselor: str  # who is free then: one name, or ``상담사 3명``
    modes: str
    slots: tuple[int, ...]  # one for each counsellor who is free then
    names: str = ""  # of several, for those who look for somebody
    refusal: str = ""  # why it cannot be booked for the child that the page speaks of
    note: str = ""

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
    return first_times(need, most, student=student)[0]


def first_times(
    need: Need, most: int | None = None, *, student: Student | None = None, leaving: Booking | None = None
) -> tuple[list[Time], bool]:
    """As ``times``, and whether there are more. Counsellors who are free for the same hour are one time.

    With ``leaving`` for a booking that moves away: its student is elsewhere only where other bookings are.
    """
    first, last = need.window(need.day, 1 if need.day else FARTHEST)
    looked, gone = most and most * SIDE_BY_SIDE, leaving and leaving.pk
    who = leaving.student_id if leaving else student and student.pk
    rows = free.times(first, last, topic=need.topic_id, mode=need.mode, student=who, leaving=gone, most=looked)
    return _side_by_side(rows, most, looked)


def list_and_calendar(need: Need, most: int | None, month: date | None) -> tuple[list[Time], bool, dict[date, int]]:
    """``first_times`` and ``per_day`` in one query; without ``month`` the days of every month are counted."""
    looked = most and most * SIDE_BY_SIDE
    listed = need.window(need.day, 1 if need.day else FARTHEST)
    counted = _month(need, month) if month else need.window(None, FARTHEST)
    rows, days = free.list_and_calendar(listed, counted, topic=need.topic_id, mode=need.mode, most=looked)
    return *_side_by_side(rows, most, looked), dict(days)


def _side_by_side(rows: list[free.Row], most: int | None, looked: int | None) -> tuple[list[Time], bool]:
    """Counsellors who are free for the same hour as one time, and whether there are more than ``most``."""
    at: dict[tuple[datetime, datetime], list[free.Row]] = {}
    for row in rows:
        at.setdefault(row[1:3], []).append(row)
    groups = list(at.values())
    cut = len(rows) == looked
    if cut:  # more may be free at the last hour than was looked at
        groups = [group for group in groups if group[0][1] != rows[-1][1]] or groups
    every, zone, labels = reverse("counseling:times"), timezone.get_current_timezone(), _Labels()
    found = [_time(every, zone, labels, group) for group in groups[:most]]
    return found, cut or len(found) < len(groups)


def _time(every: str, zone: tzinfo, labels: _Labels, group: list[free.Row]) -> Time:
    pk, start, end, name, modes = group[0]
    url, start, end = f"{every}{pk}/", start.astimezone(zone), end.astimezone(zone)
    if len(group) == 1:
        return Time(url, start, end, name, labels[tuple(modes)], (pk,))
    keys = tuple(row[0] for row in group)
    together = labels[tuple(sorted({mode for row in group for mode in row[4]}))]
    names = ", ".join(row[3] for row in group)
    return Time(url, start, end, _("상담사 %(number)d명") % {"number": len(group)}, together, keys, names)


class _Labels(dict[tuple[str, ...], str]):
    """Modes in words; a page names the same two or three again and again."""

    def __missing__(self, modes: tuple[str, ...]) -> str:
        self[modes] = mode_labels(list(modes))
        return self[modes]


def per_day(need: Need, month: date) -> dict[date, int]:
    """How many times answer ``need``, whatever its day, on each day of a month that has any."""
    first, last = _month(need, month)
    return dict(free.per_day(first, last, topic=need.topic_id, mode=need.mode))


def _month(need: Need, month: date) -> tuple[datetime, datetime]:
    return need.window(month.replace(day=1), monthrange(month.year, month.month)[1])


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


def beside(slot: Slot) -> list[Slot]:
    """``slot`` and whatever else is free for the same hour, by counsellor."""
    same_hour = Slot.objects.free(day=timezone.localdate(slot.starts_at)).filter(period=slot.period)
    others = same_hour.exclude(pk=slot.pk).select_related("counselor", "room__venue")
    return sorted([slot, *others], key=lambda each: (each.counselor.name, each.pk))


def known_to(students: Sequence[Student]) -> list[int]:
    """Keys of the counsellors whom any of these students has met, in one query."""
    met = Booking.objects.filter(student__in=students, state=Booking.State.DONE)
    return list(met.order_by().values_list("slot__counselor", flat=True).distinct())
