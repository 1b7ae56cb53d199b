"""Korean phone numbers: typed in many ways, kept as digits."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOBILE = re.compile(r"01[016789]\d{7,8}")


def normalise(typed: str) -> str:
    """``+82 10-0000-1234`` and ``010.0000.1234`` → ``01000001234``; other characters stay for the validator."""
    text = re.sub(r"[\s.\-()‐-―]", "", unicodedata.normalize("NFKC", typed))
    return f"0{text[3:].removeprefix('0')}" if text.startswith("+82") else text


def validate_mobile(digits: str) -> None:
    """Refuse what cannot receive a text message.

    Raises:
        ValidationError: not the digits of a Korean mobile number.
    """
    if not (digits.isascii() and MOBILE.fullmatch(digits)):
        raise ValidationError(_("휴대폰 번호를 010-0000-0000처럼 입력해 주세요."), code="invalid_phone")
