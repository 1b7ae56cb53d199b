"""Taking rooms and giving them back, under the room's lock (``docs/locks.md``).

Every use of a room stands in one table, so counselling, programmes and a staff meeting cannot have the
same room at the same time. Upper rooms of the house say what their own uses are called (``call_owners``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from centre.calendar import Calendar
from centre.models import Room, RoomUse, Venue
from centre.models.uses import TAKEN
from krds.dates import ktime
from lifecycle.locks import Refused, contended, lock

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

Named = Callable[[Sequence[int]], Mapping[int, str]]
_names: dict[str, Named] = {}


class RoomTaken(Refused):
    """This room cannot be had then; another one may."""


def call_owners(kind: type[models.Model], names: Named) -> None:
    """Let ``names`` say, for keys of ``kind``, what the rooms' table shows; called once, at start-up."""
    _names[kind._meta.label_lower] = names


def titles(uses: Iterable[RoomUse]) -> dict[int, str]:
    """What each use is for, by its key: one question for each kind of owner."""
    rows = list(uses)
    found = {use.pk: use.title for use in rows}
    for kind in sorted({use.owner_kind for use in rows} & _names.keys()):
        owned = [use for use in rows if use.owner_kind == kind]
        names = _names[kind]([use.owner_id for use in owned])
        found |= {use.pk: names.get(use.owner_id) or use.title for use in owned}
    return found


@dataclass(frozen=True)
class Usage:
    """Rooms over some days: what stands in the way of using them costs no further question."""

    calendar: Calendar
    uses: Mapping[int, Sequence[RoomUse]]

    @classmethod
    def load(cls, rooms: Iterable[Room], first: date, last: date, calendar: Calendar | None = None) -> Usage:
        """Days are KST dates, both included."""
        window = DateTimeTZRange(_midnight(first), _midnight(last + timedelta(days=1)), "[)")
        uses: dict[int, list[RoomUse]] = {room.pk: [] for room in rooms}
        for use in RoomUse.objects.filter(room__in=list(uses)).during(window):
            uses[use.room_id].append(use)
        return cls(calendar or Calendar.load(first, last), uses)

    def obstacle(
        self, room: Room, period: DateTimeTZRange, *, ignoring: RoomUse | None = None, outside_hours: bool = False
    ) -> str | None:
        """Why ``room`` cannot be used during ``period``, as a sentence; ``None`` when it can."""
        days = _days(period)
        if not all(room.holds_on(day) and room.venue.holds_on(day) for day in days):
            return f"{room}: 그날은 쓰지 않는 방입니다."
        if not outside_hours:
            if reason := self.calendar.closed_during(period.lower, period.upper, room.venue_id):
                return f"{room}: {reason}"
            if room.opens and room.closes and not _inside(period, room):
                return f"{room}: 이 방은 {ktime(room.opens)}~{ktime(room.closes)}에 씁니다."
        for use in self.uses.get(room.pk, ()):
            if use != ignoring and use.starts_at < period.upper and period.lower < use.ends_at:
                return f"{room}: {ktime(use.starts_at)}~{ktime(use.ends_at)}에 쓰는 일이 있습니다({use.title})."
        return None


def take(
    room: Room,
    period: DateTimeTZRange,
    *,
    owner: models.Model | None = None,
    title: str = "",
    by: AbstractUser | None = None,
    outside_hours: bool = False,
) -> RoomUse:
    """Take a room for ``owner``, or for what ``title`` says.

    An owner that has this room then already keeps it. ``outside_hours``: staff may meet before the
    door opens, or close a room on any day.

    Raises:
        RoomTaken: the room is in use, not in service, or the centre is closed then.
    """
    with contended(TAKEN, RoomTaken), transaction.atomic():
        locked = lock(Room.objects.select_related("venue"), room.pk)
        days = _days(period)
        mine = RoomUse.objects.of(owner).filter(room=locked).first() if owner else None
        if mine and mine.period == period:
            return mine
        usage = Usage.load([locked], days[0], days[-1])
        if sentence := usage.obstacle(locked, period, ignoring=mine, outside_hours=outside_hours):
            raise RoomTaken(sentence)
        if mine:
            mine.period = period
            mine.save(update_fields=["period"])
            return mine
        use = RoomUse(room=locked, period=period, title=title, created_by=by)
        if owner:
            use.owner_kind, use.owner_id = owner._meta.label_lower, owner.pk
        use.save(force_insert=True)
        return use


def give_back(what: RoomUse | models.Model) -> int:
    """Give back one use, or every room of an owner; say how many. Giving back twice is no mistake.

    Raises:
        Refused: the use follows its owner: the owner is to be moved or withdrawn.
    """
    uses = RoomUse.objects.filter(pk=what.pk) if isinstance(what, RoomUse) else RoomUse.objects.of(what)
    with transaction.atomic():
        if uses.filter(derived=True).exists():
            raise Refused("상담이나 프로그램이 쓰는 방입니다. 그 시간을 옮기거나 없애면 방도 비워집니다.")
        return uses.delete()[0]


def free_rooms(
    period: DateTimeTZRange, *, venue: Venue | None = None, capacity: int = 1, equipment: str = ""
) -> list[Room]:
    """Rooms that can be used all through ``period``, the smallest that suffices first. A look, no promise."""
    rooms = Room.objects.filter(capacity__gte=capacity, equipment__icontains=equipment).select_related("venue")
    if venue:
        rooms = rooms.filter(venue=venue)
    found = list(rooms.order_by("capacity", "venue__position", "name", "pk"))
    days = _days(period)
    usage = Usage.load(found, days[0], days[-1])
    return [room for room in found if usage.obstacle(room, period) is None]


def _inside(period: DateTimeTZRange, room: Room) -> bool:
    begins, over = timezone.localtime(period.lower), timezone.localtime(period.upper)
    return begins.date() == over.date() and room.opens <= begins.time() and over.time() <= room.closes


def _days(period: DateTimeTZRange) -> list[date]:
    """The KST days that ``period`` touches."""
    first = timezone.localdate(period.lower)
    last = timezone.localdate(period.upper - timedelta(microseconds=1))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
