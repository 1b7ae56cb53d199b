"""Bookings as iCalendar (RFC 5545): one file to take along, the entry in a mail, the events of a feed.

The title names the student and never the topic: calendars are shared in families and light up on
lock screens. Times are written in UTC, which every program reads alike; Korea keeps no summer time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from counseling.models import Booking, BookingChange
from lifecycle.models import Transition
from programs.engagements import Engagement


def calendar_file(booking: Booking, *, changed_at: datetime | None = None) -> bytes:
    """One booking. The same UID for its whole life, a higher SEQUENCE with each change (§3.8.7.4).

    ``changed_at`` is when it came to be as it is; looked up in the trail when nobody knows.
    """
    cancelled = booking.state == Booking.State.CANCELLED
    calendar = new_calendar("CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(event(booking, changed_at or last_changes([booking])[booking.pk]))
    return calendar.to_ical()


def last_changes(bookings: Sequence[Booking]) -> dict[int, datetime]:
    """When each booking moved or was changed last, in two queries."""
    keys = [booking.pk for booking in bookings]
    kind = ContentType.objects.get_for_model(Booking)
    moves = Transition.objects.filter(subject_type=kind, subject_id__in=keys).order_by()
    moved = dict(moves.values_list("subject_id").annotate(Max("at")))
    changes = BookingChange.objects.filter(booking__in=keys).order_by()
    changed = dict(changes.values_list("booking_id").annotate(Max("at")))
    known = [{booking.pk: booking.created_at for booking in bookings}, moved, changed]
    return {key: max(each[key] for each in known if key in each) for key in keys}


def new_calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//counseling//KO")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def event(booking: Booking, changed_at: datetime) -> Event:
    """The entry for a family. Needs ``for_page()``."""
    name, mode = booking.student.name, booking.get_mode_display()
    link = f"{settings.SITE_URL}{booking.get_absolute_url()}"
    entry = bare_event(booking, changed_at, f"{name} {_('상담')} · {settings.SITE_NAME}", link)
    entry.add("description", f"{_('방식')}: {mode}\n{_('상담사')}: {booking.slot.counselor.name}\n{link}")
    return entry


def bare_event(booking: Booking, changed_at: datetime, title: str, link: str) -> Event:
    """When, where and as what: all that family and counsellor share."""
    cancelled = booking.state == Booking.State.CANCELLED
    entry = Event()
    entry.add("uid", f"counseling-booking-{booking.pk}@{urlsplit(settings.SITE_URL).hostname}")
    entry.add("sequence", booking.sequence)
    entry.add("dtstamp", changed_at.astimezone(UTC))
    entry.add("last-modified", changed_at.astimezone(UTC))
    entry.add("dtstart", booking.starts_at.astimezone(UTC))
    entry.add("dtend", booking.ends_at.astimezone(UTC))
    entry.add("summary", title)
    entry["location"] = vText(booking.place)
    entry["organizer"] = _organizer()
    entry.add("url", link)
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    entry.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return entry


def session(engagement: Engagement, name: str) -> Event:
    """The entry of a programme's session that a student takes part in."""
    entry = Event()
    host = urlsplit(settings.SITE_URL).hostname
    entry.add("uid", f"programs-session-{engagement.session_id}-{engagement.student_id}@{host}")
    entry.add("dtstamp", engagement.starts_at.astimezone(UTC))
    entry.add("dtstart", engagement.starts_at.astimezone(UTC))
    entry.add("dtend", engagement.ends_at.astimezone(UTC))
    entry.add("summary", f"{name} {engagement.title}")
    entry["location"] = vText(engagement.place)
    entry.add("url", f"{settings.SITE_URL}{engagement.url}")
    return entry


def _organizer() -> vCalAddress:
    """Whoever publishes or cancels an entry has to say who that is (RFC 5546 §3.2)."""
    centre = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    centre.params["CN"] = vText(settings.SITE_NAME)
    return centre


def mailed(booking: Booking, *, instead_of: Booking | None = None) -> str:
    """The entry that goes with a mail about what happened just now, beside the end of what it replaces."""
    now = timezone.now()
    if instead_of is None:
        return calendar_file(booking, changed_at=now).decode()
    calendar = new_calendar("PUBLISH")
    calendar.add_component(event(instead_of, now))
    calendar.add_component(event(booking, now))
    return calendar.to_ical().decode()
