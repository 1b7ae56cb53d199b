"""Two clicks on 주소 만들기 at one instant, with the guards and without."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from django.db import connection

from counseling import feeds
from counseling.models import CalendarFeed
from lifecycle import locks
from lifecycle.locks import Refused

pytestmark = pytest.mark.django_db(transaction=True)

ACTIVE = CalendarFeed.objects.filter(state=CalendarFeed.State.ACTIVE)


@pytest.fixture
def without_lock(monkeypatch):
    """No lock, and everybody has looked for an old address before anybody makes a new one."""
    barrier, made = threading.Barrier(2, timeout=1), feeds.new_token

    def wait():
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        return made()

    monkeypatch.setattr(feeds, "lock", lambda queryset, pk: queryset.get(pk=pk))
    monkeypatch.setattr(feeds, "new_token", wait)


@pytest.fixture
def without_index():
    constraint = next(c for c in CalendarFeed._meta.constraints if c.name == "calendarfeed_one_for_all")
    with connection.schema_editor() as editor:
        editor.remove_constraint(CalendarFeed, constraint)
    yield
    CalendarFeed.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(CalendarFeed, constraint)


def make(parent):
    return lambda: feeds.make(parent, CalendarFeed.Kind.FAMILY)


def test_two_clicks_leave_one_address_and_both_are_answered(at_once, parent, student):
    results = at_once(make(parent), make(parent))

    assert not any(isinstance(result, Exception) for result in results)
    assert ACTIVE.count() == 1


def test_without_the_lock_the_index_still_leaves_one(at_once, parent, student, without_lock):
    results = at_once(make(parent), make(parent))

    assert sum(isinstance(result, Refused) for result in results) == 1
    assert ACTIVE.count() == 1


def test_without_lock_and_index_there_are_two(at_once, parent, student, without_lock, without_index):
    """The control: an address that was to be renewed goes on working."""
    at_once(make(parent), make(parent))

    assert ACTIVE.count() == 2


def test_the_lock_is_the_houses_own():
    assert feeds.lock is locks.lock
