"""What forms say to families: something has to be done again. Never what was answered, never a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notices import outbox
from notices.kinds import EMAIL, SMS, Kind, register
from questionnaires import cases

if TYPE_CHECKING:
    from questionnaires.models import Attachment, Response

SAMPLE = {"일": "11. 24.(화) 14:00 상담", "사유": "주민등록번호 뒷자리가 보입니다."}

FILE_REJECTED = register(
    Kind(
        code="questionnaires.file_rejected",
        label="첨부 파일 반려",
        channels=(SMS, EMAIL),
        variables=SAMPLE,
        sms=_("[#{센터}] #{일}에 올린 파일을 받을 수 없어 지웠습니다. 사유: #{사유} #{링크}"),
        subject=_("[#{센터}] 올리신 파일을 다시 올려 주세요"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{일}에 올리신 파일을 받을 수 없어 지웠습니다.\n\n"
            "○ 사유: #{사유}\n\n"
            "필요하시면 고친 파일을 다시 올려 주세요. 올리지 않아도 상담을 받으실 수 있습니다.\n"
            "질문지 보기: #{링크}"
        ),
    )
)

REOPENED = register(
    Kind(
        code="questionnaires.reopened",
        label="질문지 다시 작성 요청",
        channels=(SMS, EMAIL),
        variables=SAMPLE,
        sms=_("[#{센터}] #{일} 사전 질문지를 고쳐 다시 보내 주세요. #{사유} #{링크}"),
        subject=_("[#{센터}] 사전 질문지를 고쳐 보내 주세요"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n"
            "#{일}에 보내신 사전 질문지를 다시 열었습니다. 고쳐서 다시 보내 주세요.\n\n"
            "○ 까닭: #{사유}\n\n"
            "질문지 열기: #{링크}"
        ),
    )
)


def file_rejected(attachment: Attachment, *, reason: str) -> None:
    case = attachment.response.case
    if case is not None:
        _say("questionnaires.file_rejected", attachment.response, case, f"attachment/{attachment.pk}", reason)


def reopened(response: Response, case: Any, *, reason: str) -> None:
    occasion = f"response/{response.pk}/{timezone.now():%Y%m%d%H%M%S%f}"
    _say("questionnaires.reopened", response, case, occasion, reason)


def _say(code: str, response: Response, case: Any, key: str, reason: str) -> None:
    kind = cases.of(case)
    outbox.post(
        code,
        to=list(kind.people(case)),
        key=key,
        context={"일": kind.title(case), "사유": reason},
        url=kind.fill_url(case),
    )
