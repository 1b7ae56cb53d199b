"""The arithmetic of weekly patterns, for any hours, lengths, pauses and breaks."""

from __future__ import annotations

import itertools
from datetime import date, time, timedelta

from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from counseling.models.working import sessions

DAY = date(2026, 11, 25)
CLOCK = st.integers(0, 23 * 60 + 59).map(lambda minute: time(minute // 60, minute % 60))
STRETCH = st.tuples(CLOCK, CLOCK).filter(lambda pair: pair[0] < pair[1])


def clocks(periods):
    return [f"{timezone.localtime(p.lower):%H:%M}~{timezone.localtime(p.upper):%H:%M}" for p in periods]


@given(STRETCH, st.integers(10, 240), st.integers(0, 120), st.lists(STRETCH, max_size=4))
def test_no_session_overlaps_a_break_another_or_the_ends(hours, minutes, pause, breaks):
    made = list(sessions(DAY, *hours, minutes=minutes, pause=pause, breaks=breaks))

    for period in made:
        begins, over = timezone.localtime(period.lower), timezone.localtime(period.upper)
        assert over - begins == timedelta(minutes=minutes)
        assert begins.date() == over.date() == DAY
        assert hours[0] <= begins.time()
        assert over.time() <= hours[1]
        assert not any(since < over.time() and begins.time() < until for since, until in breaks)
    for one, other in itertools.pairwise(made):
        gap = (other.lower - one.upper) / timedelta(minutes=1)
        after_break = any(timezone.localtime(other.lower).time() == until for _since, until in breaks)
        assert gap >= pause or (after_break and gap >= 0)


@given(STRETCH, st.integers(10, 240), st.integers(0, 120))
def test_without_breaks_as_many_fit_as_can(hours, minutes, pause):
    length = (hours[1].hour - hours[0].hour) * 60 + hours[1].minute - hours[0].minute
    fit = 0 if length < minutes else 1 + (length - minutes) // (minutes + pause)

    assert len(list(sessions(DAY, *hours, minutes=minutes, pause=pause))) == fit


def test_the_edges_of_the_day():
    assert clocks(sessions(DAY, time(23), time(23, 59), minutes=59, pause=0)) == ["23:00~23:59"]
    assert clocks(sessions(DAY, time(23), time(23, 59), minutes=60, pause=0)) == []
    assert clocks(sessions(DAY, time(0), time(1), minutes=60, pause=0)) == ["00:00~01:00"]


def test_a_session_ends_where_lunch_begins_and_the_next_begins_where_it_ends():
    made = sessions(DAY, time(11), time(15), minutes=60, pause=10, breaks=[(time(12), time(13))])
    assert clocks(made) == ["11:00~12:00", "13:00~14:00"]
    made = sessions(DAY, time(11, 1), time(15), minutes=60, pause=0, breaks=[(time(12), time(13))])
    assert clocks(made) == ["13:00~14:00", "14:00~15:00"]
