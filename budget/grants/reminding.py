"""Deadlines said in time: windows and not days, so whoever was down says the one that fits now and no older one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from budget.grants import notices as say
from budget.models import GrantApplication
from lifecycle.locks import lock

State = GrantApplication.State
CLOSING_DAYS = (3, 1)  # before the call closes, to those who have not sent
MENDING_DAYS = (2,)
REPORT_DAYS = (30, 7, 1, -1)  # before the report is due, and once when it is late


def window(left_days: int, windows: tuple[int, ...]) -> int | None:
    """The narrowest window that has come; -1 means past."""
    reached = [days for days in windows if left_days <= days]
    return min(reached, default=None)


def remind() -> int:
    """Say what is due to be said; run it as often as you like, each window is said once. How many were looked at."""
    now = timezone.now()
    due = GrantApplication.objects.filter(
        state__in=[State.DRAFT, State.CORRECTION, State.GRANTED, State.REWORK]
    ).order_by("pk")
    return sum(_remind_of(pk, now) for pk in due.values_list("pk", flat=True))


@transaction.atomic
def _remind_of(pk: int, now: datetime) -> bool:
    """Under the application's row, so that nobody is reminded of what was sent meanwhile."""
    found = lock(GrantApplication.objects.select_related("call", "school"), pk)
    today = timezone.localdate(now)
    if found.state == State.DRAFT and found.call.stand_at(now) == found.call.Stand.OPEN:
        return _say(say.closing, found, _days(now, found.call.closes_at), CLOSING_DAYS)
    if found.state == State.CORRECTION and found.correction_until and now < found.correction_until:
        return _say(say.mending, found, _days(now, found.correction_until), MENDING_DAYS)
    if found.state in (State.GRANTED, State.REWORK):
        left = (found.call.settle_by - today).days
        reached = window(left, REPORT_DAYS)
        if reached is not None:
            say.reporting(found, today, reached)
        return reached is not None
    return False


def _days(now: datetime, until: datetime) -> int:
    """Whole days left, rounded up: 47 hours are two days."""
    return -((now - until) // timedelta(days=1))


def _say(
    words: Callable[[GrantApplication, int], None], found: GrantApplication, left: int, windows: tuple[int, ...]
) -> bool:
    reached = window(left, windows)
    if reached is not None:
        words(found, reached)
    return reached is not None
