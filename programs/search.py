"""Searching in Korean: parts of words, first consonants (초성), with spaces wherever people put them.

What is looked for in is ``ProgramWords``. Every word of a search has to occur, its letters side by side, spaces and
signs aside. A word with consonants of its own (``ㅈㄹㅎ``, ``진로ㅌ``) stands for every syllable that begins so.
The index narrows by pairs of letters; the words themselves decide.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 50  # letters of a search
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
FIRST_SYLLABLE, LAST_SYLLABLE = ord("가"), ord("힣")
EACH = 588  # syllables with one first consonant
# A keyboard joins two consonants that follow each other.
JOINED = str.maketrans(
    {
        "ㄳ": "ㄱㅅ",
        "ㄵ": "ㄴㅈ",
        "ㄶ": "ㄴㅎ",
        "ㄺ": "ㄹㄱ",
        "ㄻ": "ㄹㅁ",
        "ㄼ": "ㄹㅂ",
        "ㄽ": "ㄹㅅ",
        "ㄾ": "ㄹㅌ",
        "ㄿ": "ㄹㅍ",
        "ㅀ": "ㄹㅎ",
        "ㅄ": "ㅂㅅ",
        **{chr(0x1100 + n): letter for n, letter in enumerate(INITIALS)},  # as a phone writes them alone
    }
)
_SIGNS = re.compile("[^0-9a-z가-힣ㄱ-ㅎㅏ-ㅣ一-鿿]")  # as programs_squash of the database


@dataclass(frozen=True)
class Word:
    """One word of a search, ready for the database."""

    letters: str

    @property
    def by_initials(self) -> bool:
        return any(letter in INITIALS for letter in self.letters)

    @property
    def grams(self) -> list[str]:
        """Pairs of letters that the words must have; of first consonants where any stand alone."""
        text = initials(self.letters) if self.by_initials else self.letters
        return [text[n : n + 2] for n in range(len(text) - 1)] or [text]

    @property
    def pattern(self) -> str:
        """A regular expression of PostgreSQL: each syllable as it is, each consonant alone as all that begin so."""
        return "".join(_beginning_with(letter) if letter in INITIALS else letter for letter in self.letters)


def clean(text: str) -> str:
    """What somebody typed, as it is shown again: composed, without a zero byte's like, not too long."""
    text = "".join(letter for letter in unicodedata.normalize("NFC", text) if unicodedata.category(letter) != "Cc")
    return " ".join(text.split())[:LONGEST]


def words(text: str) -> list[Word]:
    """The words of a search; none when nothing is left of it."""
    found = (_SIGNS.sub("", word.translate(JOINED)) for word in clean(text).lower().split())
    return [Word(letters) for letters in dict.fromkeys(found) if letters]


def initials(text: str) -> str:
    return "".join(
        INITIALS[(ord(letter) - FIRST_SYLLABLE) // EACH] if FIRST_SYLLABLE <= ord(letter) <= LAST_SYLLABLE else letter
        for letter in text
    )


def _beginning_with(consonant: str) -> str:
    first = FIRST_SYLLABLE + INITIALS.index(consonant) * EACH
    return f"[{consonant}{chr(first)}-{chr(first + EACH - 1)}]"
