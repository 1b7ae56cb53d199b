"""The links of a survey: signed, so that nobody who only reads the database can make one."""

from __future__ import annotations

import uuid

from django.core import signing

from surveys.models import Invitation

SALT = "surveys"


def of(invitation: Invitation) -> str:
    """What leads to this invitation."""
    return _sign(invitation.pk, "ask")


def read(token: str) -> uuid.UUID | None:
    """The key of the invitation that a link is for; ``None`` when nobody signed it."""
    return _read(token, "ask")


def ticket(key: uuid.UUID) -> str:
    """What lets one browser add to the answer it has just given. It is stored nowhere."""
    return _sign(key, "more")


def read_ticket(token: str) -> uuid.UUID | None:
    return _read(token, "more")


def _sign(key: uuid.UUID, what: str) -> str:
    return signing.Signer(salt=f"{SALT}.{what}", sep=".").sign(key.hex)


def _read(token: str, what: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=signing.Signer(salt=f"{SALT}.{what}", sep=".").unsign(token))
    except (signing.BadSignature, ValueError):
        return None
