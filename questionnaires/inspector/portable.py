"""PDF: kept as it came, or refused. Stripping what acts would leave a file that nobody has seen before."""

from __future__ import annotations

import io
import logging
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject, TextStringObject

from questionnaires.inspector import registration
from questionnaires.inspector.verdict import Findings, Unfit

# Actions that run, fetch, send or open something; links to web pages and places in the file are harmless.
ACTS = {
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Rendition", "/Movie", "/Sound", "/GoToE", "/GoToR",
    "/RichMediaExecute",
}  # fmt: skip
CARRIES = {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent", "/AF"}
SPOKEN = {"/Contents", "/V", "/DV", "/RC", "/TU", "/Title", "/Author", "/Subject", "/Keywords", "/ActualText", "/Alt"}
MOST_OBJECTS = 200_000
LEAST_LETTERS = 20  # a page with fewer is a picture of a page, or nothing
SCAN_PIXELS = 500_000  # half of an A4 page at 100 dpi: a picture in which a number could be read
READABLE = 0.8  # less of a page's letters, and its font hides what they are


def look(data: bytes, today: date, most_pages: int) -> Findings:
    """Refuse what acts, carries other files, is locked, broken or too long, or says a registration number.

    Raises:
        Unfit: one of these.
    """
    logging.disable(logging.CRITICAL)
    if data[data.rfind(b"%%EOF") + 5 :].strip(b"\0\r\n\t\f ") or b"%%EOF" not in data:
        raise Unfit("broken")  # something hangs on its end: a file that is two files
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise Unfit("encrypted")
        if not 1 <= len(reader.pages) <= most_pages:
            raise Unfit("pages")
        spoken = list(_walk(reader))
        pages = [page.extract_text() or "" for page in reader.pages]
        large = [_has_large_picture(page.get("/Resources"), set()) for page in reader.pages]
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, OSError, ArithmeticError,
            AssertionError, NotImplementedError, RecursionError, MemoryError) as error:  # fmt: skip
        raise Unfit("broken") from error
    if any(registration.found(text, today) for text in [*pages, *spoken, "\n".join(pages)]):
        raise Unfit("number")
    eyes = any(large) or not all(_can_be_read(text) for text in pages)
    return Findings("pdf", len(pages), eyes=eyes, data=b"")


def _walk(reader: PdfReader) -> Iterator[str]:
    """Every object that a viewer could reach; yields what they say, refuses what they do."""
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [reader.trailer]
    visited = 0
    while waiting:
        visited += 1
        if visited > MOST_OBJECTS:
            raise Unfit("broken")
        node = waiting.pop()
        if isinstance(node, IndirectObject):
            if (node.idnum, node.generation) in seen:
                continue
            seen.add((node.idnum, node.generation))
            node = node.get_object()
        if isinstance(node, DictionaryObject):
            _refuse_what_acts(node)
            for key, value in node.items():
                if key in SPOKEN and isinstance(value, TextStringObject):
                    yield str(value)
                waiting.append(value)
            if isinstance(node, StreamObject) and node.get("/Subtype") != "/Image":
                unpacked = node.get_data()  # one that unpacks to more than pypdf's limit is refused here
                if node.get("/Type") == "/Metadata":
                    yield unpacked.decode("utf-8", "ignore")
        elif isinstance(node, ArrayObject):
            waiting += node


def _refuse_what_acts(node: DictionaryObject) -> None:
    kind = node.get("/S")
    if kind in ACTS or node.get("/Subtype") in {"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D"}:
        raise Unfit("active")
    if not CARRIES.isdisjoint(node):
        raise Unfit("active")


def _has_large_picture(resources: Any, seen: set[int]) -> bool:
    resources = resources.get_object() if resources is not None else None
    if not isinstance(resources, DictionaryObject) or id(resources) in seen:
        return False
    seen.add(id(resources))
    drawn = resources.get("/XObject")
    for value in (drawn.get_object() if drawn is not None else {}).values():
        one = value.get_object()
        if one.get("/Subtype") == "/Image" and int(one.get("/Width", 0)) * int(one.get("/Height", 0)) > SCAN_PIXELS:
            return True
        if one.get("/Subtype") == "/Form" and _has_large_picture(one.get("/Resources"), seen):
            return True
    return False


def _can_be_read(text: str) -> bool:
    """Whether these are letters that mean what they say: enough of them, and not a font's private codes."""
    letters = [letter for letter in text if not letter.isspace()]
    if len(letters) < LEAST_LETTERS:
        return False
    odd = sum(unicodedata.category(letter) in {"Co", "Cn", "Cc", "Cs"} or letter == "\ufffd" for letter in letters)
    return odd <= len(letters) * (1 - READABLE)
