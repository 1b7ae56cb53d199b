"""The day before, every family is told once. Pulled by a window, so that a missed run heals itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from counseling import notices
from counseling.models import Booking, BookingChange
from counseling.models.slots import midnight

BATCH = 50


def due(now: datetime) -> QuerySet[Booking]:
    """Agreed bookings ahead whose reminding hour has come, and that were made before it.

    Whoever books or changes after that hour has the message about it in hand; a second one would be noise.
    """
    today = timezone.localdate(now)
    tomorrow, after = midnight(today + timedelta(days=1)), midnight(today + timedelta(days=2))
    window = Q(
        _untold_since(_hour(today - timedelta(days=1))), period__startswith__gt=now, period__startswith__lt=tomorrow
    )
    if now >= _hour(today):
        window |= Q(_untold_since(_hour(today)), period__startswith__gte=tomorrow, period__startswith__lt=after)
    return Booking.objects.filter(window, state=Booking.State.BOOKED, reminded_at=None)


def _untold_since(hour: datetime) -> Q:
    changed = BookingChange.objects.filter(booking=OuterRef("pk"), at__gte=hour)
    return Q(~Exists(changed), booked_at__lt=hour)


def remind() -> int:
    """Post the reminders that are due, some per transaction; run it as often as you like.

    The row locks keep a booking from being cancelled between the question and the answer.
    """
    told = 0
    while batch := _remind_some():
        told += batch
    return told


@transaction.atomic
def _remind_some() -> int:
    now = timezone.now()
    bookings = due(now).for_page().order_by("period__startswith", "pk")
    batch = list(bookings.select_for_update(of=("self",), skip_locked=True, no_key=True)[:BATCH])
    for booking in batch:
        notices.reminder(booking)
        booking.reminded_at = now
    Booking.objects.bulk_update(batch, ["reminded_at"])
    return len(batch)


def _hour(day: date) -> datetime:
    """The hour of ``day`` from which the families of the next day's counselling are reminded."""
    return timezone.make_aware(datetime.combine(day, time(settings.COUNSELING_REMIND_HOUR)))
