from __future__ import annotations

from datetime import date, time
from itertools import islice

import pytest

from programs.repeating import HORIZON, MOST_TIMES, Repeat

MONDAY = date(2026, 11, 30)


def days(**rule) -> list[str]:
    asked = Repeat(**{"first": MONDAY, "starts": time(10), "ends": time(12), **rule})
    return [f"{day:%m-%d}" for day in islice(asked.days(), asked.most)]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({}, ["11-30"]),
        ({"times": 3}, ["11-30", "12-07", "12-14"]),
        ({"times": 3, "every": 2}, ["11-30", "12-14", "12-28"]),
        ({"times": 4, "weekdays": frozenset({1, 3})}, ["12-01", "12-03", "12-08", "12-10"]),
        # every second week is counted from the Monday of the first day, whichever day that is
        ({"times": 3, "every": 2, "weekdays": frozenset({0}), "first": date(2026, 12, 2)}, ["12-14", "12-28", "01-11"]),
        ({"until": date(2026, 12, 14)}, ["11-30", "12-07", "12-14"]),
        ({"until": date(2026, 12, 13)}, ["11-30", "12-07"]),
        ({"until": date(2026, 11, 29)}, []),
        ({"until": date(2026, 12, 31), "times": 2}, ["11-30", "12-07"]),
    ],
)
def test_the_days_of_a_rule(rule, found):
    assert days(**rule) == found


def test_a_rule_ends():
    daily = Repeat(MONDAY, time(10), time(12), frozenset(range(7)), until=date(2099, 1, 1))
    assert list(daily.days())[-1] == MONDAY + HORIZON
    assert daily.most == MOST_TIMES


@pytest.mark.parametrize("rule", [{"ends": time(10)}, {"every": 0}, {"every": 27}, {"weekdays": frozenset({7})}])
def test_an_impossible_rule_is_refused(rule):
    with pytest.raises(ValueError, match=r"a rep|a rule"):
        days(**rule)
