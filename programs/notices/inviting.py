"""What somebody reads who is invited by a link."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from krds.dates import kdatetime, kperiod
from notices import outbox
from notices.kinds import Kind, register

if TYPE_CHECKING:
    from programs.models import RunInvitation

INVITED = register(
    Kind(
        code="programs.invited",
        label="행사 초대",
        variables={
            "행사": "2027 수시박람회",
            "일시": "2026. 12. 12.(토) 10:00~12:00",
            "장소": "센터 대강당",
            "초대주소": "https://…/",
            "기한": "2026. 12. 5.(토) 18:00",
        },
        secret=frozenset({"초대주소"}),
        valid_for=timedelta(days=2),
        sms=_("[#{센터}] #{행사}에 초대합니다.\n#{일시}\n#{기한}까지 참여 여부를 알려 주세요. #{초대주소}"),
        subject=_("[#{센터}] #{행사}에 초대합니다"),
        email=_(
            "#{행사}에 초대합니다.\n\n○ 일시: #{일시}\n○ 장소: #{장소}\n\n"
            "#{기한}까지 아래에서 참여 여부를 알려 주세요. 한 사람이 한 번 쓰는 주소이니 다른 분께 전하지 말아 주세요.\n"
            "#{초대주소}"
        ),
    )
)


def recipient(invitation: RunInvitation) -> outbox.Recipient:
    """Whoever was invited, at the address the link went to."""
    where = {"email": invitation.contact} if "@" in invitation.contact else {"phone": invitation.contact}
    return outbox.Recipient(name=invitation.name or gettext("귀하"), **where)


def invited(invitation: RunInvitation, token: str) -> None:
    run = invitation.run
    context = {
        "행사": run.program.title,
        "일시": kperiod(run.starts_at, run.ends_at),
        "장소": run.place or "–",
        "초대주소": settings.SITE_URL + reverse("programs:invited", args=[token]),
        "기한": kdatetime(invitation.expires_at),
    }
    key = f"invitation/{invitation.pk}/{invitation.sent}"
    outbox.post(INVITED.code, to=[recipient(invitation)], key=key, context=context)
