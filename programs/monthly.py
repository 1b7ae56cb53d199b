"""이달의 프로그램: what takes place in one month, on paper for the wall.

A paper that is in no register: everybody may print it, and it changes with the catalogue. The same contents give the
same bytes, and are kept until the contents change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.audience import grades_label
from centre.models import Centre
from documents import qr
from documents.pdf import render
from intake.rules import add_months, midnight
from krds.dates import WEEKDAYS, kdate, kmonth
from programs.models import Program, Run, Session

MOST = 48  # lines: two pages; the rest stands on the site
KEPT_SECONDS = 7 * 24 * 3600
TEMPLATE = "documents/programs/month.html"
ALONE = "신청 없이 참여"


@dataclass(frozen=True)
class Line:
    """One session, as it is printed."""

    day: date
    hours: str
    title: str
    run: str
    whom: str
    place: str
    applying: str

    @property
    def when(self) -> str:
        """``3(목)``"""
        return f"{self.day.day}({WEEKDAYS[self.day.weekday()]})"


@dataclass(frozen=True)
class Month:
    """What is printed of one month. ``rest``: sessions that found no room."""

    first: date
    lines: tuple[Line, ...]
    rest: int
    issuer: str
    contact: str

    @property
    def title(self) -> str:
        return f"{kmonth(self.first)} 프로그램"

    @property
    def url(self) -> str:
        """The same month on the site."""
        last = add_months(self.first, 1) - timedelta(days=1)
        return f"{settings.SITE_URL}{reverse('programs:list')}?from={self.first}&to={last}"


def month(first: date) -> Month:
    """The standing sessions of published runs that begin in the month of ``first``, in two queries."""
    now = timezone.now()
    rows = list(
        Session.objects.standing()
        .filter(
            ~Q(run__state=Run.State.CANCELLED),
            run__published_at__lte=now,
            run__program__published_at__lte=now,
            starts_at__gte=midnight(first),
            starts_at__lt=midnight(add_months(first, 1)),
        )
        .select_related("run__program", "room__venue")
        .order_by("starts_at", "run__program__position", "pk")
    )
    centre = Centre.objects.current()
    contact = f"{centre.phone} · {centre.hours_text}".strip(" ·") if centre else ""
    return Month(
        first=first,
        lines=tuple(_line(session) for session in rows[:MOST]),
        rest=max(len(rows) - MOST, 0),
        issuer=centre.name if centre else settings.SITE_NAME,
        contact=contact,
    )


def pdf(printed: Month) -> bytes:
    """A4, one or two pages; made once for the same contents.

    Raises:
        RenderError: the paper would lack something.
    """
    key = f"programs.month.{sha256(repr((printed, printed.url)).encode()).hexdigest()}"
    if (kept := cache.get(key)) is not None:
        return bytes(kept)
    made = render(
        TEMPLATE,
        {"month": printed, "qr": qr.svg(printed.url, label="누리집에서 이달의 프로그램 보기")},
        title=printed.title,
        author=printed.issuer,
        dated=midnight(printed.first),
    )
    cache.set(key, made, KEPT_SECONDS)
    return made


def _line(session: Session) -> Line:
    start, end = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    run, program = session.run, session.run.program
    over = f" ~ {end:%H:%M}" if end.date() == start.date() else f" ~ {end.month}. {end.day}. {end:%H:%M}"
    place = f"{session.room.venue} {session.room}" if session.room else session.place or run.place
    people = "·".join(str(Program.Audience(one).label) for one in program.audience)
    return Line(
        day=start.date(),
        hours=f"{start:%H:%M}{over}",
        title=program.title,
        run=" ".join(part for part in (run.title, session.title) if part),
        whom=f"{grades_label(program.first_grade, program.last_grade)} {people}".strip(),
        place=place,
        applying=_applying(run.opens_at, run.closes_at),
    )


def _applying(opens: datetime | None, closes: datetime | None) -> str:
    """``12. 1.(화) ~ 12. 10.(목)``"""
    if opens is None or closes is None:
        return ALONE
    return " ~ ".join(kdate(moment).partition(". ")[2] for moment in (opens, closes))
