"""A booking as an iCalendar file that phones and computers take into their calendars."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vText

from counseling.models import Booking
from lifecycle.models import Transition


def calendar_file(booking: Booking) -> bytes:
    """The same UID for the life of the booking, a higher SEQUENCE with every change (RFC 5545 §3.8.7.4).

    The title says 상담 only: calendars are shared in families and on screens.
    """
    cancelled = booking.state == Booking.State.CANCELLED
    moved = Transition.objects.of(booking).order_by("-at", "-pk").values_list("at", flat=True).first()
    changed = booking.changes.order_by("-at").values_list("at", flat=True).first()
    last = max((moment for moment in (moved, changed) if moment), default=booking.created_at)
    event = Event()
    event.add("uid", f"counseling-booking-{booking.pk}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", booking.sequence)
    event.add("dtstamp", last)
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("summary", f"{settings.SITE_NAME} {_('상담')}")
    event["location"] = vText(booking.place)
    event.add("url", f"{settings.SITE_URL}{booking.get_absolute_url()}")
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//counseling//KO")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()
