"""Whether the centre is open: weekly hours, public holidays and closures read as one calendar.

Days are KST dates. A centre whose hours are not recorded is closed on holidays and closures only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

Stretch = tuple[time, time]


@dataclass(frozen=True)
class DayOff:
    """A holiday or a closure. Without times it takes whole days, without a venue every venue."""

    first_day: date
    last_day: date
    reason: str
    from_time: time | None
    until_time: time | None
    venue_id: int | None
    venue: str
    is_holiday: bool

    def covers(self, day: date, venue_id: int | None) -> bool:
        """Whether it concerns this venue on this day; asked without a venue, whether it concerns them all."""
        return self.first_day <= day <= self.last_day and self.venue_id in {None, venue_id}


@dataclass(frozen=True)
class Hours:
    """One stretch of one weekday, for as long as both it and its venue are in force."""

    venue_id: int
    weekday: int
    opens: time
    closes: time
    first_day: date
    last_day: date | None

    def hold_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class Calendar:
    """What holds from ``first`` to ``last``; asking it costs no query."""

    first: date
    last: date
    off: Sequence[DayOff]
    hours: Sequence[Hours]

    @classmethod
    def load(cls, first: date, last: date) -> Calendar:
        """Read the days from ``first`` to ``last``, both included, in two queries.

        They are plain SQL, since the front door asks them of every visitor.
        """
        period = {"first": first, "last": last}
        with connection.cursor() as cursor:
            cursor.execute(_OFF, period)
            off = [DayOff(*row) for row in cursor.fetchall()]
            cursor.execute(_HOURS, period)
            return cls(first, last, off, [Hours(*row) for row in cursor.fetchall()])

    def closed_reason(self, day: date, venue_id: int | None = None) -> str | None:
        """Why the whole day is closed, fit to show; ``None`` when some of it is open.

        Without a venue: why every venue is.
        """
        off = [one for one in self.off if one.covers(day, venue_id)]
        if whole := next((one for one in off if one.from_time is None), None):
            return whole.reason
        known = self._hours(day, venue_id)
        if not known or self.hours_on(day, venue_id):
            return None
        if all(hours.weekday != day.weekday() for hours in known):
            return _("정기 휴관일")
        # closures of hours, or of each venue by itself, took what the day had
        return next(one.reason for one in self.off if any(one.covers(day, hours.venue_id) for hours in known))

    def is_open(self, day: date, venue_id: int | None = None) -> bool:
        return self.closed_reason(day, venue_id) is None

    def closed_during(self, starts: datetime, ends: datetime, venue_id: int | None = None) -> str | None:
        """Why the centre is not open all through ``[starts, ends)``, fit to show; ``None`` when it is.

        Without recorded hours only whole days and closures count. What goes past midnight is never inside hours.
        """
        begins, over = timezone.localtime(starts), timezone.localtime(ends)
        day = begins.date()
        if reason := self.closed_reason(day, venue_id):
            return _("쉬는 날입니다(%(reason)s).") % {"reason": reason}
        for one in self.off:
            if one.from_time and one.until_time and one.covers(day, venue_id) and not one.is_holiday:
                shut = [timezone.make_aware(datetime.combine(day, at)) for at in (one.from_time, one.until_time)]
                if shut[0] < ends and starts < shut[1]:
                    return _("쉬는 시간입니다(%(reason)s).") % {"reason": one.reason}
        hours = self.hours_on(day, venue_id)
        inside = over.date() == day and any(o <= begins.time() and over.time() <= c for o, c in hours)
        if not hours or inside:
            return None
        known = ", ".join(f"{opens:%H:%M}~{closes:%H:%M}" for opens, closes in hours)
        return _("운영시간(%(hours)s) 밖입니다.") % {"hours": known}

    def open_days(self, venue_id: int | None = None) -> list[date]:
        return [day for day in self.days() if self.is_open(day, venue_id)]

    def days(self) -> Iterator[date]:
        for offset in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=offset)

    def hours_on(self, day: date, venue_id: int | None = None) -> list[Stretch]:
        """The open stretches of a day, days off cut out; nothing when closed, or when no hours are recorded.

        Without a venue: of all venues together, overlapping ones joined.
        """
        open_: list[Stretch] = []
        for hours in self._hours(day, venue_id):
            if hours.weekday == day.weekday():
                left = [(hours.opens, hours.closes)]
                for one in self.off:
                    if one.covers(day, hours.venue_id):
                        left = [part for stretch in left for part in _without(stretch, one)]
                open_ += left
        return _joined(open_)

    def usual_hours(self, weekday: int, day: date, venue_id: int | None = None) -> list[Stretch]:
        """The hours of a weekday as they stand on ``day``, whatever holidays and closures say."""
        return _joined([(one.opens, one.closes) for one in self._hours(day, venue_id) if one.weekday == weekday])

    def days_off(self) -> list[DayOff]:
        """Holidays and closures in order; a holiday on a day that is closed anyway is left out."""
        return [
            one
            for one in self.off
            if not one.is_holiday
            or not self._hours(one.first_day, None)
            or self.usual_hours(one.first_day.weekday(), one.first_day)
        ]

    def _hours(self, day: date, venue_id: int | None) -> list[Hours]:
        """The hours recorded for any weekday that are in force on ``day``."""
        return [one for one in self.hours if one.hold_on(day) and venue_id in {None, one.venue_id}]


@dataclass(frozen=True)
class Now:
    """The state of one moment, for the front door: open until, opens at, or closed because."""

    open_until: time | None = None
    opens_at: time | None = None
    closed_reason: str | None = None
    hours: Sequence[Stretch] = ()

    @classmethod
    def of(cls, calendar: Calendar, moment: datetime) -> Now:
        here = timezone.localtime(moment)
        day, clock = here.date(), here.time()
        if reason := calendar.closed_reason(day):
            return cls(closed_reason=reason)
        hours = calendar.hours_on(day)
        return cls(
            open_until=next((closes for opens, closes in hours if opens <= clock < closes), None),
            opens_at=next((opens for opens, _closes in hours if clock < opens), None),
            hours=hours,
        )


def closed_reason(day: date, venue_id: int | None = None) -> str | None:
    return Calendar.load(day, day).closed_reason(day, venue_id)


def is_open(day: date, venue_id: int | None = None) -> bool:
    return closed_reason(day, venue_id) is None


def open_days(first: date, last: date, venue_id: int | None = None) -> list[date]:
    """The open days from ``first`` to ``last``, both included."""
    return Calendar.load(first, last).open_days(venue_id)


def _without(stretch: Stretch, off: DayOff) -> list[Stretch]:
    if off.from_time is None or off.until_time is None:
        return []
    opens, closes = stretch
    parts = [(opens, min(closes, off.from_time)), (max(opens, off.until_time), closes)]
    return [(start, end) for start, end in parts if start < end]


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for opens, closes in sorted(stretches):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return joined


_OFF = """
    SELECT day AS first_day, day AS last_day, name AS reason, NULL, NULL, NULL, '', true
    FROM centre_holiday
    WHERE observed AND day BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT closure.first_day, closure.last_day, closure.reason, closure.from_time, closure.until_time,
        closure.venue_id, coalesce(venue.name, ''), false
    FROM centre_closure closure
    LEFT JOIN centre_venue venue ON venue.id = closure.venue_id
    WHERE closure.first_day <= %(last)s AND closure.last_day >= %(first)s
      AND (venue.last_day IS NULL OR venue.last_day >= greatest(closure.first_day, %(first)s))
    ORDER BY first_day, last_day, reason
"""

# greatest() and least() pass over NULL, which here means: for good
_HOURS = """
    SELECT hours.venue_id, hours.weekday, hours.opens, hours.closes,
        greatest(hours.first_day, venue.first_day), least(hours.last_day, venue.last_day)
    FROM centre_openinghours hours
    JOIN centre_venue venue ON venue.id = hours.venue_id
    WHERE greatest(hours.first_day, venue.first_day) <= %(last)s
      AND (least(hours.last_day, venue.last_day) IS NULL OR least(hours.last_day, venue.last_day) >= %(first)s)
    ORDER BY hours.opens, hours.id
"""
