"""How long bookings and records are kept (``centre`` prints it in the privacy policy)."""

from __future__ import annotations

from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Exists, OuterRef, Q

from counseling.models import Booking, BreakGlass, CalendarFeed, GuardianAccess, Leave, Record, SlotOffer, Wish
from documents import retention as papers_retention
from documents.models import IssuedDocument
from lifecycle.retention import Kind, Period, erase, register


def _over(before: datetime) -> models.QuerySet:
    """A booking goes after its record: what was said is destroyed on its own line of the register."""
    agreed = Booking.objects.exclude(state__in=[Booking.State.HELD, Booking.State.RELEASED])
    return agreed.filter(period__endswith__lt=before, record__isnull=True)


def _given_up(before: datetime) -> models.QuerySet:
    """A hold goes with its offer: as long as that stands, it keeps the time."""
    rows = Booking.objects.filter(state__in=[Booking.State.HELD, Booking.State.RELEASED], created_at__lt=before)
    return rows.exclude(state=Booking.State.HELD, offer__state=SlotOffer.State.OPEN)


def _feeds(before: datetime) -> models.QuerySet:
    return CalendarFeed.objects.filter(Q(revoked_at__lt=before) | Q(owner__withdrawn_at__lt=before))


def _leaves(before: datetime) -> models.QuerySet:
    return Leave.objects.filter(period__endswith__lt=before)


def _recorded(before: datetime) -> models.QuerySet:
    return Record.objects.filter(booking__period__endswith__lt=before)


def _destroy_records(rows: models.QuerySet) -> int:
    """The record with its versions, and the sheets that were issued from it."""
    kind = ContentType.objects.get_for_model(Record)
    papers = IssuedDocument.objects.filter(subject_type=kind, subject_id__in=rows.values("pk"))
    papers_retention.destroy(papers)
    return erase(rows)


def _glass(before: datetime) -> models.QuerySet:
    return BreakGlass.objects.filter(at__lt=before)


def _answers(before: datetime) -> models.QuerySet:
    """Answers that a later one replaced; the latest holds as long as the student is here."""
    later = GuardianAccess.objects.filter(student=OuterRef("student"), pk__gt=OuterRef("pk"), at__lt=before)
    gone = Q(student__left_at__lt=before)
    return GuardianAccess.objects.filter(Exists(later) | gone)


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
        code="counseling.record",
        label="상담 기록",
        basis="개인정보 보호법 제21조, 개인정보 처리방침(상담일부터 3년)",
        period=Period(years=3),
        expired=_recorded,
        born="created_at",
        destroy=_destroy_records,
        method="봉인된 채로 데이터베이스와 저장소에서 삭제(복구 불가)",
    )
)
register(
    Kind(
        code="counseling.break_glass",
        label="상담 기록 긴급 열람",
        basis="개인정보의 안전성 확보조치 기준 제8조제1항(접속기록과 같은 2년)",
        period=Period(years=2),
        expired=_glass,
        born="at",
    )
)
register(
    Kind(
        code="counseling.guardian_access",
        label="보호자 열람 허락(바뀐 답)",
        basis="개인정보 보호법 제21조, 제22조(동의 사실의 증명 기간에 맞춤)",
        period=Period(years=3),
        expired=_answers,
        born="at",
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
