"""The catalogue for readers, calendars and other sites: RSS, Atom, JSON Feed, and a run as iCalendar.

A feed honours the same conditions as the list (``programs.finding.Wish``) and shows its first entries.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event, vText

from programs.finding import Found, Wish, find
from programs.models import Program, Run, Session

ITEMS = 50
JSON = "application/feed+json; charset=utf-8"
CALENDAR = "text/calendar; charset=utf-8"
TITLE = gettext_lazy("프로그램")


class ProgramFeed(Feed):
    """What can be applied for first, as the list; a reader keeps entries apart by their address."""

    title = TITLE
    author_name = settings.SITE_NAME

    def get_object(self, request: HttpRequest) -> Wish:
        return Wish.read(request.GET)

    def link(self, wish: Wish) -> str:
        return wish.url

    def description(self, wish: Wish) -> str:
        return ", ".join(chip.label for chip in wish.chips) or _("지금 참여할 수 있는 것부터 보여 드립니다.")

    subtitle = description

    def items(self, wish: Wish) -> list[Found]:
        return find(wish, most=ITEMS).programs

    def item_title(self, item: Found) -> str:
        return f"[{item.status.label}] {item.title}"

    def item_link(self, item: Found) -> str:
        return item.url

    def item_description(self, item: Found) -> str:
        return "\n".join(_lines(item))

    def item_pubdate(self, item: Found) -> datetime:
        return item.published_at

    def item_updateddate(self, item: Found) -> datetime:
        return item.published_at


class ProgramAtom(ProgramFeed):
    feed_type = Atom1Feed


rss = login_not_required(ProgramFeed())
atom = login_not_required(ProgramAtom())


@login_not_required
@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    """JSON Feed 1.1 (jsonfeed.org), with what a program wants to know of each entry under ``_programme``."""
    wish = Wish.read(request.GET)
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{settings.SITE_NAME} {TITLE}",
        "home_page_url": settings.SITE_URL + wish.url,
        "feed_url": settings.SITE_URL + request.get_full_path(),
        "language": "ko",
        "items": [_entry(item) for item in find(wish, most=ITEMS).programs],
    }
    return HttpResponse(json.dumps(feed, ensure_ascii=False), content_type=JSON)


def _entry(item: Found) -> dict[str, Any]:
    url = settings.SITE_URL + item.url
    facts = {
        "status": item.status.value,
        "starts_at": item.starts_at,
        "ends_at": item.ends_at,
        "opens_at": item.opens_at,
        "closes_at": item.closes_at,
        "capacity": item.capacity,
        "places_left": max(item.capacity - item.taken, 0) if item.counts_places else None,
        "audience": list(item.audience),
        "first_grade": item.first_grade,
        "last_grade": item.last_grade,
    }
    return {
        "id": url,
        "url": url,
        "title": item.title,
        "summary": item.summary,
        "content_text": "\n".join(_lines(item)),
        "date_published": item.published_at.isoformat(),
        "tags": [str(item.status.label), item.kind_label],
        "_programme": {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()
        },
    }


def _lines(item: Found) -> list[str]:
    label, moment = item.window
    lines = [item.summary, item.whom, item.when, f"{label} {moment}".strip(), item.left]
    return [line for line in lines if line]


@login_not_required
@require_safe
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """The sessions of one run as a file to take along; a cancelled one says so."""
    visible = Program.objects.visible_to(request.user)
    run = get_object_or_404(Run.objects.published().filter(program__in=visible).select_related("program"), pk=pk)
    response = HttpResponse(_calendar(run), content_type=CALENDAR)
    response["Content-Disposition"] = f'attachment; filename="programme-{run.pk}.ics"'
    return response


def _calendar(run: Run) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//programs//KO")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for session in run.sessions.select_related("room__venue"):
        calendar.add_component(_event(run, session))
    return calendar.to_ical()


def _event(run: Run, session: Session) -> Event:
    """Times in UTC, which every program reads alike; Korea keeps no summer time."""
    cancelled = session.cancelled_at is not None or run.state == Run.State.CANCELLED
    link = f"{settings.SITE_URL}{run.program.get_absolute_url()}"
    entry = Event()
    entry.add("uid", f"programs-session-{session.pk}@{urlsplit(settings.SITE_URL).hostname}")
    entry.add("dtstamp", (session.cancelled_at or run.published_at).astimezone(UTC))
    entry.add("dtstart", session.starts_at.astimezone(UTC))
    entry.add("dtend", session.ends_at.astimezone(UTC))
    entry.add("summary", " ".join(part for part in (run.program.title, session.title) if part))
    place = f"{session.room.venue} {session.room}" if session.room else session.place or run.place
    if place:
        entry["location"] = vText(place)
    entry.add("description", f"{run.title}\n{link}")
    entry.add("url", link)
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    return entry
