"""All that counselling says to people. Text messages say 상담 only: a lock screen is no place for its topic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models import User
from centre.models import Centre
from counseling import calendar_file, questionnaires
from counseling.models import Booking, BookingChange, BreakGlass, Record
from krds.dates import kdate, kdatetime, kmoment, kperiod
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register
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


def booked(booking: Booking) -> None:
    outbox.post_all(
        [
            _to_family("counseling.booked", booking, "booked", calendar=calendar_file.mailed(booking)),
            _to_counselor("counseling.counselor_booked", booking, "booked"),
        ]
    )


def cancelled(booking: Booking, *, by_centre: bool, reason: str, to_family: bool = True) -> None:
    calendar = calendar_file.mailed(booking)
    if by_centre:
        family = _to_family("counseling.cancelled_by_centre", booking, "cancelled", calendar=calendar, 사유=reason)
    else:
        family = _to_family("counseling.cancelled", booking, "cancelled", calendar=calendar)
    counselor = _to_counselor("counseling.counselor_cancelled", booking, "cancelled")
    outbox.post_all([family, counselor] if to_family else [counselor])


def cancelled_in_absence(booking: Booking, *, reason: str, waits: bool) -> None:
    """The family's half of ``cancelled``, with the place in the queue that the student was given for it."""
    if waits:
        reason = f"{reason}. {gettext('대기 맨 앞에 올려 두었습니다. 맞는 시간이 나면 먼저 제안합니다(‘내 대기’).')}"
    calendar = calendar_file.mailed(booking)
    outbox.post_all(
        [_to_family("counseling.cancelled_by_centre", booking, "cancelled", calendar=calendar, 사유=reason)]
    )


def changed(booking: Booking, change: BookingChange, *, to_family: bool = True) -> None:
    """The family and both counsellors hear of the old and the new; ``booking`` is what it has become."""
    old = change.old_period
    before = {"이전일시": kperiod(old.lower, old.upper), "이전시작": kmoment(old.lower)}
    occasion, calendar = f"changed/{booking.sequence}", calendar_file.mailed(booking)
    if change.by_centre:
        family = _to_family(
            "counseling.changed_by_centre", booking, occasion, calendar=calendar, **before, 사유=change.reason
        )
    else:
        family = _to_family("counseling.changed", booking, occasion, calendar=calendar, **before)
    counselors = {counselor.pk: counselor.user for counselor in (change.old_counselor, change.new_counselor)}
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
    outbox.post_all([_to_family("counseling.video_link", booking, occasion, calendar=calendar)])


def swapped(old: Booking, new: Booking, *, reason: str) -> None:
    """Whoever cares for both reads one message; the others read what concerns their own child."""
    before, after = old.student.people_to_tell(), new.student.people_to_tell()
    both = [person for person in after if person in before]
    outbox.post_all(
        [
            _to_family(
                "counseling.swapped",
                new,
                "swapped",
                to=both,
                calendar=calendar_file.mailed(new, instead_of=old),
                이전학생=old.student.name,
            ),
            _to_family(
                "counseling.cancelled_by_centre",
                old,
                "cancelled",
                to=[p for p in before if p not in both],
                calendar=calendar_file.mailed(old),
                사유=reason,
            ),
            _to_family(
                "counseling.booked",
                new,
                "booked",
                to=[p for p in after if p not in both],
                calendar=calendar_file.mailed(new),
            ),
            _to_counselor("counseling.counselor_cancelled", old, "cancelled"),
            _to_counselor("counseling.counselor_booked", new, "booked"),
        ]
    )


def reminder(booking: Booking) -> None:
    occasion = f"reminder/{booking.sequence}/{booking.starts_at:%Y%m%d%H%M}"
    outbox.post_all([_to_family("counseling.reminder", booking, occasion, **_asked_beforehand(booking))])


def _asked_beforehand(booking: Booking) -> dict[str, str]:
    """What a reminder says of the form: for the mail a sentence, for the text message a word when it is missing."""
    if questionnaires.is_unsent(booking):
        sentence = gettext("아직 보내지 않으셨습니다. 상담 시작 전까지 ‘내 예약’에서 작성하실 수 있습니다.")
        return {"질문지": sentence, "질문지문자": gettext(" 사전 질문지를 보내 주세요.")}
    sent = questionnaires.of_booking(booking)
    return {"질문지": gettext("보내 주셨습니다.") if sent else gettext("없음"), "질문지문자": ""}


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


def _to_family(
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
            "방식": booking.get_mode_display(),
            "장소": booking.place,
            "상담사": booking.slot.counselor.name,
            **_way_out(booking),
            "준비물": booking.topic.preparation or "없음",
            "전화": centre.phone if centre else "",
            **more,
        },
        url=booking.get_absolute_url(),
        calendar=calendar,
    )


def _to_counselor(kind: str, booking: Booking, occasion: str) -> Word:
    return Word(
        kind=kind,
        to=[booking.slot.counselor.user],
        key=f"booking/{booking.pk}/{occasion}",
        context={"일시": kperiod(booking.starts_at, booking.ends_at), "방식": booking.get_mode_display()},
        url=reverse("admin:counseling_booking_change", args=[booking.pk]),
    )


def _way_out(booking: Booking) -> dict[str, str]:
    """How to cancel: online while that is possible, else by telephone."""
    if timezone.now() >= booking.cancel_until:
        return {"취소기한": gettext("전화로"), "취소방법": gettext("센터로 전화해 주세요.")}
    until = gettext("%(moment)s까지") % {"moment": kmoment(booking.cancel_until)}
    return {"취소기한": until, "취소방법": gettext("%(until)s ‘내 예약’에서 하실 수 있습니다.") % {"until": until}}
