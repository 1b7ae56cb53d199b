"""Years of slots and bookings, written by the database itself: one row made by the portal, copied with other values.

Copying a row keeps this true when a table gets another column.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from benchmarks import stage
from counseling.models import Booking, Slot

A_DAY = 12  # slots of one counsellor
FAR = timedelta(days=90)  # beyond every horizon

_SLOTS = """
    INSERT INTO counseling_slot
    SELECT made.*
    FROM counseling_slot pattern,
        generate_series(0, %(count)s - 1) number,
        LATERAL jsonb_populate_record(pattern, jsonb_build_object(
            'id', nextval(pg_get_serial_sequence('counseling_slot', 'id')),
            'counselor_id', (%(counselors)s::bigint[])[1 + number %% cardinality(%(counselors)s::bigint[])],
            'period', tstzrange(
                %(from)s + %(step)s * make_interval(hours => 2 * (number / cardinality(%(counselors)s::bigint[]))),
                %(from)s + %(step)s * make_interval(hours => 2 * (number / cardinality(%(counselors)s::bigint[])))
                    + interval '50 minutes'
            )
        )) made
    WHERE pattern.id = %(pattern)s
    RETURNING id
"""
_BOOKINGS = """
    INSERT INTO counseling_booking
    SELECT made.*
    FROM counseling_booking pattern,
        (SELECT id, period, row_number() OVER (ORDER BY lower(period), id) AS number
         FROM counseling_slot WHERE id > %(after)s AND upper(period) < %(now)s) slot,
        LATERAL jsonb_populate_record(pattern, jsonb_build_object(
            'id', nextval(pg_get_serial_sequence('counseling_booking', 'id')),
            'slot_id', slot.id,
            'student_id', (%(students)s::bigint[])[1 + slot.number %% cardinality(%(students)s::bigint[])],
            'period', slot.period,
            'state', 'done'
        )) made
    WHERE pattern.id = %(pattern)s
"""


def past(count: int, students: Sequence[int]) -> None:
    """So many slots that are over, each with a counselling that took place. Needs more students than counsellors."""
    last = _latest_slot()
    _slots(count, timezone.now() - timedelta(days=2), step=-1)
    [pattern] = Booking.objects.filter(pk=_booking(students[0])).values_list("pk", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _BOOKINGS, {"after": last, "now": timezone.now(), "students": list(students), "pattern": pattern}
        )


def far(count: int) -> None:
    """So many free slots that nobody may book yet."""
    _slots(count, timezone.now() + FAR, step=1)


def _slots(count: int, first: datetime, *, step: int) -> None:
    counselors = [stage.new_counselor().pk for _ in range(max(1, min(200, count // 50)))]
    pattern = stage.slots(1)[0]
    asked = {"count": count, "counselors": counselors, "from": first, "step": step, "pattern": pattern}
    with connection.cursor() as cursor:
        cursor.execute(_SLOTS, asked)


def _booking(student: int) -> int:
    """A booking to copy, far from what is copied."""
    stage.bookings(stage.slots(1))
    return Booking.objects.latest("pk").pk


def _latest_slot() -> int:
    return Slot.objects.latest("pk").pk if Slot.objects.exists() else 0
