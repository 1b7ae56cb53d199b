"""Two versions of a text beside each other, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"\s+|\S+")
SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True)
class Piece:
    kind: str
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A line of the text and what became of it; ``changed`` lines hold pieces of several kinds."""

    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        return any(piece.kind != SAME for piece in self.pieces)


def compare(before: str, after: str) -> list[Paragraph]:
    """The lines of both versions in reading order; a line that was reworded shows the words that went and came."""
    old, new = _lines(before), _lines(after)
    paragraphs: list[Paragraph] = []
    for act, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            paragraphs += [Paragraph((Piece(SAME, line),)) for line in old[a:b]]
            continue
        gone, came = old[a:b], new[c:d]
        for was, became in zip(gone, came, strict=False):
            paragraphs.append(Paragraph(tuple(_words(was, became))))
        paragraphs += [Paragraph((Piece(GONE, line),)) for line in gone[len(came) :]]
        paragraphs += [Paragraph((Piece(NEW, line),)) for line in came[len(gone) :]]
    return paragraphs


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _words(was: str, became: str) -> Iterator[Piece]:
    old, new = WORD.findall(was), WORD.findall(became)
    for act, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            yield Piece(SAME, "".join(old[a:b]))
            continue
        if a < b:
            yield Piece(GONE, "".join(old[a:b]))
        if c < d:
            yield Piece(NEW, "".join(new[c:d]))
