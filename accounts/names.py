"""What may stand in a person's name: letters of any script, and the few marks that names carry."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MARKS = frozenset(" .-'’·")
FULL_STOP = re.compile(r"\.(?=[^\W\d_]{2})")


def normalise(typed: str) -> str:
    """NFC (a Mac sends Hangul in pieces), one space between words, none at the ends.

    A space also after a full stop, as in ``St. John``: a name goes into messages to other people, and
    a phone makes a link of ``example.com``.
    """
    return re.sub(r"\s+", " ", FULL_STOP.sub(". ", unicodedata.normalize("NFC", typed))).strip()


def validate(name: str) -> None:
    """Refuse emoji, digits, markup and lone marks.

    Raises:
        ValidationError: not a name.
    """
    letters = [char for char in name if unicodedata.category(char)[0] in "LM"]
    if not letters or any(char not in MARKS and unicodedata.category(char)[0] not in "LM" for char in name):
        raise ValidationError(
            _("이름은 한글이나 영문 글자로 입력해 주세요. 숫자와 그림 문자는 쓸 수 없습니다."), code="invalid_name"
        )
