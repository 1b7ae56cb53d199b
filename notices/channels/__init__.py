"""How messages leave: one class per way, each with ``send(notice)`` and ``close()``."""

from __future__ import annotations

from typing import Protocol

from django.conf import settings

from notices.channels.sandbox import Sandbox
from notices.channels.sens import Sens
from notices.channels.smtp import Smtp
from notices.channels.solapi import Solapi
from notices.kinds import EMAIL
from notices.models import Addressee, Notice


class Way(Protocol):
    """One way out. ``name`` goes on record with every message that took it."""

    name: str

    def send(self, notice: Notice | Addressee) -> str:
        """Hand over one message and return the far side's receipt number.

        Raises:
            outcomes.Failed: one of its four kinds.
        """

    def close(self) -> None:
        """Let go of connections."""


def way_for(channel: str) -> Way:
    """The way that the settings choose for ``channel``; without any, nothing leaves the house."""
    if channel == EMAIL:
        return Smtp() if settings.EMAIL_URL else Sandbox(channel)
    match settings.SMS_PROVIDER:
        case "sens":
            return Sens()
        case "solapi":
            return Solapi()
    return Sandbox(channel)
