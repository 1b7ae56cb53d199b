"""How messages leave: one class per way, each with ``send(notice)`` and ``close()``."""

from __future__ import annotations

from typing import Protocol

from notices.channels.sandbox import Sandbox
from notices.models import Notice


class Way(Protocol):
    """One way out. ``name`` goes on record with every message that took it."""

    name: str

    def send(self, notice: Notice) -> str:
        """Hand over one message and return the far side's receipt number.

        Raises:
            outcomes.Failed: one of its four kinds.
        """

    def close(self) -> None:
        """Let go of connections."""


def way_for(channel: str) -> Way:
    """The way that the settings choose for ``channel``."""
    return Sandbox(channel)
