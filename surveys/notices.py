"""What is said of surveys: one question after a use, and one reminder."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from notices.kinds import Kind, register
from notices.outbox import Word
from surveys import tokens
from surveys.models import Invitation

_EMAIL = _(
    "#{이름}님, 안녕하세요. #{센터}입니다.\n‘#{이용}’은 어떠셨나요? 한 번만 누르시면 됩니다.\n#{설문주소}\n\n#{방식}"
)

ASK = register(
    Kind(
        code="surveys.ask",
        label="만족도 조사",
        variables={"이용": "수시 대입 설명회", "설문주소": "https://…/", "방식": "누가 답했는지는 남지 않습니다."},
        secret=frozenset({"설문주소"}),
        valid_for=timedelta(days=3),
        sms=_("[#{센터}] ‘#{이용}’은 어떠셨나요? 한 번만 눌러 주세요. #{설문주소}"),
        subject=_("[#{센터}] 이용하신 프로그램은 어떠셨나요?"),
        email=_EMAIL,
    )
)
REMIND = register(
    Kind(
        code="surveys.remind",
        label="만족도 조사 다시 알림",
        variables=ASK.variables,
        secret=ASK.secret,
        valid_for=timedelta(days=3),
        sms=_("[#{센터}] ‘#{이용}’은 어떠셨나요? 아직이시면 한 번만 눌러 주세요. 다시 묻지 않습니다. #{설문주소}"),
        subject=_("[#{센터}] 아직 답하지 않은 만족도 조사가 있습니다"),
        email=_(
            "#{이름}님, 안녕하세요. #{센터}입니다.\n아직 답하지 않으셨다면 한 번만 눌러 주세요. 다시 묻지 않습니다.\n"
            "○ 이용: #{이용}\n#{설문주소}\n\n#{방식}"
        ),
    )
)
NAMED = _("누가 답했는지 센터가 알 수 있는 기명 조사입니다.")
NAMELESS = _("누가 답했는지는 남지 않습니다.")


def word(kind: Kind, invitation: Invitation, label: str) -> Word:
    """The question to one person; ``label`` is what was used. A text message says no counselling topic."""
    return Word(
        kind=kind.code,
        to=[invitation.person],
        key=f"survey/{invitation.pk}/{kind.code}",
        context={
            "이용": label,
            "설문주소": settings.SITE_URL + reverse("surveys:answer", args=[tokens.of(invitation)]),
            "방식": str(NAMED if invitation.survey.is_named else NAMELESS),
        },
    )
