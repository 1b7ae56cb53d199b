"""Queues: who comes first, how long an offer stands, and the lock under which places are offered.

A room that lets people wait does this, in one transaction, whenever a place becomes free::

    queue = waiting.enter("counseling", "상담")        # one offering at a time
    first, passed = waiting.first(places.in_line(), why_not)
    window = waiting.window(queue, now, latest)        # None: no time left to answer
    ...                                               # keep the place, write the offer, tell the family

and sweeps now and then for what the clock decides. Whoever takes the queue's lock takes it last
(``docs/locks.md``) and before writing anything that another transaction might wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from intake.models import Place, Queue
from lifecycle.locks import lock
from notices.quiet import is_quiet

P = TypeVar("P", bound=Place)

MOST_PASSED = 50  # how many skipped ones an offer remembers


def queue(code: str, label: str) -> Queue:
    """The queue called ``code``, made when it is asked for the first time."""
    return (
        Queue.objects.filter(code=code).first() or Queue.objects.get_or_create(code=code, defaults={"label": label})[0]
    )


def enter(code: str, label: str) -> Queue:
    """Hold the queue until commit: nobody else offers or takes places of it meanwhile."""
    return lock(Queue.objects, queue(code, label).pk)


def first(places: Iterable[P], why_not: Callable[[P], str]) -> tuple[P | None, dict[str, str]]:
    """The first of ``places`` that may have it, and why each before it may not (by key, at most ``MOST_PASSED``)."""
    passed: dict[str, str] = {}
    for place in places:
        if not (reason := why_not(place)):
            return place, passed
        if len(passed) < MOST_PASSED:
            passed[str(place.pk)] = reason
    return None, passed


@dataclass(frozen=True)
class Window:
    """From when until when (excluded) a family may answer."""

    begins: datetime
    deadline: datetime


def window(queue: Queue, now: datetime, latest: datetime, *, hours: int | None = None) -> Window | None:
    """When an offer made ``now`` is announced, and its deadline: so many hours of day, never after ``latest``.

    ``None`` when fewer than the queue's ``least_minutes`` of day would be left.
    """
    begins = next_day_hour(now)
    deadline = min(after_day_hours(begins, timedelta(hours=hours or queue.answer_hours)), latest)
    enough = after_day_hours(begins, timedelta(minutes=queue.least_minutes)) <= deadline
    return Window(begins, deadline) if enough else None


def next_day_hour(now: datetime) -> datetime:
    """``now`` by day; at night the moment when the night is over."""
    if not is_quiet(now):
        return now
    return _next(now, settings.QUIET_UNTIL)


def after_day_hours(begins: datetime, stretch: timedelta) -> datetime:
    """The moment at which so much day has passed since ``begins``; the night does not count."""
    if settings.QUIET_FROM == settings.QUIET_UNTIL:
        return begins + stretch  # a centre without nights
    moment = next_day_hour(begins)
    while True:
        night = _next(moment, settings.QUIET_FROM)
        if moment + stretch <= night:
            return moment + stretch
        stretch -= night - moment
        moment = _next(night, settings.QUIET_UNTIL)


def _next(now: datetime, clock: time) -> datetime:
    """The next moment after ``now`` at which KST clocks show ``clock``."""
    local = timezone.localtime(now)
    at = timezone.make_aware(datetime.combine(local.date(), clock))
    return at if at > now else timezone.make_aware(datetime.combine(local.date() + timedelta(days=1), clock))
