"""Recounts what the guards promise, from the rows themselves: for the night, and for whoever doubts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from centre.models import RoomUse
from counseling.models import Booking, Slot

ORPHANED_AFTER = timedelta(days=1)


def check() -> list[str]:
    """Every finding as a sentence; an empty list when all is well."""
    return [*_overlaps(), *_crowded_slots(), *_strays(), *_rooms(), *_orphan_holds(), *_over_the_cap()]


def _live() -> QuerySet[Booking]:
    return Booking.objects.filter(state__in=Booking.OCCUPYING)


def _overlaps() -> Iterator[str]:
    """Two slots of one counsellor, or two bookings of one student, at the same time; ``centre.doctor`` has the rooms."""
    standing = Slot.objects.standing()
    for pk in _together(standing, standing, "counselor"):
        yield f"상담 시간 {pk}: 같은 상담사의 다른 시간과 겹칩니다."
    for pk in _together(_live(), _live(), "student"):
        yield f"예약 {pk}: 같은 학생의 다른 예약과 시간이 겹칩니다."


def _together(rows: QuerySet, others: QuerySet, whose: str) -> list[int]:
    """Keys of ``rows`` that share ``whose`` and some time with another of ``others``."""
    clash = others.filter(**{whose: OuterRef(whose)}, period__overlap=OuterRef("period")).exclude(pk=OuterRef("pk"))
    return list(rows.filter(Exists(clash)).order_by("pk").values_list("pk", flat=True))


def _crowded_slots() -> Iterator[str]:
    crowded = _live().values("slot").annotate(number=Count("pk")).filter(number__gt=1).order_by("slot")
    for row in crowded:
        yield f"상담 시간 {row['slot']}: 예약이 {row['number']}건입니다."


def _strays() -> Iterator[str]:
    """Bookings that lie outside the slot they are in: somebody moved the slot under them."""
    strays = _live().exclude(slot__period__contains=F("period"))
    for pk in strays.values_list("pk", flat=True):
        yield f"예약 {pk}: 상담 시간표의 시간과 어긋납니다."


def _rooms() -> Iterator[str]:
    """Slots whose room use says something else: a trigger was off."""
    uses = RoomUse.objects.filter(owner_kind=Slot._meta.label_lower)
    same = uses.filter(owner_id=OuterRef("pk"), room=OuterRef("room"), period=OuterRef("period"))
    for pk in Slot.objects.standing().filter(~Exists(same), room__isnull=False).values_list("pk", flat=True):
        yield f"상담 시간 {pk}: 방 사용표에 없습니다."
    idle = Slot.objects.filter(Q(room=None) | Q(withdrawn_at__isnull=False), pk__in=uses.values("owner_id"))
    for pk in idle.values_list("pk", flat=True):
        yield f"상담 시간 {pk}: 쓰지 않는 방이 방 사용표에 남아 있습니다."


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
