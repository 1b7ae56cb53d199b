"""Which times are free, asked for the pages that everybody opens before booking: one statement each.

What *free* means is said in ``counseling.models.offering``, here only what is selected.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from counseling.models.offering import FREE, OPEN, SUITS, UNTAKEN, known

Row = tuple[Any, ...]
FARTHEST = timedelta(days=366)  # looked through; every topic's own horizon is nearer

# Where the student is already is read once, not once for each time: whoever comes often has years behind them.
_TIMES = f"""
    SELECT slot.id, lower(slot.period), upper(slot.period), counselor.name, slot.modes {FREE}
      AND NOT slot.period && (
          SELECT coalesce(range_agg(other.period), '{{}}')
          FROM counseling_booking other
          WHERE other.student_id = %(student)s AND upper(other.period) > %(first)s
            AND other.state IN ('held', 'booked', 'arrived', 'done', 'no_show')
            AND (other.state <> 'held' OR other.held_until > %(now)s)
            AND other.id IS DISTINCT FROM %(leaving)s
      )
    ORDER BY lower(slot.period), slot.id
    LIMIT %(most)s
"""  # noqa: S608 - constants of two modules
_PER_DAY = f"""
    SELECT (lower(slot.period) AT TIME ZONE %(zone)s)::date AS day, count(*) {FREE}
    GROUP BY day
    ORDER BY day
"""
_LIST_AND_CALENDAR = f"""
    SELECT listed.*, NULL::date, NULL::bigint FROM ({_TIMES}) listed
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, counted.*
    FROM ({_PER_DAY.replace("%(first)s", "%(counted_first)s").replace("%(last)s", "%(counted_last)s")}) counted
"""  # noqa: S608 - constants of this module
# The free times are found once and then looked through for each topic: a search for each topic
# reads the timetable as often as there are topics.
_EARLIEST = f"""
    WITH slot AS MATERIALIZED (
        SELECT slot.counselor_id, slot.modes, slot.period
        FROM counseling_slot slot
        JOIN counseling_counselor counselor ON counselor.id = slot.counselor_id
        WHERE {OPEN} AND {UNTAKEN}
    )
    SELECT topic.slug, topic.name, (
        SELECT min(lower(slot.period))
        FROM slot
        WHERE slot.counselor_id = ANY(ARRAY(
            SELECT offered.counselor_id FROM counseling_counselor_topics offered WHERE offered.topic_id = topic.id
        ))
          AND {SUITS}
    )
    FROM counseling_topic topic
    WHERE topic.active AND NOT topic.at_fair
    ORDER BY topic.position, topic.name
"""  # noqa: S608 - constants of two modules


@dataclass(frozen=True)
class Earliest:
    """One topic that can be booked, and its first free time; ``None`` when all are taken."""

    slug: str
    name: str
    start: datetime | None

    @property
    def url(self) -> str:
        return f"{reverse('counseling:times')}?topic={quote(self.slug)}"


def times(
    first: datetime,
    last: datetime,
    *,
    topic: int | None,
    mode: str | None,
    student: int | None,
    most: int | None,
    leaving: int | None = None,
) -> list[Row]:
    """Key, start, end, counsellor's name and modes of free times that start in ``[first, last)``, the earliest first.

    With ``student`` without those at which this student is somewhere else, the booking ``leaving`` aside.
    """
    asked = known(timezone.now(), first=first, last=last, topic=topic, mode=mode)
    return _rows(_TIMES, asked | {"student": student, "leaving": leaving, "most": most})


def per_day(first: datetime, last: datetime, *, topic: int | None, mode: str | None) -> list[Row]:
    """KST days on which free times start, each with how many."""
    asked = known(timezone.now(), first=first, last=last, topic=topic, mode=mode)
    return _rows(_PER_DAY, asked | {"zone": settings.TIME_ZONE})


def list_and_calendar(
    window: tuple[datetime, datetime],
    counted: tuple[datetime, datetime],
    *,
    topic: int | None,
    mode: str | None,
    most: int | None,
) -> tuple[list[Row], list[Row]]:
    """What ``times`` says of one window and ``per_day`` of another, in one statement: a page shows both."""
    asked = known(timezone.now(), first=window[0], last=window[1], topic=topic, mode=mode)
    asked |= {"student": None, "leaving": None, "most": most, "zone": settings.TIME_ZONE}
    rows = _rows(_LIST_AND_CALENDAR, asked | {"counted_first": counted[0], "counted_last": counted[1]})
    listed = sorted((row[:5] for row in rows if row[0]), key=itemgetter(1, 0))
    return listed, sorted(row[5:] for row in rows if not row[0])


def earliest() -> list[Earliest]:
    """The first free time of every topic, for the front door; topics in the centre's order."""
    now = timezone.now()
    rows = _rows(_EARLIEST, known(now, first=now, last=now + FARTHEST))
    return [Earliest(slug, name, start and timezone.localtime(start)) for slug, name, start in rows]


def _rows(statement: str, asked: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return cursor.fetchall()
