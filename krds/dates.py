"""Dates and times as official Korean papers write them: ``2026. 11. 24.(화) 14:00``.

No zero padding, a dot after the day, one space, a 24-hour clock; always in the current
time zone. The day after midnight is written out, so that a period never looks shorter than
it is.
"""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone

WEEKDAYS = "월화수목금토일"


def _local(value: date | datetime) -> date | datetime:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _date(value: date) -> str:
    return f"{value.year}. {value.month}. {value.day}.({WEEKDAYS[value.weekday()]})"


def kdate(value: date | datetime | None) -> str:
    """``2026. 11. 24.(화)``; nothing for nothing."""
    if value is None:
        return ""
    return _date(_local(value))


def ktime(value: time | datetime | None) -> str:
    """``14:00``; nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = _local(value)
    return f"{value:%H:%M}"


def kdatetime(value: datetime | None) -> str:
    """``2026. 11. 24.(화) 14:00``; nothing for nothing."""
    if value is None:
        return ""
    value = _local(value)
    return f"{_date(value)} {value:%H:%M}"


def kmoment(value: datetime) -> str:
    """``11. 24.(화) 14:00``, where the year goes without saying: a text message has 90 bytes."""
    value = _local(value)
    return f"{value.month}. {value.day}.({WEEKDAYS[value.weekday()]}) {value:%H:%M}"


def kmonth(value: date) -> str:
    """``2026년 11월``, the heading of a month."""
    return f"{value.year}년 {value.month}월"


def kcountdown(moment: datetime, now: datetime) -> str:
    """How long it is until ``moment``, as people say it: ``30분 뒤``, ``오늘 3시간 뒤``, ``내일``, ``5일 뒤``.

    By days of the calendar, not by 24 hours: what is early tomorrow is 내일 all evening. What has begun is 지금.
    """
    if moment <= now:
        return "지금"
    days = (timezone.localdate(moment) - timezone.localdate(now)).days
    if days:
        return {1: "내일", 2: "모레"}.get(days, f"{days}일 뒤")
    minutes = max(1, int((moment - now).total_seconds() // 60))
    return f"오늘 {minutes // 60}시간 뒤" if minutes >= 60 else f"{minutes}분 뒤"


def kperiod(start: date | datetime | None, end: date | datetime | None) -> str:
    """``2026. 11. 24.(화) 14:00 ~ 14:50``: what both ends share is written once.

    An open end leaves its side of the tilde empty. Two dates without a time are both
    inclusive, as readers expect of a period of days.
    """
    if start is None and end is None:
        return ""
    timed = isinstance(start if start is not None else end, datetime)
    write = kdatetime if timed else kdate
    if start is None or end is None:
        return f"{write(start)} ~ {write(end)}".strip()
    start, end = _local(start), _local(end)
    if timed and start.date() == end.date():
        return f"{kdatetime(start)} ~ {end:%H:%M}"
    if not timed and start == end:
        return kdate(start)
    if start.year == end.year:
        tail = f"{end.month}. {end.day}.({WEEKDAYS[end.weekday()]})"
        return f"{write(start)} ~ {tail}" + (f" {end:%H:%M}" if timed else "")
    return f"{write(start)} ~ {write(end)}"
