"""When a time is free, said once: three pieces of SQL from which every way of asking is put together.

``OPEN``: the time is offered at all. ``SUITS``: a topic fits into it and can be booked now. ``UNTAKEN``:
nobody has it. They speak of rows called ``slot``, ``counselor`` and ``topic``, and need the parameters of
``known``. A list of times, a calendar, the first time of each topic (``counseling.free``) and a queryset for
everyone else (``Slot.objects.free``) differ in what they select. Written by hand, for the ORM takes ten times
as long to write them as PostgreSQL to answer. What a person is refused, with which words, says
``Slot.refusal``; a test holds it together with this.

Where things go: a rule on a time as such (withdrawn, a closure) into ``OPEN``; a rule of the topic (lead time,
horizon, how early it opens) into ``SUITS``; a rule on the person who asks is ``counseling.rules``, asked for
what was found. Equal times of several counsellors are grouped by whoever shows them (``counseling.finding``).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db.models.expressions import RawSQL
from django.utils import timezone

# The farthest horizon bounds the search, so that times nobody may book yet cost nothing, however many.
OPEN = """
    slot.published AND counselor.active
    AND lower(slot.period) >= %(first)s AND lower(slot.period) < %(last)s
    AND lower(slot.period) < %(midnight)s + (
        SELECT make_interval(days => max(farthest.horizon_days) + 1) FROM counseling_topic farthest
        WHERE NOT farthest.at_fair
    )
"""
SUITS = """
    topic.active AND NOT topic.at_fair
    AND topic.modes && slot.modes
    AND upper(slot.period) - lower(slot.period) >= make_interval(mins => topic.minutes)
    AND lower(slot.period) >= %(now)s + make_interval(hours => topic.lead_hours)
    AND lower(slot.period) > %(now)s
    AND lower(slot.period) < %(midnight)s + make_interval(days => topic.horizon_days + 1)
"""
# The states of ``Booking.OCCUPYING``, as the index behind ``booking_one_per_slot`` has them.
UNTAKEN = """
    NOT EXISTS (
        SELECT FROM counseling_booking booking
        WHERE booking.slot_id = slot.id
          AND booking.state IN ('held', 'booked', 'arrived', 'done', 'no_show')
          AND (booking.state <> 'held' OR booking.held_until > %(now)s)
    )
"""
# Everything about a slot: free, and fit for a topic (any or the one) in a mode (any or the one).
FREE = f"""
    FROM counseling_slot slot
    JOIN counseling_counselor counselor ON counselor.id = slot.counselor_id
    WHERE {OPEN}
      AND (%(mode)s IS NULL OR %(mode)s = ANY(slot.modes))
      AND EXISTS (
          SELECT FROM counseling_counselor_topics offered
          JOIN counseling_topic topic ON topic.id = offered.topic_id
          WHERE offered.counselor_id = slot.counselor_id
            AND (%(topic)s IS NULL OR topic.id = %(topic)s)
            AND (%(mode)s IS NULL OR %(mode)s = ANY(topic.modes))
            AND {SUITS}
      )
      AND {UNTAKEN}
"""
_KEYS = f"SELECT slot.id {FREE}"
_NAMED = re.compile(r"%\((\w+)\)s")


def known(
    now: datetime, *, first: datetime, last: datetime, topic: int | None = None, mode: str | None = None
) -> dict[str, Any]:
    """The parameters: times that start in ``[first, last)``, as things stand ``now``."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {"now": now, "midnight": midnight, "first": first, "last": last, "topic": topic, "mode": mode}


def keys(now: datetime, **asked: Any) -> RawSQL:
    """The keys of free slots, for ``pk__in=``; ``asked`` as for ``known``. RawSQL takes parameters by place only."""
    values = known(now, **asked)
    return RawSQL(_NAMED.sub("%s", _KEYS), [values[name] for name in _NAMED.findall(_KEYS)])  # noqa: S611
