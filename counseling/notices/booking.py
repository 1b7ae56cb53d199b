"""A booking is agreed, cancelled, near."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from counseling import calendar_file, questionnaires
from counseling.models import Booking
from counseling.notices.said import SAMPLE, word_to_counselor, word_to_family
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register

BOOKED = register(
    Kind(
        code="counseling.booked",
        label="상담 예약 확정",
        channels=(SMS, EMAIL),
        urgent=True,
        variables=SAMPLE,
        sms=_("[#{센터}] #{학생} 상담예약 #{시작} #{방식}\n취소 #{취소기한}"),
        subject=_("[#{센터}] 상담 예약이 확정되었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 상담 예약이 확정되었습니다.\n\n"
            "○ 일시: #{일시}\n"
            "○ 주제: #{주제}\n"
            "○ 방식: #{방식}\n"
            "○ 장소: #{장소}\n"
            "○ 상담사: #{상담사}\n"
            "○ 준비물: #{준비물}\n"
            "○ 취소: #{취소방법}\n\n"
            "예약 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


CANCELLED = register(
    Kind(
        code="counseling.cancelled",
        label="상담 예약 취소(이용자)",
        channels=(SMS, EMAIL),
        urgent=True,
        variables=SAMPLE,
        sms=_("[#{센터}] #{학생} 상담 #{시작} 예약을 취소했습니다."),
        subject=_("[#{센터}] 상담 예약을 취소했습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 상담 예약을 취소했습니다.\n\n"
            "○ 일시: #{일시}\n"
            "○ 주제: #{주제}\n\n"
            "다시 예약하시려면 ‘상담 시간 찾기’를 이용해 주세요.\n"
            "예약 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


CANCELLED_BY_CENTRE = register(
    Kind(
        code="counseling.cancelled_by_centre",
        label="상담 예약 취소(센터)",
        channels=(SMS, EMAIL),
        variables={**SAMPLE, "사유": "상담사 사정"},
        sms=_("[#{센터}] 죄송합니다. #{학생} 상담 #{시작} 예약이 취소되었습니다. 사유: #{사유}. 문의 #{전화}"),
        subject=_("[#{센터}] 상담 예약이 취소되었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "센터 사정으로 #{학생}님의 상담 예약이 취소되었습니다. 불편을 드려 죄송합니다.\n\n"
            "○ 일시: #{일시}\n"
            "○ 주제: #{주제}\n"
            "○ 사유: #{사유}\n\n"
            "다른 시간으로 다시 예약하실 수 있습니다. 전화로 말씀하셔도 됩니다.\n"
            "예약 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


REMINDER = register(
    Kind(
        code="counseling.reminder",
        label="상담 전날 안내",
        channels=(SMS, EMAIL),
        variables={**SAMPLE, "질문지": "보내 주셨습니다.", "질문지문자": " 사전 질문지를 보내 주세요."},
        valid_for=timedelta(hours=12),
        sms=_("[#{센터}] #{학생} 상담 안내: #{시작} #{방식}. 취소 #{취소기한}#{질문지문자}"),
        subject=_("[#{센터}] 내일 상담이 있습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 상담을 안내해 드립니다.\n\n"
            "○ 일시: #{일시}\n"
            "○ 주제: #{주제}\n"
            "○ 방식: #{방식}\n"
            "○ 장소: #{장소}\n"
            "○ 상담사: #{상담사}\n"
            "○ 준비물: #{준비물}\n"
            "○ 사전 질문지: #{질문지}\n"
            "○ 취소: #{취소방법}\n\n"
            "예약 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


COUNSELOR_BOOKED = register(
    Kind(
        code="counseling.counselor_booked",
        label="상담사: 새 예약",
        channels=(EMAIL,),
        variables={"일시": SAMPLE["일시"], "방식": SAMPLE["방식"]},
        subject="[상담] #{일시} 예약",
        email="새 상담 예약이 있습니다.\n\n○ 일시: #{일시}\n○ 방식: #{방식}\n\n업무 화면에서 보기: #{링크}",
    )
)


COUNSELOR_CANCELLED = register(
    Kind(
        code="counseling.counselor_cancelled",
        label="상담사: 예약 취소",
        channels=(EMAIL,),
        variables={"일시": SAMPLE["일시"], "방식": SAMPLE["방식"]},
        subject="[상담] #{일시} 취소",
        email="상담 예약이 취소되었습니다.\n\n○ 일시: #{일시}\n○ 방식: #{방식}\n\n업무 화면에서 보기: #{링크}",
    )
)


def booked(booking: Booking) -> None:
    outbox.post_all(
        [
            word_to_family("counseling.booked", booking, "booked", calendar=calendar_file.mailed(booking)),
            word_to_counselor("counseling.counselor_booked", booking, "booked"),
        ]
    )


def cancelled(booking: Booking, *, by_centre: bool, reason: str, to_family: bool = True) -> None:
    calendar = calendar_file.mailed(booking)
    if by_centre:
        family = word_to_family("counseling.cancelled_by_centre", booking, "cancelled", calendar=calendar, 사유=reason)
    else:
        family = word_to_family("counseling.cancelled", booking, "cancelled", calendar=calendar)
    counselor = word_to_counselor("counseling.counselor_cancelled", booking, "cancelled")
    outbox.post_all([family, counselor] if to_family else [counselor])


def cancelled_in_absence(booking: Booking, *, reason: str, waits: bool) -> None:
    """The family's half of ``cancelled``, with the place in the queue that the student was given for it."""
    if waits:
        reason = f"{reason}. {gettext('대기 맨 앞에 올려 두었습니다. 맞는 시간이 나면 먼저 제안합니다(‘내 대기’).')}"
    calendar = calendar_file.mailed(booking)
    outbox.post_all(
        [word_to_family("counseling.cancelled_by_centre", booking, "cancelled", calendar=calendar, 사유=reason)]
    )


def reminder(booking: Booking) -> None:
    occasion = f"reminder/{booking.sequence}/{booking.starts_at:%Y%m%d%H%M}"
    outbox.post_all([word_to_family("counseling.reminder", booking, occasion, **_asked_beforehand(booking))])


def _asked_beforehand(booking: Booking) -> dict[str, str]:
    """What a reminder says of the form: for the mail a sentence, for the text message a word when it is missing."""
    if questionnaires.is_unsent(booking):
        sentence = gettext("아직 보내지 않으셨습니다. 상담 시작 전까지 ‘내 예약’에서 작성하실 수 있습니다.")
        return {"질문지": sentence, "질문지문자": gettext(" 사전 질문지를 보내 주세요.")}
    sent = questionnaires.of_booking(booking)
    return {"질문지": gettext("보내 주셨습니다.") if sent else gettext("없음"), "질문지문자": ""}
