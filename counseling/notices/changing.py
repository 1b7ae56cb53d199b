"""A booking is at another time, with another counsellor, for another child, or at another address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from centre.models import Centre
from counseling import calendar_file
from counseling.models import Booking, BookingChange
from counseling.notices.said import SAMPLE, word_to_counselor, word_to_family
from krds.dates import kmoment, kperiod
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register
from notices.outbox import Word

BEFORE = {"이전일시": "2026. 11. 25.(수) 16:00 ~ 16:50", "이전시작": "11. 25.(수) 16:00"}


CHANGED = register(
    Kind(
        code="counseling.changed",
        label="상담 예약 변경(이용자)",
        channels=(SMS, EMAIL),
        urgent=True,
        variables={**SAMPLE, **BEFORE},
        sms=_("[#{센터}] #{학생} 상담 변경: #{이전시작} → #{시작} #{방식}. 취소 #{취소기한}"),
        subject=_("[#{센터}] 상담 예약이 변경되었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 상담 예약을 변경했습니다.\n\n"
            "○ 이전 일시: #{이전일시}\n"
            "○ 새 일시: #{일시}\n"
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


CHANGED_BY_CENTRE = register(
    Kind(
        code="counseling.changed_by_centre",
        label="상담 예약 변경(센터)",
        channels=(SMS, EMAIL),
        urgent=True,
        variables={**SAMPLE, **BEFORE, "사유": "상담사 사정"},
        sms=_("[#{센터}] #{학생} 상담 변경: #{이전시작} → #{시작} #{방식}. 사유: #{사유}. 문의 #{전화}"),
        subject=_("[#{센터}] 상담 예약이 변경되었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 상담 예약이 변경되었습니다.\n\n"
            "○ 이전 일시: #{이전일시}\n"
            "○ 새 일시: #{일시}\n"
            "○ 주제: #{주제}\n"
            "○ 방식: #{방식}\n"
            "○ 장소: #{장소}\n"
            "○ 상담사: #{상담사}\n"
            "○ 준비물: #{준비물}\n"
            "○ 사유: #{사유}\n"
            "○ 취소: #{취소방법}\n\n"
            "이 시간이 어려우시면 센터로 전화해 주세요.\n"
            "예약 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


VIDEO_LINK = register(
    Kind(
        code="counseling.video_link",
        label="화상 상담 접속 주소",
        channels=(SMS, EMAIL),
        urgent=True,
        variables=SAMPLE,
        sms=_("[#{센터}] #{학생} 상담 #{시작} 화상 접속 주소가 바뀌었습니다. ‘내 예약’에서 확인해 주세요. #{링크}"),
        subject=_("[#{센터}] 화상 상담 접속 주소를 알려 드립니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 화상 상담 접속 주소를 알려 드립니다. 전에 받은 주소가 있으면 이 주소를 써 주세요.\n\n"
            "○ 일시: #{일시}\n"
            "○ 상담사: #{상담사}\n"
            "○ 접속 주소: #{장소}\n\n"
            "예약 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


REARRANGED = register(
    Kind(
        code="counseling.rearranged",
        label="상담 여러 건 조정(상담사 부재·휴관)",
        channels=(SMS, EMAIL),
        urgent=True,
        variables={
            "건수": "2",
            "내용": "○ 김하늘 11. 24.(화) 14:00 → 11. 24.(화) 15:00 이도윤 상담사",
            "사유": "상담사 사정",
            "전화": SAMPLE["전화"],
        },
        sms=_("[#{센터}] 죄송합니다. 상담 예약 #{건수}건이 조정되었습니다. 사유: #{사유}\n#{내용}\n문의 #{전화}"),
        subject=_("[#{센터}] 상담 예약 #{건수}건이 조정되었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "상담 예약 #{건수}건이 조정되었습니다. 불편을 드려 죄송합니다.\n\n"
            "#{내용}\n\n"
            "○ 사유: #{사유}\n\n"
            "새 시간이 어렵거나 취소된 상담을 다시 잡고 싶으시면 ‘내 예약’이나 전화로 알려 주세요.\n"
            "예약 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


SWAPPED = register(
    Kind(
        code="counseling.swapped",
        label="상담받을 학생 변경",
        channels=(SMS, EMAIL),
        urgent=True,
        variables={**SAMPLE, "이전학생": "김바다"},
        sms=_("[#{센터}] 상담 #{시작} 학생 변경: #{이전학생} → #{학생}. 취소 #{취소기한}"),
        subject=_("[#{센터}] 상담받을 학생이 변경되었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "상담받을 학생을 #{이전학생}님에서 #{학생}님으로 변경했습니다.\n\n"
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


COUNSELOR_CHANGED = register(
    Kind(
        code="counseling.counselor_changed",
        label="상담사: 예약 변경",
        channels=(EMAIL,),
        variables={
            "일시": SAMPLE["일시"],
            "방식": SAMPLE["방식"],
            "상담사": SAMPLE["상담사"],
            "이전일시": BEFORE["이전일시"],
            "이전상담사": SAMPLE["상담사"],
        },
        subject="[상담] #{이전일시} 예약 변경",
        email=(
            "상담 예약이 변경되었습니다.\n\n"
            "○ 이전: #{이전일시} #{이전상담사}\n"
            "○ 새 일시: #{일시} #{상담사}\n"
            "○ 방식: #{방식}\n\n"
            "업무 화면에서 보기: #{링크}"
        ),
    )
)


def changed(booking: Booking, change: BookingChange, *, to_family: bool = True) -> None:
    """The family and both counsellors hear of the old and the new; ``booking`` is what it has become."""
    old = change.old_period
    before = {"이전일시": kperiod(old.lower, old.upper), "이전시작": kmoment(old.lower)}
    occasion, calendar = f"changed/{booking.sequence}", calendar_file.mailed(booking)
    if change.by_centre:
        family = word_to_family(
            "counseling.changed_by_centre", booking, occasion, calendar=calendar, **before, 사유=change.reason
        )
    else:
        family = word_to_family("counseling.changed", booking, occasion, calendar=calendar, **before)
    both = (change.old_counselor, change.new_counselor)
    counselors = {counselor.pk: counselor.user for counselor in both if counselor.user_id}
    others = Word(
        kind="counseling.counselor_changed",
        to=list(counselors.values()),
        key=f"booking/{booking.pk}/{occasion}",
        context={
            "일시": kperiod(booking.starts_at, booking.ends_at),
            "방식": booking.get_mode_display(),
            "상담사": change.new_counselor.name,
            "이전일시": before["이전일시"],
            "이전상담사": change.old_counselor.name,
        },
        url=reverse("admin:counseling_booking_change", args=[booking.pk]),
    )
    outbox.post_all([family, others] if to_family else [others])


def rearranged(person: User, lines: Sequence[str], *, reason: str, occasion: str) -> None:
    """One message for everything that an absence did to what this person cares for."""
    centre = Centre.objects.current()
    word = Word(
        kind="counseling.rearranged",
        to=[person],
        key=f"absence/{occasion}",
        context={
            "건수": str(len(lines)),
            "내용": "\n".join(lines),
            "사유": reason,
            "전화": centre.phone if centre else "",
        },
        url=reverse("counseling:bookings"),
    )
    outbox.post_all([word])


def rearranged_line(booking: Booking, before: datetime, *, waits: bool = False) -> str:
    """What became of one booking, without its topic: ``○ 김하늘 11. 25.(수) 14:00 → 11. 25.(수) 15:00 이도윤 상담사``."""
    head = f"○ {booking.student.name} {kmoment(before)}"
    if booking.state == Booking.State.CANCELLED:
        return f"{head} → {gettext('취소(대기 맨 앞에 올림)') if waits else gettext('취소')}"
    return f"{head} → {kmoment(booking.starts_at)} {booking.slot.counselor.name}"


def video_link(booking: Booking) -> None:
    """The address of a counselling by video is known now, or is another one. Text messages leave it out."""
    calendar = calendar_file.mailed(booking)
    occasion = f"video/{booking.sequence}"
    outbox.post_all([word_to_family("counseling.video_link", booking, occasion, calendar=calendar)])


def swapped(old: Booking, new: Booking, *, reason: str) -> None:
    """Whoever cares for both reads one message; the others read what concerns their own child."""
    before, after = old.student.people_to_tell(), new.student.people_to_tell()
    both = [person for person in after if person in before]
    outbox.post_all(
        [
            word_to_family(
                "counseling.swapped",
                new,
                "swapped",
                to=both,
                calendar=calendar_file.mailed(new, instead_of=old),
                이전학생=old.student.name,
            ),
            word_to_family(
                "counseling.cancelled_by_centre",
                old,
                "cancelled",
                to=[p for p in before if p not in both],
                calendar=calendar_file.mailed(old),
                사유=reason,
            ),
            word_to_family(
                "counseling.booked",
                new,
                "booked",
                to=[p for p in after if p not in both],
                calendar=calendar_file.mailed(new),
            ),
            word_to_counselor("counseling.counselor_cancelled", old, "cancelled"),
            word_to_counselor("counseling.counselor_booked", new, "booked"),
        ]
    )
