"""Whoever still has a counselling ahead cancels it before leaving, and what ends then; asked by ``accounts.leaving``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import leaving
from accounts.models import Student
from counseling import feeds
from counseling.models import Booking, CalendarFeed, SlotOffer, Wish, family_of

if TYPE_CHECKING:
    from accounts.models import User

REASON = "학생이 이용을 마침"


@leaving.register
def bookings_ahead(user: User | None, students: Sequence[Student]) -> list[leaving.Blocker]:
    ahead = Booking.objects.upcoming().filter(student__in=students).count()
    if not ahead:
        return []
    sentence = _("다가오는 상담 예약 %(number)d건을 먼저 취소해 주세요.") % {"number": ahead}
    return [leaving.Blocker(sentence, reverse("counseling:bookings"))]


@leaving.register
def wishes_waiting(user: User | None, students: Sequence[Student]) -> list[leaving.Blocker]:
    waiting = Wish.objects.filter(student__in=students, state=Wish.State.WAITING).count()
    if not waiting:
        return []
    sentence = _("상담 대기 %(number)d건을 먼저 취소해 주세요.") % {"number": waiting}
    return [leaving.Blocker(sentence, reverse("counseling:waiting"))]


@leaving.also_forgets
def what_is_open(student: Student) -> None:
    """Unconfirmed times, places in the queue with their offers, and calendars of this student. Nobody is told."""
    for offer in SlotOffer.objects.standing().filter(wish__student=student).order_by("pk"):
        offer.move(SlotOffer.State.WITHDRAWN, by=None, reason=REASON)
    for hold in Booking.objects.filter(student=student, state=Booking.State.HELD).order_by("pk"):
        hold.move(Booking.State.RELEASED, by=None, reason=REASON)
    for wish in Wish.objects.filter(student=student, state=Wish.State.WAITING).order_by("pk"):
        wish.move(Wish.State.ENDED, by=None, reason=REASON)
    feeds.end(CalendarFeed.objects.filter(student=student), reason=REASON)


@leaving.also_ends
def calendars_of(user: User) -> None:
    """Nobody reads the calendar of somebody who has left."""
    feeds.end(CalendarFeed.objects.filter(owner=user), reason="탈퇴함")


@leaving.also_parts
def calendars_of_others(student: Student) -> None:
    """A calendar of this student alone ends with the right to see the student."""
    for feed in CalendarFeed.objects.filter(student=student, state=CalendarFeed.State.ACTIVE).select_related("owner"):
        if not family_of(feed.owner).filter(pk=student.pk).exists():
            feeds.end(CalendarFeed.objects.filter(pk=feed.pk), reason="학생과의 연결이 끝남")
