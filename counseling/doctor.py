"""Recounts what the guards promise, from the rows themselves: for the night, and for whoever doubts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from counseling.models import Booking, Slot

ORPHANED_AFTER = timedelta(days=1)


def check() -> list[str]:
    """Every finding as a sentence; an empty list when all is well."""
    return [*_overlaps(), *_crowded_slots(), *_strays(), *_orphan_holds(), *_over_the_cap()]


def _live() -> QuerySet[Booking]:
    return Booking.objects.filter(state__in=Booking.OCCUPYING)


def _overlaps() -> Iterator[str]:
    """Two slots of one counsellor or room, or two bookings of one student, at the same time."""
    slots = Slot.objects.filter(counselor__slots__period__overlap=F("period")).exclude(counselor__slots=F("pk"))
    for pk in slots.values_list("pk", flat=True).distinct():
        yield f"상담 시간 {pk}: 같은 상담사의 다른 시간과 겹칩니다."
    rooms = Slot.objects.filter(room__slots__period__overlap=F("period")).exclude(room__slots=F("pk"))
    for pk in rooms.values_list("pk", flat=True).distinct():
        yield f"상담 시간 {pk}: 같은 상담실을 쓰는 다른 시간과 겹칩니다."
    other = "student__counseling_bookings"
    twice = _live().filter(
        Q(**{f"{other}__period__overlap": F("period"), f"{other}__state__in": Booking.OCCUPYING})
        & ~Q(**{f"{other}__pk": F("pk")})
    )
    for pk in twice.values_list("pk", flat=True).distinct():
        yield f"예약 {pk}: 같은 학생의 다른 예약과 시간이 겹칩니다."


def _crowded_slots() -> Iterator[str]:
    crowded = _live().values("slot").annotate(number=Count("pk")).filter(number__gt=1).order_by("slot")
    for row in crowded:
        yield f"상담 시간 {row['slot']}: 예약이 {row['number']}건입니다."


def _strays() -> Iterator[str]:
    """Bookings that lie outside the slot they are in: somebody moved the slot under them."""
    strays = _live().exclude(slot__period__contains=F("period"))
    for pk in strays.values_list("pk", flat=True):
        yield f"예약 {pk}: 상담 시간표의 시간과 어긋납니다."


def _orphan_holds() -> Iterator[str]:
    """Holds that are long over. They harm nobody, for whoever comes next lapses them; many mean that nobody comes."""
    old = timezone.now() - ORPHANED_AFTER
    number = Booking.objects.filter(state=Booking.State.HELD, held_until__lt=old).count()
    if number:
        yield f"맡아 둔 기한이 하루 넘게 지난 예약이 {number}건 있습니다."


def _over_the_cap() -> Iterator[str]:
    ahead = Booking.objects.upcoming().order_by().values("student").annotate(number=Count("pk"))
    for row in ahead.filter(number__gt=settings.COUNSELING_OPEN_BOOKINGS).order_by("student"):
        yield f"학생 {row['student']}: 앞으로의 예약이 {row['number']}건으로 한도를 넘습니다."
