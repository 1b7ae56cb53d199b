"""A counselling of the invented centre that was moved because its counsellor was ill: the family is asked about it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from counseling import agreeing, agreeing_notices, changing
from counseling.models import Booking, Slot
from gumcheon_portal.demo.families import Town

REASON = "상담사 병가"


def ask(town: Town) -> None:
    """Another family than the demo parent's, whose bookings other pages speak of; nobody when there is no such time."""
    now, parent = timezone.now(), town.people["parent"]
    booked = Booking.objects.upcoming().filter(state=Booking.State.BOOKED, student__in=town.students).for_page()
    booking = next((one for one in booked if parent not in one.student.people_to_tell()), None)
    if booking is None:
        return
    free = Slot.objects.free(topic=booking.topic, mode=booking.mode).filter(counselor=booking.slot.counselor)
    busy = Booking.objects.upcoming().filter(student=booking.student).values_list("period", flat=True)
    slot = next(
        (
            one
            for one in free.filter(period__startswith__gt=now + timedelta(days=2))
            if not any(one.starts_at < taken.upper and taken.lower < one.ends_at for taken in busy)
        ),
        None,
    )
    until = slot and agreeing.deadline(slot.starts_at, now)
    if slot is None or until is None:
        return
    by, before = town.people["approver"], booking.period
    with transaction.atomic():
        moved = changing.move(booking, slot.pk, by=by, by_centre=True, reason=REASON, tell_family=False)
        agreeing_notices.asked(agreeing.ask(moved, before, until, by=by, reason=REASON, now=now))
