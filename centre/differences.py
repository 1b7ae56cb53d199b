"""Two versions of a text beside each other: what went and what came, word by word, under its heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, GONE, NEW = "same", "gone", "new"

_WORD = re.compile(r"\s+|\S+")
_RULE_OF_TABLE = re.compile(r"^\|?[\s:|-]*---[\s:|-]*$")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"^#{1,6}\s+|^>\s+|\*\*|__|`")


@dataclass(frozen=True)
class Line:
    text: str
    is_heading: bool


@dataclass(frozen=True)
class Piece:
    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """One line that changed; ``heading`` is the one it stands under, empty above the first."""

    heading: str
    pieces: tuple[Piece, ...]


def compare(before: str, after: str) -> list[Change]:
    """The changed lines in reading order. Marks of Markdown are no words: a line that only became bold is the same."""
    old, new = _lines(before), _lines(after)
    changes: list[Change] = []
    heading = ""
    for act, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = old[a:b], new[c:d]
        for number in range(max(len(gone), len(came))):
            was = gone[number] if number < len(gone) else None
            became = came[number] if number < len(came) else None
            line = became or was
            if line is not None and line.is_heading:
                heading = line.text
            if act != "equal":
                changes.append(Change(heading, tuple(_pieces(was, became))))
    return changes


def _lines(text: str) -> list[Line]:
    kept = (line.strip() for line in text.splitlines())
    return [Line(_plain(line), line.startswith("#")) for line in kept if line and not _RULE_OF_TABLE.match(line)]


def _plain(line: str) -> str:
    """``| **전화** | 118 |`` → ``전화 / 118``."""
    line = _MARKS.sub("", _LINK.sub(r"\1", line))
    if line.startswith("|"):
        return " / ".join(cell.strip() for cell in line.strip("|").split("|"))
    return line


def _pieces(was: Line | None, became: Line | None) -> Iterator[Piece]:
    old = _WORD.findall(was.text) if was else []
    new = _WORD.findall(became.text) if became else []
    for act, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            yield Piece(SAME, "".join(old[a:b]))
            continue
        if a < b:
            yield Piece(GONE, "".join(old[a:b]))
        if c < d:
            yield Piece(NEW, "".join(new[c:d]))
