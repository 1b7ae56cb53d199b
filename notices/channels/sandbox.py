"""Messages that never leave: kept in the database and shown to staff, for trying things out."""

from __future__ import annotations

from django.conf import settings

from notices.kinds import EMAIL
from notices.models import Addressee, Notice, SandboxMessage


class Sandbox:
    """Keeps what it is given."""

    name = "sandbox"

    def __init__(self, channel: str) -> None:
        self.sender = settings.DEFAULT_FROM_EMAIL if channel == EMAIL else settings.SMS_SENDER or "연습용"

    def send(self, notice: Notice | Addressee) -> str:
        if isinstance(notice, Addressee):
            return f"sandbox-{notice.uid}"  # its words stand once, with the mailing
        kept = SandboxMessage.objects.create(
            notice=notice, sender=self.sender, sealed=notice.sealed if settings.DEMO else None
        )
        return f"sandbox-{kept.pk}"

    def close(self) -> None:
        """Nothing is open."""
