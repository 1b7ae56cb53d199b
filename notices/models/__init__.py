from __future__ import annotations

from notices.models.mailings import Addressee, AddresseeQuerySet, Mailing
from notices.models.outbox import MASK, CodeAllowance, Notice, NoticeQuerySet, Preference, SandboxMessage, Wording
from notices.models.outgoing import Outgoing

__all__ = [
    "MASK",
    "Addressee",
    "AddresseeQuerySet",
    "CodeAllowance",
    "Mailing",
    "Notice",
    "NoticeQuerySet",
    "Outgoing",
    "Preference",
    "SandboxMessage",
    "Wording",
]
