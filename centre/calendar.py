"""Whether the centre is open: weekly hours, public holidays and closures read as one calendar.

Days are KST dates. A centre whose hours are not recorded is closed on holidays and closures only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from centre.models import Closure, Holiday, OpeningHours

Stretch = tuple[time, time]


@dataclass(frozen=True)
class DayOff:
    """Days without the usual hours, fit to show; ``closure`` tells the venue and the hours where they are not all."""

    first_day: date
    last_day: date
    reason: str
    closure: Closure | None = None


@dataclass(frozen=True)
class Calendar:
    """What holds from ``first`` to ``last``; asking it costs no query."""

    first: date
    last: date
    holidays: Mapping[date, str]
    closures: Sequence[Closure]
    hours: Sequence[OpeningHours]

    @classmethod
    def load(cls, first: date, last: date) -> Calendar:
        """Read the days from ``first`` to ``last``, both included, in three queries."""
        return cls(
            first,
            last,
            dict(Holiday.objects.filter(day__range=(first, last), observed=True).values_list("day", "name")),
            list(Closure.objects.between(first, last).select_related("venue").order_by("first_day", "pk")),
            list(OpeningHours.objects.between(first, last).select_related("venue").order_by("opens", "pk")),
        )

    def closed_reason(self, day: date, venue_id: int | None = None) -> str | None:
        """Why the whole day is closed, fit to show; ``None`` when some of it is open.

        Without a venue: why every venue is.
        """
        if name := self.holidays.get(day):
            return name
        closures = [closure for closure in self._closures(day) if closure.venue_id in {None, venue_id}]
        if whole := next((closure for closure in closures if closure.whole_days), None):
            return whole.reason
        known = self._hours(day, venue_id)
        if not known or self.hours_on(day, venue_id):
            return None
        if all(hours.weekday != day.weekday() for hours in known):
            return _("정기 휴관일")
        return next(  # closures of hours, or of single venues, took what the day had
            closure.reason
            for closure in self._closures(day)
            if venue_id is None or closure.venue_id in {None, venue_id}
        )

    def is_open(self, day: date, venue_id: int | None = None) -> bool:
        return self.closed_reason(day, venue_id) is None

    def open_days(self, venue_id: int | None = None) -> list[date]:
        return [day for day in self.days() if self.is_open(day, venue_id)]

    def days(self) -> Iterator[date]:
        for offset in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=offset)

    def hours_on(self, day: date, venue_id: int | None = None) -> list[Stretch]:
        """The open stretches of a day, closures cut out; nothing on a closed day, or when no hours are recorded.

        Without a venue: of all venues together, overlapping ones joined.
        """
        if day in self.holidays:
            return []
        open_: list[Stretch] = []
        for hours in self._hours(day, venue_id):
            if hours.weekday == day.weekday():
                left = [(hours.opens, hours.closes)]
                for closure in self._closures(day):
                    if closure.venue_id in {None, hours.venue_id}:
                        left = [part for stretch in left for part in _without(stretch, closure)]
                open_ += left
        return _joined(open_)

    def usual_hours(self, weekday: int, day: date, venue_id: int | None = None) -> list[Stretch]:
        """The hours of a weekday as they stand on ``day``, whatever holidays and closures say."""
        return _joined([(one.opens, one.closes) for one in self._hours(day, venue_id) if one.weekday == weekday])

    def days_off(self) -> list[DayOff]:
        """Holidays and closures of the calendar in order; a holiday on a day that is closed anyway is left out."""
        off = [
            DayOff(day, day, name)
            for day, name in self.holidays.items()
            if not self._hours(day, None) or self.usual_hours(day.weekday(), day)
        ]
        off += [
            DayOff(closure.first_day, closure.last_day, closure.reason, closure)
            for closure in self.closures
            if closure.venue is None or closure.venue.holds_on(max(closure.first_day, self.first))
        ]
        return sorted(off, key=lambda one: (one.first_day, one.last_day, one.reason))

    def _closures(self, day: date) -> list[Closure]:
        return [closure for closure in self.closures if closure.holds_on(day)]

    def _hours(self, day: date, venue_id: int | None) -> list[OpeningHours]:
        """The hours recorded for any weekday that are in force on ``day``."""
        return [
            hours
            for hours in self.hours
            if hours.holds_on(day) and hours.venue.holds_on(day) and venue_id in {None, hours.venue_id}
        ]


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


def _without(stretch: Stretch, closure: Closure) -> list[Stretch]:
    if closure.whole_days:
        return []
    opens, closes = stretch
    parts = [(opens, min(closes, closure.from_time)), (max(opens, closure.until_time), closes)]
    return [(start, end) for start, end in parts if start < end]


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for opens, closes in sorted(stretches):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return joined
