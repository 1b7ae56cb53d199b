"""Turn a template into a PDF that is tagged (PDF/UA-1) and archival (PDF/A-3a) at once.

The same input gives the same bytes: nothing in here asks for the time or for chance. WeasyPrint is
imported when the first paper is made, in ``documents.press`` alone, for it needs Pango, which a
machine may lack, and a second that no start-up has to spare.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from lifecycle.locks import Refused

FONTS = "fonts/print"  # static TrueType: WOFF2 costs ten seconds a paper, OTF is blank in some viewers
PANGO_MISSING = (
    "PDF를 만드는 데 필요한 Pango가 서버에 없습니다. "
    "libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0 패키지를 설치해 주세요."
)
NO_GLYPH = re.compile(r"\.notdef glyph rendered .*\((U\+[0-9A-F]+)\)")

_at_the_press = threading.Lock()  # Pango and fontconfig do not bear two threads at once


class RenderError(Refused):
    """The paper would lack something, a letter or a picture; so there is none."""


@dataclass(frozen=True)
class Attachment:
    """A file that travels inside the paper: the figures it shows, to be computed with."""

    name: str
    content: bytes
    description: str


def render(
    template: str,
    context: dict[str, Any],
    *,
    title: str,
    dated: datetime,
    author: str = "",
    attachments: Sequence[Attachment] = (),
    laid_out: Callable[[int], None] | None = None,
) -> bytes:
    """Print ``template``; ``dated`` is the moment that the file names as its own; ``laid_out`` hears of each page.

    Raises:
        RenderError: a letter has no glyph, a picture or sheet is missing, or the machine lacks Pango.
    """
    html = render_to_string(template, context)
    with _at_the_press, _our_fonts(), _complaints() as complaints:
        content = _press().to_pdf(
            html, title=title, author=author, dated=dated, attachments=attachments, laid_out=laid_out
        )
    if complaints:
        raise RenderError(_sentence(complaints))
    return content


def _press() -> ModuleType:
    try:
        from documents import press  # noqa: PLC0415  (needs Pango)
    except OSError as error:
        raise RenderError(PANGO_MISSING) from error
    return press


# --- Fonts -----------------------------------------------------------------------------------


def fonts_folder() -> Path:
    """Where the fonts of papers lie.

    Raises:
        RenderError: they are not there. Without any font Pango kills the whole process.
    """
    folder = finders.find(FONTS)
    if not folder or not any(Path(folder).glob("*.ttf")):
        raise RenderError("문서 글꼴(Pretendard GOV)을 찾을 수 없어 PDF를 만들 수 없습니다.")
    return Path(folder)


@contextmanager
def _our_fonts() -> Iterator[None]:
    """Show fontconfig our fonts and no other, so that every machine prints the same paper."""
    folder = fonts_folder()
    place = settings.PORTAL_DATA / "run" / "fonts"
    place.mkdir(parents=True, exist_ok=True)
    written = (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        f"<dir>{escape(str(folder))}</dir><cachedir>{escape(str(place / 'cache'))}</cachedir></fontconfig>\n"
    )
    sheet = place / "fonts.conf"
    if not sheet.exists() or sheet.read_text(encoding="utf-8") != written:
        draft = place / f"fonts.conf.{os.getpid()}"
        draft.write_text(written, encoding="utf-8")
        draft.replace(sheet)
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(sheet)
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


# --- What the press complains of ---------------------------------------------------------------


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What WeasyPrint would only log. It goes to no log: it may quote a family's words."""
    logger, listener = logging.getLogger("weasyprint"), _Listener()
    handlers, propagate = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [listener], False
    try:
        yield listener.heard
    finally:
        logger.handlers, logger.propagate = handlers, propagate


def _sentence(complaints: list[str]) -> str:
    missing = dict.fromkeys(found[1] for complaint in complaints if (found := NO_GLYPH.match(complaint)))
    if missing:
        letters = ", ".join(f"{chr(int(code[2:], 16))}({code})" for code in missing)
        return f"문서 글꼴에 없는 글자가 있어 PDF를 만들 수 없습니다: {letters}"
    return f"문서 서식에 빠지거나 틀린 것이 있어 PDF를 만들 수 없습니다: {complaints[0]}"
