"""What counselling says about a time to which the centre moved somebody: is it fine, and that nobody answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centre.models import Centre
from counseling import calendar_file
from counseling.notices import BEFORE, SAMPLE
from krds.dates import kmoment, kperiod
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register
from notices.outbox import Word

if TYPE_CHECKING:
    from datetime import datetime

    from counseling.models import Rearrangement

_NAMES = ("학생", "일시", "시작", "주제", "방식", "장소", "상담사", "전화")
ASKED_SAMPLE = {**{name: SAMPLE[name] for name in _NAMES}, **BEFORE, "기한": "11. 23.(월) 14:00", "사유": "상담사 사정"}

ASKED = register(
    Kind(
        code="counseling.rearranged_asked",
        label="조정한 상담 시간 확인",
        channels=(SMS, EMAIL),
        urgent=True,
        variables=ASKED_SAMPLE,
        sms=_(
            "[#{센터}] 죄송합니다. #{학생} 상담 변경: #{이전시작} → #{시작} #{방식}. 사유: #{사유}. "
            "괜찮으신지 #{기한}까지 답해 주세요. #{링크}"
        ),
        subject=_("[#{센터}] 상담 시간을 옮겼습니다. 괜찮으신지 답해 주세요"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 상담을 다른 시간으로 옮겼습니다. 불편을 드려 죄송합니다.\n\n"
            "○ 이전 일시: #{이전일시}\n"
            "○ 새 일시: #{일시}\n"
            "○ 주제: #{주제}\n"
            "○ 방식: #{방식}\n"
            "○ 장소: #{장소}\n"
            "○ 상담사: #{상담사}\n"
            "○ 사유: #{사유}\n"
            "○ 답할 기한: #{기한}\n\n"
            "새 시간이 괜찮은지 답하기: #{링크}\n\n"
            "기한까지 답하지 않으셔도 예약은 새 시간 그대로입니다.\n"
            "문의: #{전화}"
        ),
    )
)

UNANSWERED = register(
    Kind(
        code="counseling.rearranged_unanswered",
        label="조정한 상담 시간: 답이 없음",
        channels=(SMS, EMAIL),
        variables={name: SAMPLE[name] for name in ("학생", "일시", "시작", "전화")},
        sms=_("[#{센터}] #{학생} 상담은 #{시작} 그대로입니다. 오시기 어려우면 전화해 주세요. #{전화}"),
        subject=_("[#{센터}] 옮긴 상담 시간 그대로 진행합니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "옮긴 시간이 괜찮은지 답을 받지 못했습니다. #{학생}님의 상담은 새 시간에 그대로 있습니다.\n\n"
            "○ 일시: #{일시}\n\n"
            "오시기 어려우면 센터로 전화해 주세요.\n"
            "예약 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)

COUNSELOR_UNANSWERED = register(
    Kind(
        code="counseling.counselor_unanswered",
        label="상담사: 옮긴 시간에 답이 없음",
        channels=(EMAIL,),
        variables={"일시": SAMPLE["일시"]},
        subject="[상담] #{일시} 가족의 답이 없음",
        email=(
            "옮긴 시간이 괜찮은지 물었으나 가족이 답하지 않았습니다. 전화로 확인해 주세요.\n\n"
            "○ 일시: #{일시}\n\n업무 화면에서 보기: #{링크}"
        ),
    )
)


def asked(question: Rearrangement) -> None:
    """The new time and the question, in one message."""
    booking, old = question.booking, question.old_period
    _to_family(
        "counseling.rearranged_asked",
        question,
        f"booking/{booking.pk}/changed/{booking.sequence}",
        calendar=calendar_file.mailed(booking),
        url=question.get_absolute_url(),
        주제=booking.topic.name,
        방식=booking.get_mode_display(),
        장소=booking.place,
        상담사=booking.slot.counselor.name,
        이전일시=kperiod(old.lower, old.upper),
        이전시작=kmoment(old.lower),
        기한=kmoment(question.deadline),
        사유=question.reason,
    )


def ask_line(until: datetime) -> str:
    """What stands behind a line of a message about several counsellings."""
    return gettext(" (괜찮으신지 %(until)s까지 ‘내 예약’에서 답해 주세요)") % {"until": kmoment(until)}


def unanswered(question: Rearrangement) -> None:
    """To the family that nothing changes, to the counsellor that somebody should telephone."""
    booking = question.booking
    key = f"rearrangement/{question.pk}/unanswered"
    _to_family("counseling.rearranged_unanswered", question, key, url=booking.get_absolute_url())
    outbox.post(
        "counseling.counselor_unanswered",
        to=[booking.slot.counselor.user] if booking.slot.counselor.user_id else [],
        key=key,
        context={"일시": kperiod(booking.starts_at, booking.ends_at)},
        url=reverse("admin:counseling_rearrangement_change", args=[question.pk]),
    )


def _to_family(kind: str, question: Rearrangement, key: str, *, url: str, calendar: str = "", **more: str) -> None:
    booking, centre = question.booking, Centre.objects.current()
    word = Word(
        kind=kind,
        to=booking.student.people_to_tell(),
        key=key,
        context={
            "학생": booking.student.name,
            "일시": kperiod(booking.starts_at, booking.ends_at),
            "시작": kmoment(booking.starts_at),
            "전화": centre.phone if centre else "",
            **more,
        },
        url=url,
        calendar=calendar,
    )
    outbox.post_all([word])
