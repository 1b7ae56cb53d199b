"""Finds resident registration numbers (주민등록번호, 외국인등록번호) in text.

Six digits of a date, then seven of which the first names century and sex. Numbers given out since October
2020 have random last digits, so the checksum proves nothing any more and is not asked; the date and the
century digit are (주민등록법 시행규칙 제2조).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

CENTURY = {"1": 1900, "2": 1900, "5": 1900, "6": 1900, "3": 2000, "4": 2000, "7": 2000, "8": 2000}
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d\u3161\u1173]")  # the Korean vowel ㅡ included
UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")

# Together or apart by a hyphen and blanks, a line's end included; never a piece of a longer run of digits.
TOGETHER = re.compile(r"(?<![\d])(\d{6})\s{0,3}-?\s{0,3}(\d)(\d{6})(?!\d)")
# One digit to a box, as forms print them: only with the hyphen, for a row of single grades looks the same without.
BOXES = re.compile(r"(?<!\d)(\d(?:\s\d){5})\s{0,3}-\s{0,3}(\d)((?:\s\d){6})(?!\d)")


def found(text: str, today: date) -> bool:
    """Whether ``text`` holds a number that somebody born by ``today`` could bear."""
    return any(True for _ in _numbers(text, today))


def _numbers(text: str, today: date) -> Iterator[str]:
    text = UNSEEN.sub("", DASHES.sub("-", unicodedata.normalize("NFKC", text)))
    for pattern in (TOGETHER, BOXES):
        position = 0
        while match := pattern.search(text, position):
            birth = re.sub(r"\D", "", match[1])
            if _is_birthday(birth, match[2], today):
                yield birth
            position = match.start() + 1


def _is_birthday(digits: str, century: str, today: date) -> bool:
    if century not in CENTURY:
        return False
    try:
        return date(CENTURY[century] + int(digits[:2]), int(digits[2:4]), int(digits[4:])) <= today
    except ValueError:
        return False
