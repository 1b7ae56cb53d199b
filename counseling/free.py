"""Which times are free, in SQL written by hand: the page that everybody opens before booking.

The ORM takes ten times as long to write these two statements as PostgreSQL to answer them. They say
what ``Slot.objects.free`` says; a test holds the two together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from counseling.models import Booking

Row = tuple[Any, ...]
OCCUPYING = [state.value for state in Booking.OCCUPYING]
FIRM = [state.value for state in Booking.OCCUPYING if state != Booking.State.HELD]

_FREE = """
    FROM counseling_slot slot
    JOIN counseling_counselor counselor ON counselor.id = slot.counselor_id
    WHERE lower(slot.period) >= %(first)s AND lower(slot.period) < %(last)s
      AND slot.published AND counselor.active
      AND (%(mode)s IS NULL OR %(mode)s = ANY(slot.modes))
      AND EXISTS (
          SELECT FROM counseling_counselor_topics offered
          JOIN counseling_topic topic ON topic.id = offered.topic_id
          WHERE offered.counselor_id = counselor.id
            AND topic.active
            AND (%(topic)s IS NULL OR topic.id = %(topic)s)
            AND (%(mode)s IS NULL OR %(mode)s = ANY(topic.modes))
            AND topic.modes && slot.modes
            AND upper(slot.period) - lower(slot.period) >= make_interval(mins => topic.minutes)
            AND lower(slot.period) >= %(now)s + make_interval(hours => topic.lead_hours)
            AND lower(slot.period) < %(midnight)s + make_interval(days => topic.horizon_days + 1)
      )
      AND NOT EXISTS (
          SELECT FROM counseling_booking booking
          WHERE booking.slot_id = slot.id
            AND (booking.state = ANY(%(firm)s) OR (booking.state = %(held)s AND booking.held_until > %(now)s))
      )
"""
_TIMES = f"""
    SELECT slot.id, lower(slot.period), upper(slot.period), counselor.name, slot.modes {_FREE}
      AND (%(student)s IS NULL OR NOT EXISTS (
          SELECT FROM counseling_booking other
          WHERE other.student_id = %(student)s AND other.state = ANY(%(occupying)s) AND other.period && slot.period
      ))
    ORDER BY lower(slot.period), slot.id
    LIMIT %(most)s
"""  # noqa: S608 - constants of this module
_PER_DAY = f"""
    SELECT (lower(slot.period) AT TIME ZONE %(zone)s)::date AS day, count(*) {_FREE}
    GROUP BY day
    ORDER BY day
"""


def times(
    first: datetime, last: datetime, *, topic: int | None, mode: str | None, student: int | None, most: int | None
) -> list[Row]:
    """Key, start, end, counsellor's name and modes of free times that start in ``[first, last)``, the earliest first.

    With ``student`` without those at which this student is somewhere else.
    """
    return _rows(_TIMES, first=first, last=last, topic=topic, mode=mode, student=student, most=most)


def per_day(first: datetime, last: datetime, *, topic: int | None, mode: str | None) -> list[Row]:
    """KST days on which free times start, each with how many."""
    return _rows(_PER_DAY, first=first, last=last, topic=topic, mode=mode)


def _rows(statement: str, **asked: Any) -> list[Row]:
    now = timezone.now()
    known = {
        "now": now,
        "midnight": timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0),
        "zone": settings.TIME_ZONE,
        "held": Booking.State.HELD.value,
        "firm": FIRM,
        "occupying": OCCUPYING,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, known | asked)
        return cursor.fetchall()
