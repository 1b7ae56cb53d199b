"""What the words of counselling have in common: what they know of a booking, and to whom they go."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from centre.models import Centre
from counseling.models import Booking
from krds.dates import kmoment, kperiod
from notices.outbox import Word

SAMPLE = {
    "학생": "김하늘",
    "일시": "2026. 11. 24.(화) 14:00 ~ 14:50",
    "시작": "11. 24.(화) 14:00",
    "주제": "1:1 진학상담",
    "방식": "대면",
    "장소": "센터 3층 상담실 1",
    "상담사": "김지우 상담사",
    "취소기한": "11. 23.(월) 18:00까지",
    "취소방법": "11. 23.(월) 18:00까지 ‘내 예약’에서 하실 수 있습니다.",
    "준비물": "학교생활기록부 사본(선택)",
    "전화": "02-000-0000",
}


def word_to_family(
    kind: str, booking: Booking, occasion: str, *, to: list[User] | None = None, calendar: str = "", **more: str
) -> Word:
    centre = Centre.objects.current()
    return Word(
        kind=kind,
        to=booking.student.people_to_tell() if to is None else to,
        key=f"booking/{booking.pk}/{occasion}",
        context={
            "학생": booking.student.name,
            "일시": kperiod(booking.starts_at, booking.ends_at),
            "시작": kmoment(booking.starts_at),
            "주제": booking.topic.name,
            "방식": _how(booking),
            "장소": booking.place,
            "상담사": booking.slot.counselor.name,
            **way_out(booking),
            "준비물": booking.topic.preparation or "없음",
            "전화": centre.phone if centre else "",
            **more,
        },
        url=booking.get_absolute_url(),
        calendar=calendar,
    )


def word_to_counselor(kind: str, booking: Booking, occasion: str) -> Word:
    return Word(
        kind=kind,
        to=[booking.slot.counselor.user] if booking.slot.counselor.user_id else [],  # a fair's officer has no account
        key=f"booking/{booking.pk}/{occasion}",
        context={"일시": kperiod(booking.starts_at, booking.ends_at), "방식": booking.get_mode_display()},
        url=reverse("admin:counseling_booking_change", args=[booking.pk]),
    )


def _how(booking: Booking) -> str:
    """By which mode; at a fair at which booth, which no lock screen needs to hide."""
    return booking.topic.name if booking.topic.at_fair else booking.get_mode_display()


def way_out(booking: Booking) -> dict[str, str]:
    """How to cancel: online while that is possible, else by telephone."""
    if timezone.now() >= booking.cancel_until:
        return {"취소기한": gettext("전화로"), "취소방법": gettext("센터로 전화해 주세요.")}
    until = gettext("%(moment)s까지") % {"moment": kmoment(booking.cancel_until)}
    return {"취소기한": until, "취소방법": gettext("%(until)s ‘내 예약’에서 하실 수 있습니다.") % {"until": until}}
