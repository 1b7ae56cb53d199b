"""What counselling says to those who wait for a time. An offer comes by day; an answer to one's own act at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centre.models import Centre
from counseling.models import Booking, Mode, SlotOffer, Wish
from counseling.notices import SAMPLE
from krds.dates import kdate, kdatetime, kmoment, kperiod
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register

if TYPE_CHECKING:
    from intake.models import Queue

WISH_SAMPLE = {
    "학생": "김하늘",
    "주제": "1:1 진학상담",
    "대기끝": "2027. 1. 18.(월)",
    "사유": "기다리는 기간이 끝났습니다.",
    "전화": "02-000-0000",
}
OFFER_SAMPLE = {
    **{name: SAMPLE[name] for name in ("학생", "일시", "시작", "주제", "방식", "장소", "상담사", "전화")},
    "기한": "11. 23.(월) 14:00",
    "이전안내": "",
}

WAITING_JOINED = register(
    Kind(
        code="counseling.waiting_joined",
        label="상담 대기 등록",
        channels=(SMS, EMAIL),
        urgent=True,
        variables={name: value for name, value in WISH_SAMPLE.items() if name != "사유"},
        sms=_("[#{센터}] #{학생} 상담 대기를 받았습니다. 자리가 나면 알려 드립니다."),
        subject=_("[#{센터}] 상담 대기를 받았습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 상담 대기를 받았습니다. 바라는 시간에 자리가 나면 순서대로 알려 드립니다.\n\n"
            "○ 주제: #{주제}\n"
            "○ 대기 끝: #{대기끝}까지\n\n"
            "자리 제안은 낮에만 드리며, 정해진 기한 안에 답하셔야 합니다.\n"
            "대기 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)

OFFERED = register(
    Kind(
        code="counseling.offered",
        label="상담 자리 제안",
        channels=(SMS, EMAIL),
        variables=OFFER_SAMPLE,
        valid_for=timedelta(hours=12),
        sms=_("[#{센터}] #{학생} 상담 자리가 났습니다. #{시작} #{방식}. #{기한}까지 답해 주세요. #{링크}"),
        subject=_("[#{센터}] 기다리시던 상담 자리가 났습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님이 기다리시던 상담 자리가 났습니다. #{기한}까지 다른 분이 예약할 수 없게 맡아 두었습니다.\n\n"
            "○ 일시: #{일시}\n"
            "○ 주제: #{주제}\n"
            "○ 방식: #{방식}\n"
            "○ 장소: #{장소}\n"
            "○ 상담사: #{상담사}\n"
            "○ 답할 기한: #{기한}\n"
            "#{이전안내}\n"
            "받거나 거절하기: #{링크}\n\n"
            "기한까지 답하지 않으시면 다음 분께 제안합니다.\n"
            "문의: #{전화}"
        ),
    )
)

OFFER_LAPSED = register(
    Kind(
        code="counseling.offer_lapsed",
        label="상담 자리 제안 만료",
        channels=(SMS, EMAIL),
        variables={
            **{name: OFFER_SAMPLE[name] for name in ("학생", "일시", "시작", "전화")},
            "순서": "순서는 그대로입니다.",
        },
        sms=_("[#{센터}] #{학생} 상담 #{시작} 자리 제안이 기한이 지나 끝났습니다."),
        subject=_("[#{센터}] 상담 자리 제안의 기한이 지났습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님께 드린 상담 자리 제안의 기한이 지나 다음 분께 제안했습니다. #{순서}\n\n"
            "○ 일시: #{일시}\n\n"
            "대기 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)

OFFER_WITHDRAWN = register(
    Kind(
        code="counseling.offer_withdrawn",
        label="상담 자리 제안 거둠",
        channels=(SMS, EMAIL),
        variables={name: OFFER_SAMPLE[name] for name in ("학생", "일시", "시작", "전화")},
        sms=_("[#{센터}] 죄송합니다. #{학생} 상담 #{시작} 자리 제안을 거둡니다."),
        subject=_("[#{센터}] 상담 자리 제안을 거둡니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "센터 사정으로 #{학생}님께 드린 상담 자리 제안을 거둡니다. 죄송합니다. 대기 순서는 그대로입니다.\n\n"
            "○ 일시: #{일시}\n\n"
            "대기 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)

WAITING_ENDED = register(
    Kind(
        code="counseling.waiting_ended",
        label="상담 대기 종료",
        channels=(SMS, EMAIL),
        variables={name: value for name, value in WISH_SAMPLE.items() if name != "대기끝"},
        sms=_("[#{센터}] #{학생} 상담 대기를 마쳤습니다. 자세한 내용은 ‘내 대기’에서 보세요."),
        subject=_("[#{센터}] 상담 대기를 마쳤습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 상담 대기를 마쳤습니다.\n\n"
            "○ 주제: #{주제}\n"
            "○ 사유: #{사유}\n\n"
            "다시 기다리시려면 ‘상담 시간 찾기’에서 대기를 신청해 주세요.\n"
            "대기 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


def joined(wish: Wish) -> None:
    _to_waiting("counseling.waiting_joined", wish, f"joined/{_turns(wish)}", 대기끝=kdate(wish.last_waiting_day))


def ended(wish: Wish, reason: str) -> None:
    _to_waiting("counseling.waiting_ended", wish, f"ended/{_turns(wish)}", 사유=reason)


def _turns(wish: Wish) -> int:
    """How often the wish changed its state: it may end, be put back, and end again."""
    return wish.trail().count()


def _to_waiting(kind: str, wish: Wish, occasion: str, **more: str) -> None:
    centre = Centre.objects.current()
    outbox.post(
        kind,
        to=wish.student.people_to_tell(),
        key=f"wish/{wish.pk}/{occasion}",
        context={"학생": wish.student.name, "주제": wish.topic.name, "전화": centre.phone if centre else "", **more},
        url=wish.get_absolute_url(),
    )


def offered(offer: SlotOffer) -> None:
    wish, session = offer.wish, offer.slot.session(offer.wish.topic)
    own = wish.booking if wish.earlier else None
    before = (
        gettext("○ 지금 예약(%(when)s)은 받으실 때까지 그대로입니다.\n") % {"when": kdatetime(own.starts_at)}
        if own
        else ""
    )
    _to_offered(
        "counseling.offered",
        offer,
        "offered",
        주제=wish.topic.name,
        방식=str(Mode(offer.mode).label),
        장소=Booking(slot=offer.slot, mode=offer.mode, period=session).place,
        상담사=offer.slot.counselor.name,
        기한=kmoment(offer.deadline),
        이전안내=before,
    )


def lapsed(offer: SlotOffer, queue: Queue) -> None:
    left = queue.passes - offer.wish.passes
    order = gettext("대기 순서는 그대로입니다. 앞으로 %(left)d번 더 받지 않으시면 대기가 끝납니다.") % {"left": left}
    _to_offered("counseling.offer_lapsed", offer, "lapsed", 순서=order if left > 0 else "")


def withdrawn(offer: SlotOffer) -> None:
    _to_offered("counseling.offer_withdrawn", offer, "withdrawn")


def _to_offered(kind: str, offer: SlotOffer, occasion: str, **more: str) -> None:
    centre, session = Centre.objects.current(), offer.slot.session(offer.wish.topic)
    outbox.post(
        kind,
        to=offer.wish.student.people_to_tell(),
        key=f"offer/{offer.pk}/{occasion}",
        context={
            "학생": offer.wish.student.name,
            "일시": kperiod(session.lower, session.upper),
            "시작": kmoment(session.lower),
            "전화": centre.phone if centre else "",
            **more,
        },
        url=offer.get_absolute_url(),
    )
