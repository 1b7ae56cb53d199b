"""The first free time of every topic, for the front door: one statement, whatever the timetable holds.

It says what ``Slot.objects.free(topic=…)`` says of each topic; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from counseling.models import Booking


@dataclass(frozen=True)
class Earliest:
    """One topic that can be booked, and its first free time; ``None`` when all are taken."""

    slug: str
    name: str
    start: datetime | None

    @property
    def url(self) -> str:
        return f"{reverse('counseling:times')}?topic={quote(self.slug)}"


def by_topic() -> list[Earliest]:
    """The topics in the centre's order."""
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = {
        "now": now,
        "midnight": midnight,
        "held": Booking.State.HELD.value,
        "firm": [state.value for state in Booking.OCCUPYING if state != Booking.State.HELD],
    }
    with connection.cursor() as cursor:
        cursor.execute(_EARLIEST, asked)
        return [Earliest(slug, name, start and timezone.localtime(start)) for slug, name, start in cursor.fetchall()]


# The free times are found once and then looked through for each topic: a search for each topic
# reads the timetable as often as there are topics.
_EARLIEST = """
    WITH free AS MATERIALIZED (
        SELECT slot.counselor_id, slot.modes, lower(slot.period) AS start,
            upper(slot.period) - lower(slot.period) AS length
        FROM counseling_slot slot
        JOIN counseling_counselor counselor ON counselor.id = slot.counselor_id
        WHERE lower(slot.period) >= %(now)s
          AND slot.published
          AND counselor.active
          AND NOT EXISTS (
              SELECT FROM counseling_booking booking
              WHERE booking.slot_id = slot.id
                AND (booking.state = ANY(%(firm)s) OR (booking.state = %(held)s AND booking.held_until > %(now)s))
          )
    )
    SELECT topic.slug, topic.name, (
        SELECT min(free.start)
        FROM free
        WHERE free.counselor_id = ANY(ARRAY(
            SELECT offered.counselor_id FROM counseling_counselor_topics offered WHERE offered.topic_id = topic.id
        ))
          AND free.start >= %(now)s + make_interval(hours => topic.lead_hours)
          AND free.start < %(midnight)s + make_interval(days => topic.horizon_days + 1)
          AND free.length >= make_interval(mins => topic.minutes)
          AND free.modes && topic.modes
    )
    FROM counseling_topic topic
    WHERE topic.active
    ORDER BY topic.position, topic.name
"""
