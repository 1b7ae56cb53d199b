from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from krds.dates import kcountdown, kdate, kdatetime, kmonth, kperiod, ktime

SEOUL_AFTERNOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def seoul(*parts: int) -> datetime:
    """A UTC instant nine hours before the wall clock given."""
    return datetime.fromisoformat(datetime(*parts).isoformat() + "+09:00")  # noqa: DTZ001


def test_a_date_is_written_as_official_papers_write_it() -> None:
    assert kdate(date(2026, 1, 2)) == "2026. 1. 2.(금)"


def test_an_instant_is_written_in_korean_time() -> None:
    assert kdatetime(SEOUL_AFTERNOON) == "2026. 11. 24.(화) 14:00"


def test_the_day_of_an_instant_is_the_day_in_korea() -> None:
    assert kdate(datetime(2026, 11, 24, 14, 59, tzinfo=UTC)) == "2026. 11. 24.(화)"
    assert kdate(datetime(2026, 11, 24, 15, 0, tzinfo=UTC)) == "2026. 11. 25.(수)"


def test_a_time_has_two_digits_on_each_side() -> None:
    assert ktime(time(9, 5)) == "09:05"
    assert ktime(SEOUL_AFTERNOON) == "14:00"


def test_a_month_is_named_in_korean() -> None:
    assert kmonth(date(2026, 3, 1)) == "2026년 3월"


@pytest.mark.parametrize("write", [kdate, kdatetime, ktime])
def test_nothing_is_written_for_nothing(write) -> None:
    assert write(None) == ""


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (seoul(2026, 11, 24, 14), seoul(2026, 11, 24, 14, 50), "2026. 11. 24.(화) 14:00 ~ 14:50"),
        (seoul(2026, 11, 24, 14), seoul(2026, 11, 25, 0), "2026. 11. 24.(화) 14:00 ~ 11. 25.(수) 00:00"),
        (seoul(2026, 12, 31, 9), seoul(2027, 1, 2, 18), "2026. 12. 31.(목) 09:00 ~ 2027. 1. 2.(토) 18:00"),
        (date(2026, 12, 1), date(2026, 12, 1), "2026. 12. 1.(화)"),
        (date(2026, 12, 1), date(2026, 12, 31), "2026. 12. 1.(화) ~ 12. 31.(목)"),
        (date(2026, 12, 1), date(2027, 1, 31), "2026. 12. 1.(화) ~ 2027. 1. 31.(일)"),
        (date(2026, 12, 1), None, "2026. 12. 1.(화) ~"),
        (None, seoul(2026, 11, 24, 18), "~ 2026. 11. 24.(화) 18:00"),
        (None, None, ""),
    ],
)
def test_a_period_writes_once_what_its_ends_share(start, end, words: str) -> None:
    assert kperiod(start, end) == words


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (seoul(2026, 11, 24, 14, 0), "지금"),
        (seoul(2026, 11, 24, 14, 0, 30), "1분 뒤"),
        (seoul(2026, 11, 24, 14, 59), "59분 뒤"),
        (seoul(2026, 11, 24, 15, 0), "오늘 1시간 뒤"),
        (seoul(2026, 11, 24, 23, 59), "오늘 9시간 뒤"),
        (seoul(2026, 11, 25, 0, 0), "내일"),
        (seoul(2026, 11, 26, 0, 0), "모레"),
        (seoul(2026, 11, 27, 0, 0), "3일 뒤"),
    ],
)
def test_how_long_it_is_until_then(moment: datetime, said: str) -> None:
    assert kcountdown(moment, SEOUL_AFTERNOON) == said
