"""What a teacher is told about a visit; that it is scheduled or cancelled says the notice of the application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from krds.dates import kperiod
from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register
from programs.models import Visit

if TYPE_CHECKING:
    from programs.visiting import Span

SAMPLE = {"프로그램": "찾아가는 진로체험", "학교": "새빛중학교 2학년 3반"}

PROPOSED = register(
    Kind(
        code="programs.visit_proposed",
        label="학교 방문: 다른 날 제안",
        channels=(SMS, EMAIL),
        variables={**SAMPLE, "날짜": "2026. 12. 10.(목) 10:00 ~ 12:00", "말": "강사 일정 때문입니다."},
        sms=_("[#{센터}] #{학교} 방문 날짜를 제안드립니다. 골라 주세요. #{링크}"),
        subject=_("[#{센터}] 학교 방문 날짜를 제안드립니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학교} ‘#{프로그램}’ 방문을 다음 날짜에 할 수 있습니다.\n\n"
            "#{날짜}\n\n"
            "#{말}\n\n"
            "날짜 고르기: #{링크}"
        ),
    )
)

DECLINED = register(
    Kind(
        code="programs.visit_declined",
        label="학교 방문: 받지 못함",
        channels=(SMS, EMAIL),
        variables={**SAMPLE, "사유": "그 기간의 방문이 모두 찼습니다."},
        sms=_("[#{센터}] 죄송합니다. #{학교} 방문을 하지 못하게 되었습니다. 사유: #{사유}"),
        subject=_("[#{센터}] 학교 방문을 하지 못하게 되었습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{학교} ‘#{프로그램}’ 방문 신청을 받지 못하게 되었습니다. 죄송합니다.\n\n"
            "○ 사유: #{사유}\n\n"
            "신청 보기: #{링크}"
        ),
    )
)


def proposed(visit: Visit, times: Sequence[Span]) -> None:
    days = "\n".join(f"○ {kperiod(one.starts_at, one.ends_at)}" for one in times)
    step = visit.trail().count()  # each proposal is an occasion of its own
    _post(PROPOSED, visit, f"proposed/{step}", {"날짜": days, "말": visit.answer})


def declined(visit: Visit) -> None:
    _post(DECLINED, visit, "declined", {"사유": visit.answer})


def _post(kind: Kind, visit: Visit, what: str, context: dict[str, str]) -> None:
    outbox.post(
        kind.code,
        to=[visit.asked_by],
        key=f"visit/{visit.pk}/{what}",
        context={"프로그램": visit.program.title, "학교": f"{visit.school} {visit.class_name}", **context},
        url=reverse("programs:visit", args=[visit.pk]),
    )
