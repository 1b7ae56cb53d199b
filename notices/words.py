"""The truth about Korean text messages: what a phone company's cp949 can carry, and in how many bytes."""

from __future__ import annotations

import re
import unicodedata

SMS_BYTES, LMS_BYTES, SUBJECT_BYTES = 90, 2_000, 40

PLACEHOLDER = re.compile(r"#\{([^{}]+)\}")

# What cp949 lacks and people type or paste all the same, with what a reader takes for the same thing.
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("•▪․‧∙⋅", "·"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f", " "),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f", None),
        "〜": "~",
        "₩": "원",
        "\t": " ",
        "\u2028": "\n",
        "\u2029": "\n",
    }
)
_WON_SIGN = re.compile(r"₩\s*(\d[\d,]*)")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def normalise(text: str) -> str:
    """Write ``text`` with characters that phones know, where one says the same: ``₩5,000 — 끝`` → ``5,000원 - 끝``."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    text = _WON_SIGN.sub(r"\1원", text).translate(_ALIKE)
    return _CONTROLS.sub("", text)


def unsendable(text: str) -> list[str]:
    """The characters of normalised ``text`` that no text message can carry, each once."""
    return list(dict.fromkeys(c for c in text if not _fits_cp949(c)))


def sendable(text: str) -> str:
    """``normalise``, then give up what is left: an accent is dropped (é → e), an emoji vanishes.

    For values that come from the data (a name, a title): a booking must not fail for a smiley.
    Wording that staff type is refused instead, where they can still change it.
    """
    text = normalise(text)
    return text if _fits_cp949(text) else "".join(c if _fits_cp949(c) else _bare(c) for c in text)


def size(text: str) -> int:
    """Bytes on the wire. cp949, not euc-kr: Python's euc-kr makes eight bytes of 펲, phones make two."""
    return len(text.encode("cp949"))


def cut(text: str, limit: int) -> str:
    """As much of sendable ``text`` as fits in ``limit`` bytes, ending in ``…`` when something was left out."""
    if size(text) <= limit:
        return text
    room = limit - size("…")
    return text.encode("cp949")[:room].decode("cp949", errors="ignore").rstrip() + "…"


def placeholders(text: str) -> list[str]:
    """Names of the ``#{변수}`` in ``text``, in order, each once."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def fill(text: str, values: dict[str, str]) -> str:
    """Put values in the place of ``#{변수}``; a variable without a value stays as it is."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def _fits_cp949(text: str) -> bool:
    try:
        text.encode("cp949")
    except UnicodeEncodeError:
        return False
    return True


def _bare(character: str) -> str:
    return "".join(
        c for c in unicodedata.normalize("NFKD", character) if _fits_cp949(c) and not unicodedata.combining(c)
    )
