"""Private calendar addresses: made, renewed, revoked, and what they show.

Whoever has the address sees the calendar without logging in, so it says little: a family's feed names
the student and the hour, a counsellor's masks the name, and neither says the topic.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Event

from accounts.models import User
from accounts.models.invitations import new_token
from counseling import calendar_file
from counseling.models import Booking, CalendarFeed, family_of
from lifecycle.locks import Refused, contended, lock
from lifecycle.masking import mask_name
from lifecycle.models import StaleState
from programs import engagements

if TYPE_CHECKING:
    from accounts.models import Student

BACK, AHEAD = timedelta(days=31), timedelta(days=366)
READ_AGAIN = timedelta(hours=1)  # how often programs are asked to look
KNOWN = frozenset({*Booking.AGREED, Booking.State.DONE, Booking.State.NO_SHOW, Booking.State.CANCELLED})
Kind, State = CalendarFeed.Kind, CalendarFeed.State


def make(owner: User, kind: str, student: Student | None = None) -> tuple[CalendarFeed, str]:
    """A new address and its token, which is shown once; an older address of the same kind stops working.

    Raises:
        Refused: somebody else's child, or no counsellor.
    """
    with contended(_("잠시 뒤에 다시 시도해 주세요.")), transaction.atomic():
        owner = lock(User.objects, owner.pk)
        if not _may_have(owner, kind, student):
            raise Refused(_("이 달력의 주소는 만들 수 없습니다."))
        for old in CalendarFeed.objects.filter(owner=owner, kind=kind, student=student, state=State.ACTIVE):
            _revoke(old, by=owner, reason="새 주소로 바꿈")
        feed, token = CalendarFeed(owner=owner, kind=kind, student=student), new_token()
        feed.set_token(token)
        feed.save(force_insert=True)
        return feed, token


def revoke(feed: CalendarFeed, *, by: User) -> None:
    """Stop an address for good; what is stopped already is no mistake."""
    if feed.state == State.ACTIVE:
        try:
            _revoke(feed, by=by, reason="주소를 그만 씀")
        except StaleState:
            feed.refresh_from_db()


def end(rows: QuerySet[CalendarFeed], *, reason: str) -> None:
    """Stop these addresses by themselves: whose they were, or whom they showed, has left."""
    for feed in rows.filter(state=State.ACTIVE).order_by("pk"):
        _revoke(feed, by=None, reason=reason)


def _revoke(feed: CalendarFeed, *, by: User | None, reason: str) -> None:
    feed.move(State.REVOKED, by=by, reason=reason, revoked_at=timezone.now())


def _may_have(owner: User, kind: str, student: Student | None) -> bool:
    if kind == Kind.COUNSELOR:
        return student is None and is_counselor(owner)
    return student is None or family_of(owner).filter(pk=student.pk).exists()


def is_counselor(user: User) -> bool:
    counselor = getattr(user, "counselor", None)
    return user.is_staff and counselor is not None and counselor.active


# --- What a feed shows -----------------------------------------------------------------------


def read(feed: CalendarFeed) -> bytes:
    """The calendar as it is now: a month back and a year ahead, in the same bytes while nothing changed."""
    now = timezone.now()
    first, last = now - BACK, now + AHEAD
    calendar = calendar_file.new_calendar("PUBLISH")
    calendar.add("x-wr-calname", f"{settings.SITE_NAME} {_('일정')}")
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", READ_AGAIN)
    calendar.add("x-published-ttl", "PT1H")
    entries = _counselors if feed.kind == Kind.COUNSELOR else _familys
    for entry in entries(feed, first, last):
        calendar.add_component(entry)
    return calendar.to_ical()


def _familys(feed: CalendarFeed, first: datetime, last: datetime) -> Iterable[Event]:
    students = list(family_of(feed.owner).filter(pk=feed.student_id) if feed.student_id else family_of(feed.owner))
    bookings = _within(Booking.objects.filter(student__in=students), first, last)
    changed = calendar_file.last_changes(bookings)
    for booking in bookings:
        yield calendar_file.event(booking, changed[booking.pk])
    names = {student.pk: student.name for student in students}
    for engagement in engagements.of(students, first, last):
        yield calendar_file.session(engagement, names[engagement.student_id])


def _counselors(feed: CalendarFeed, first: datetime, last: datetime) -> Iterable[Event]:
    if not is_counselor(feed.owner):
        return
    bookings = _within(Booking.objects.filter(slot__counselor__user=feed.owner), first, last)
    changed = calendar_file.last_changes(bookings)
    for booking in bookings:
        link = f"{settings.SITE_URL}{reverse('admin:counseling_booking_change', args=[booking.pk])}"
        title = f"{_('상담')} {mask_name(booking.student.name)} ({booking.get_mode_display()})"
        yield calendar_file.bare_event(booking, changed[booking.pk], title, link)


def _within(bookings: QuerySet[Booking], first: datetime, last: datetime) -> list[Booking]:
    ahead = bookings.filter(state__in=KNOWN, period__startswith__lt=last, period__endswith__gt=first)
    return list(ahead.for_page().order_by("period__startswith", "pk"))
