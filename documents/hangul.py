"""Korean lines that break between words.

Pango breaks between any two syllables (``진로진학지|원``) and WeasyPrint knows no ``word-break: keep-all``.
A WORD JOINER between the letters of a word has the same effect; it has no width, no glyph and does not
come along when text is copied out of the PDF.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

JOINER = "\u2060"
KOREAN = "가-힣ㄱ-ㆎ一-鿿"
# Between two characters of a word where either is Korean, and before a middle dot.
INSIDE = re.compile(rf"(?<=[{KOREAN}])(?=[\w·])|(?<=\w)(?=[{KOREAN}])")
SILENT = {"style", "title", "script"}


def joined(text: str) -> str:
    """``진로 상담`` with its words made unbreakable."""
    return INSIDE.sub(JOINER, text)


def keep_words(root: Element) -> None:
    """Make every word of a parsed page unbreakable, in place."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if element.text and element.tag.rpartition("}")[2] not in SILENT:
            element.text = joined(element.text)
        if element.tail:
            element.tail = joined(element.tail)
