"""Secret values on their short way from ``post`` to the phone: sealed in the row, wiped once handed over."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Broken(Exception):
    """The seal was made with a key that this site no longer has."""


def _key(secret: str) -> Fernet:
    digest = hmac.new(secret.encode(), b"notices.sealing", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def seal(values: dict[str, str]) -> str:
    """Lock values away under the site's secret key."""
    return _keys().encrypt(json.dumps(values).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """What was sealed.

    Raises:
        Broken: the secret key was changed in between.
    """
    try:
        return json.loads(_keys().decrypt(sealed.encode()))
    except InvalidToken as error:
        raise Broken from error
