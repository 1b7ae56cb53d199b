"""What a draw or a review says of its own; who has a place, or none, is told as by enrolment."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from notices.kinds import EMAIL, SMS, Kind, register
from programs.models import Application
from programs.notices.applying import say
from programs.notices.wording import SAMPLE

RESERVE = register(
    Kind(
        code="programs.reserve",
        label="프로그램 예비 순위",
        channels=(SMS, EMAIL),
        variables={**SAMPLE, "순위": "3"},
        sms=_("[#{센터}] #{참가자} #{프로그램} 예비 #{순위}번입니다. 자리가 나면 순서대로 알려 드립니다."),
        subject=_("[#{센터}] 프로그램 선정 결과를 알려 드립니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{참가자}님은 예비 #{순위}번입니다.\n\n"
            "○ 프로그램: #{프로그램}\n"
            "○ 일시: #{일시}\n"
            "○ 접수 번호: #{번호}\n\n"
            "자리가 나면 예비 순위대로 제안해 드리며, 정해진 기한 안에 답하셔야 합니다.\n"
            "기다리지 않으시려면 신청을 취소해 주세요.\n"
            "신청 보기: #{링크}\n"
            "문의: #{전화}"
        ),
    )
)


def reserved(applications: Sequence[Application]) -> None:
    """Told who waits, with the rank. The rank is of the draw; the place in line may be nearer later."""
    say(RESERVE.code, applications, "reserve", more=lambda one: {"순위": str(one.reserve_rank)})
