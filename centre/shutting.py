"""What a holiday or a closure hits that was agreed before it was entered.

Rooms of the house above say so when asked (``register``, at start-up); the place knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from centre.models import Closure, Holiday


@dataclass(frozen=True)
class Hit:
    """One sentence for staff, and the page on which those with all ``permissions`` put it right."""

    sentence: str
    url: str
    permissions: tuple[str, ...] = ()


Asked = Callable[[DateTimeTZRange, int | None], Hit | None]
_asked: list[Asked] = []


def register(asked: Asked) -> Asked:
    """``asked`` gets a period and the venue that is shut in it (``None``: all); its answer is shown to staff."""
    _asked.append(asked)
    return asked


def hits(off: Holiday | Closure) -> list[Hit]:
    """What stands in the way of a day off; nothing for a holiday on which the centre opens."""
    if isinstance(off, Holiday):
        if not off.observed:
            return []
        period, venue = _days(off.day, off.day), None
    else:
        period, venue = _days(off.first_day, off.last_day, off.from_time, off.until_time), off.venue_id
    return [hit for asked in _asked if (hit := asked(period, venue))]


def _days(first: date, last: date, since: time | None = None, until: time | None = None) -> DateTimeTZRange:
    """From the first hour of the first day to the last of the last; hours between them count as a whole."""
    begins = timezone.make_aware(datetime.combine(first, since or time.min))
    over = datetime.combine(last, until) if until else datetime.combine(last, time.min) + timedelta(days=1)
    return DateTimeTZRange(begins, timezone.make_aware(over), "[)")
