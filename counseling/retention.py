"""How long bookings are kept (``centre`` prints it in the privacy policy)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from counseling.models import Booking, CalendarFeed, Leave, Wish
from lifecycle.retention import Kind, Period, register


def _over(before: datetime) -> models.QuerySet:
    return Booking.objects.exclude(state__in=[Booking.State.HELD, Booking.State.RELEASED]).filter(
        period__endswith__lt=before
    )


def _given_up(before: datetime) -> models.QuerySet:
    return Booking.objects.filter(state__in=[Booking.State.HELD, Booking.State.RELEASED], created_at__lt=before)


def _feeds(before: datetime) -> models.QuerySet:
    return CalendarFeed.objects.filter(Q(revoked_at__lt=before) | Q(owner__withdrawn_at__lt=before))


def _leaves(before: datetime) -> models.QuerySet:
    return Leave.objects.filter(period__endswith__lt=before)


register(
    Kind(
        code="counseling.leave",
        label="상담사 휴가·출장",
        basis="개인정보 보호법 제21조(처리 목적 달성)",
        period=Period(years=1),
        expired=_leaves,
        born="created_at",
    )
)
register(
    Kind(
        code="counseling.booking",
        label="상담 예약·이용 기록",
        basis="개인정보 보호법 제21조, 개인정보 처리방침(상담일부터 3년)",
        period=Period(years=3),
        expired=_over,
        born="created_at",
    )
)
register(
    Kind(
        code="counseling.given_up",
        label="예약하지 않고 그만둔 상담 신청",
        basis="개인정보 보호법 제21조(처리 목적 달성)",
        period=Period(days=30),
        expired=_given_up,
        born="created_at",
    )
)
register(
    Kind(
        code="counseling.feed",
        label="그만 쓴 달력 주소",
        basis="개인정보 보호법 제21조(처리 목적 달성)",
        period=Period(years=1),
        expired=_feeds,
        born="created_at",
    )
)


def _waited(before: datetime) -> models.QuerySet:
    return Wish.objects.exclude(state=Wish.State.WAITING).filter(until__lt=before, joined_at__lt=before)


register(
    Kind(
        code="counseling.wish",
        label="상담 대기와 자리 제안 기록",
        basis="개인정보 보호법 제21조, 개인정보 처리방침(대기가 끝난 날부터 1년)",
        period=Period(years=1),
        expired=_waited,
        born="joined_at",
    )
)
