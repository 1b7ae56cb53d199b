"""An application as iCalendar (RFC 5545): one entry for every session, to take along or to go with a mail.

Times are written in UTC, which every program reads alike; Korea keeps no summer time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

from programs.models import Application, Session
from programs.standing import names


def calendar_file(application: Application, *, now: datetime | None = None) -> bytes:
    """The sessions of one application. The same UID for its whole life, a higher SEQUENCE with each change.

    What is no place any more, and every cancelled session, is said as cancelled. Needs ``for_page()``.
    """
    sessions = list(application.run.sessions.select_related("room").order_by("starts_at", "pk"))
    gone = application.state not in Application.SEATED
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//programs//KO")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if gone else "PUBLISH")
    for session in sessions:
        cancelled = gone or session.cancelled_at is not None
        calendar.add_component(_event(application, session, now or timezone.now(), cancelled=cancelled))
    return calendar.to_ical()


def _event(application: Application, session: Session, now: datetime, *, cancelled: bool) -> Event:
    entry = Event()
    host = urlsplit(settings.SITE_URL).hostname
    entry.add("uid", f"programs-application-{application.pk}-{session.pk}@{host}")
    entry.add("sequence", application.sequence)
    entry.add("dtstamp", now.astimezone(UTC))
    entry.add("dtstart", session.starts_at.astimezone(UTC))
    entry.add("dtend", session.ends_at.astimezone(UTC))
    title = " ".join(part for part in (application.run.program.title, session.title) if part)
    entry.add("summary", f"{names(application)} · {title}")
    entry["location"] = vText(place_of(session, application.run.place))
    organizer = vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
    organizer.params["CN"] = vText(settings.SITE_NAME)
    entry["organizer"] = organizer
    entry.add("url", f"{settings.SITE_URL}{application.get_absolute_url()}")
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    entry.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return entry


def place_of(session: Session, default: str = "") -> str:
    """Where a session is: its own place, its room in the centre, or where the run is."""
    return session.place or (str(session.room) if session.room else "") or default
