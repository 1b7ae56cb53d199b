"""A record is shared, or somebody opened one in an emergency."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from centre.models import Centre
from counseling.models import BreakGlass, Record
from counseling.notices.said import SAMPLE
from krds.dates import kdate, kdatetime
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register
from notices.outbox import Word

RECORD_SHARED = register(
    Kind(
        code="counseling.record_shared",
        label="상담 결과 공유",
        channels=(SMS, EMAIL),
        variables={"날짜": "2026. 11. 24.", "전화": SAMPLE["전화"]},
        sms=_("[#{센터}] #{날짜} 상담 결과를 누리집 ‘상담 이력’에서 보세요."),
        subject=_("[#{센터}] 상담 결과를 확인해 주세요"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{날짜} 상담의 결과를 상담사가 나누었습니다. 내용은 로그인한 뒤에만 볼 수 있습니다.\n\n"
            "상담 이력 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


GLASS_BROKEN = register(
    Kind(
        code="counseling.glass_broken",
        label="직원: 상담 기록 긴급 열람",
        channels=(EMAIL,),
        variables={
            "직원": "박직원",
            "기록": "상담 기록 12",
            "일시": "2026. 11. 24.(화) 14:00",
            "사유": "위기 신고 대응",
        },
        subject="[확인] #{기록} 긴급 열람",
        email=(
            "맡지 않은 상담 기록을 연 직원이 있어 알립니다. 정당한 열람인지 확인해 주세요.\n\n"
            "○ 직원: #{직원}\n○ 기록: #{기록}\n○ 일시: #{일시}\n○ 사유: #{사유}\n\n업무 화면에서 보기: #{링크}"
        ),
    )
)


def record_shared(record: Record, *, to: Sequence[User]) -> None:
    """To those who may see it; nothing of what it says."""
    centre = Centre.objects.current()
    said = Word(
        kind="counseling.record_shared",
        to=to,
        key=f"record/{record.pk}/shared/{record.trail().count()}",
        context={"날짜": kdate(record.booking.starts_at), "전화": centre.phone if centre else ""},
        url=reverse("counseling:record", args=[record.booking_id]),
    )
    outbox.post_all([said] if to else [])


def glass_broken(opened: BreakGlass) -> None:
    """To every privacy officer and supervisor, and the counsellor whose record it is; not to the opener."""
    watching = User.objects.filter(groups__name__in=[roles.PRIVACY, roles.APPROVER], is_active=True, is_staff=True)
    own = User.objects.filter(counselor__slots__bookings__record=opened.record, is_active=True)
    people = User.objects.filter(Q(pk__in=watching.values("pk")) | Q(pk__in=own.values("pk"))).exclude(pk=opened.by_id)
    said = Word(
        kind="counseling.glass_broken",
        to=list(people.order_by("pk")),
        key=f"breakglass/{opened.pk}",
        context={
            "직원": opened.by.name,
            "기록": str(opened.record),
            "일시": kdatetime(opened.at),
            "사유": opened.reason,
        },
        url=reverse("admin:counseling_breakglass_changelist"),
    )
    outbox.post_all([said])
