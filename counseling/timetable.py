"""From weekly patterns to times that can be booked: first a look at what would happen, then doing it.

``plan`` only looks (``planning``). ``publish`` looks again under the locks (counsellors → rooms → slots,
``docs/locks.md``) and does what it finds; done twice it adds nothing, and whoever waits is offered the new times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from centre.calendar import Calendar
from centre.models import Room
from counseling import waiting
from counseling.models import Booking, Counselor, Slot
from counseling.models.slots import midnight
from counseling.planning import Plan, candidates, patterns_of, plan
from lifecycle.locks import Refused, contended, lock_all

MOST_DAYS = 92  # a quarter; a longer timetable is published in several goes
BUSY = "같은 시간을 다른 사람이 함께 바꾸고 있습니다. 다시 시도해 주세요."
ALTERED = "미리 본 뒤에 시간표나 예약이 바뀌었습니다. 새로 본 내용을 확인하고 다시 눌러 주세요."


class Altered(Refused):
    """What would happen now is not what was shown."""


def publish(counselors: Iterable[Counselor], first: date, last: date, *, expected: str | None = None) -> Plan:
    """Do what ``plan`` shows, and say what was done.

    ``expected`` is the digest of the plan that a person saw. A plan that is done already is no surprise.

    Raises:
        Altered: something changed since it was shown; nothing was done.
        Refused: somebody else changed the same times at the same moment.
    """
    keys = sorted(counselor.pk for counselor in counselors)
    with contended(BUSY, Refused), transaction.atomic():
        locked = lock_all(Counselor.objects, keys)
        _lock_rooms(locked, first, last)
        found = plan(locked, first, last)
        if expected and found.digest != expected and not found.is_empty:
            raise Altered(ALTERED)
        _lock_unbooked([*(change.slot for change in found.changed), *found.gone])
        withdraw(found.gone)
        for change in found.changed:
            change.slot.room, change.slot.modes = None, list(change.session.modes)
        Slot.objects.filter(pk__in=[change.slot.pk for change in found.changed]).update(room=None)
        for change in found.changed:  # rooms given back first, so that two may swap theirs
            change.slot.room = change.session.room
            change.slot.save(update_fields=["room", "modes"])
        made = Slot.objects.bulk_create(
            Slot(
                counselor=session.counselor,
                period=session.period,
                modes=list(session.modes),
                room=session.room,
                planned=True,
            )
            for session in found.new
        )
        for counselor in locked:
            counselor.published_until = max(last, counselor.published_until or last)
            counselor.save(update_fields=["published_until"])
        waiting.slots_opened(made)
    return found


def withdraw(slots: Sequence[Slot]) -> int:
    """Take unbooked times back: their counsellor and room are free at once. The caller holds their locks.

    A time that anybody ever booked stays on record; the others go.
    """
    keys = [slot.pk for slot in slots]
    known = set(Booking.objects.filter(slot__in=keys).values_list("slot_id", flat=True))
    Slot.objects.filter(pk__in=known).update(published=False, withdrawn_at=timezone.now())
    Slot.objects.filter(pk__in=set(keys) - known).delete()
    return len(keys)


def obstacle(
    counselor: Counselor, period: DateTimeTZRange, venue: int | None = None, *, but: Slot | None = None
) -> str | None:
    """Why ``counselor`` gets no single time in ``period``: leave, the centre's days and hours, or the own limits.

    A sentence, or ``None``. ``but`` is the time that is moved. Exact only under the counsellor's lock.
    """
    day = timezone.localdate(period.lower)
    if counselor.leaves.filter(period__overlap=period).exists():
        return f"{counselor}: 그 시간에 휴가·출장입니다."
    if closed := Calendar.load(day, day).closed_during(period.lower, period.upper, venue):
        return closed
    return room_for_more(counselor, day, but=but)


def room_for_more(counselor: Counselor, day: date, *, but: Slot | None = None) -> str | None:
    """Why ``counselor`` may get no further time on ``day``, as a sentence; ``None`` when one more is fine.

    Exact only under the counsellor's lock.
    """
    monday = day - timedelta(days=day.weekday())
    standing = Slot.objects.standing().filter(counselor=counselor).exclude(pk=but and but.pk)
    limits = (
        (counselor.most_per_day, standing.on(day), "하루 최대 {}회를 이미 열었습니다."),
        (
            counselor.most_per_week,
            standing.starting(midnight(monday), midnight(monday + timedelta(days=7))),
            "한 주 최대 {}회를 이미 열었습니다.",
        ),
    )
    return next((words.format(most) for most, slots, words in limits if most and slots.count() >= most), None)


def _lock_rooms(counselors: Sequence[Counselor], first: date, last: date) -> None:
    lock_all(Room.objects, [room.pk for room in candidates(patterns_of(counselors, first, last))])


def _lock_unbooked(slots: Sequence[Slot]) -> None:
    """Hold these slots, and see that nobody booked one between the look and the lock."""
    keys = [slot.pk for slot in lock_all(Slot.objects, [slot.pk for slot in slots])]
    if Booking.objects.occupying(timezone.now()).filter(slot__in=keys).exists():
        raise Altered(ALTERED)
