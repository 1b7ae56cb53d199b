"""All that the rules say to people. Text messages do not say what was missed: a lock screen is no place for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centre.models import Centre
from intake.models import Appeal, Referral, Strike
from intake.rules import Rules
from krds.dates import kdate, kdatetime
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register

SAMPLE = {"학생": "김하늘", "일시": "2026. 11. 24.(화) 14:00", "내용": "상담", "전화": "02-000-0000"}

WARNED = register(
    Kind(
        code="intake.warned",
        label="불참 알림(1차)",
        channels=(SMS, EMAIL),
        variables={
            **SAMPLE,
            "결과": "1년 안에 한 번 더 오지 않으시면 1개월 동안 새로 예약할 수 없습니다.",
            "기한": "2026. 12. 8.(화)",
        },
        sms=_(
            "[#{센터}] #{학생}님이 #{일시} 약속에 오지 않으셨습니다. #{결과} 사정이 있었다면 #{기한}까지 알려 주세요. #{링크}"
        ),
        subject=_("[#{센터}] 약속에 오지 않으셨습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님이 약속에 오지 않으셔서 알려 드립니다.\n\n"
            "○ 일시: #{일시}\n"
            "○ 내용: #{내용}\n\n"
            "#{결과}\n"
            "오지 못할 때는 미리 취소해 주세요. 기다리는 다른 학생이 이용할 수 있습니다.\n\n"
            "사정이 있었거나 기록이 잘못되었다면 #{기한}까지 알려 주세요. 담당자가 확인하고 답해 드립니다.\n"
            "사정 알리기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)

PAUSED = register(
    Kind(
        code="intake.paused",
        label="불참 알림(예약 쉼)",
        channels=(SMS, EMAIL),
        variables={**SAMPLE, "결과": "2026. 12. 23.(수)까지 새로 예약할 수 없습니다.", "기한": "2026. 12. 8.(화)"},
        sms=_(
            "[#{센터}] #{학생}님이 #{일시} 약속에 오지 않으셨습니다. #{결과} 사정이 있었다면 #{기한}까지 알려 주세요. #{링크}"
        ),
        subject=_("[#{센터}] 당분간 새로 예약할 수 없습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님이 약속에 거듭 오지 않으셔서 당분간 새로 예약할 수 없습니다. 이미 하신 예약은 그대로입니다.\n\n"
            "○ 일시: #{일시}\n"
            "○ 내용: #{내용}\n\n"
            "#{결과}\n\n"
            "사정이 있었거나 기록이 잘못되었다면 #{기한}까지 알려 주세요. 담당자가 확인하고 답해 드립니다.\n"
            "사정 알리기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)

CLEARED = register(
    Kind(
        code="intake.cleared",
        label="불참 기록을 세지 않음",
        channels=(SMS, EMAIL),
        variables={**SAMPLE, "사유": "확인해 보니 오셨습니다."},
        sms=_("[#{센터}] #{학생}님의 #{일시} 불참 기록을 세지 않기로 했습니다."),
        subject=_("[#{센터}] 불참 기록을 세지 않습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님의 불참 기록을 세지 않기로 했습니다. 이 기록 때문에 예약이 막히지 않습니다.\n\n"
            "○ 일시: #{일시}\n"
            "○ 사유: #{사유}\n\n"
            "기록 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


REJECTED = register(
    Kind(
        code="intake.rejected",
        label="불참 소명 답변",
        channels=(SMS, EMAIL),
        variables={**SAMPLE, "사유": "같은 날 다른 연락을 받지 못했습니다."},
        sms=_("[#{센터}] 알려 주신 사정에 답변을 드렸습니다. 확인해 주세요. #{링크}"),
        subject=_("[#{센터}] 알려 주신 사정에 답변드립니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님이 약속에 오지 못한 사정을 확인했습니다. 기록은 그대로 두기로 했습니다.\n\n"
            "○ 일시: #{일시}\n"
            "○ 답변: #{사유}\n\n"
            "기록 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)

# Says nothing of a referral: staff read the outbox, and a referral is not for them.
LETTER = register(
    Kind(
        code="intake.letter",
        label="개별 안내",
        channels=(SMS, EMAIL),
        variables={"학생": "김하늘", "전화": "02-000-0000"},
        sms=_("[#{센터}] #{학생}님에 관해 확인하실 안내가 있습니다. 로그인해서 봐 주세요. #{링크}"),
        subject=_("[#{센터}] 확인하실 안내가 있습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학생}님에 관해 확인하실 안내가 있습니다. 로그인한 가족만 볼 수 있습니다.\n\n"
            "안내 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


def missed(strike: Strike, paused_until: datetime | None, rules: Rules) -> None:
    """A warning, or a pause with its last day; both with the way to explain."""
    if paused_until is not None:
        kind = PAUSED.code
        what_follows = _("%(day)s까지 새로 예약할 수 없습니다.") % {"day": kdate(_last_day(paused_until))}
    else:
        kind = WARNED.code
        what_follows = _("거듭되면 %(months)d개월 동안 새로 예약할 수 없습니다.") % {
            "months": rules.noshow_pause_months
        }
    appeal_until = kdate(_last_day(strike.appeal_until))
    _say(strike, kind, f"missed/{strike.recorded_at.timestamp():.6f}", 결과=str(what_follows), 기한=appeal_until)


def taken_back(strike: Strike, reason: str) -> None:
    _say(strike, CLEARED.code, f"taken_back/{strike.recorded_at.timestamp():.6f}", 사유=reason)


def forgiven(strike: Strike, reason: str) -> None:
    _say(strike, CLEARED.code, f"forgiven/{strike.recorded_at.timestamp():.6f}", 사유=reason)


def answered(appeal: Appeal, strike: Strike) -> None:
    kind = CLEARED.code if appeal.state == Appeal.State.ACCEPTED else REJECTED.code
    _say(strike, kind, "answered", 사유=appeal.answer)


def referred(referral: Referral) -> None:
    outbox.post(
        LETTER.code,
        to=referral.student.people_to_tell(),
        key=f"letter/{referral.pk}",
        context={"학생": referral.student.name, "전화": _phone()},
        url=reverse("intake:letter", args=[referral.pk]),
    )


def _say(strike: Strike, kind: str, occasion: str, **more: str) -> None:
    outbox.post(
        kind,
        to=strike.student.people_to_tell(),
        key=f"strike/{strike.pk}/{occasion}",
        context={
            "학생": strike.student.name,
            "일시": kdatetime(strike.missed_at),
            "내용": strike.what,
            "전화": _phone(),
            **more,
        },
        url=reverse("intake:strikes"),
    )


def _last_day(until: datetime) -> datetime:
    """The day before a midnight that ends something."""
    return timezone.localtime(until) - timedelta(days=1)


def _phone() -> str:
    centre = Centre.objects.current()
    return centre.phone if centre else ""
