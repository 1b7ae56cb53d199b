"""The one place that touches WeasyPrint. Import it through ``documents.pdf`` only: it needs Pango."""

from __future__ import annotations

import gc
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from pydyf import PDF, Array, String
from weasyprint import HTML
from weasyprint import Attachment as Embedded
from weasyprint.document import Document
from weasyprint.pdf.metadata import DocumentMetadata
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from documents import hangul, headers, margins
from documents.pdf import Attachment, RenderError

STATIC = "static:"
TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}

# What makes a PDF/A-3a a PDF/UA-1 as well, with the description of the property that PDF/A asks for.
UNIVERSAL_ACCESS = b"""<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about=""
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>
<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file follows</pdfaProperty:description></rdf:li>
</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


class StaticOnly(URLFetcher):
    """Serves ``static:`` addresses from the static files, and nothing else.

    A paper quotes what families type, so the press must be unable to open a file or an address of
    their choosing. A refusal stops the paper instead of leaving a hole in it.
    """

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        path = finders.find(url.removeprefix(STATIC)) if url.startswith(STATIC) else None
        if not path or Path(path).suffix not in TYPES:
            raise FatalURLFetchingError(url)
        return URLFetcherResponse(url, Path(path).read_bytes(), {"Content-Type": TYPES[Path(path).suffix]})


def to_pdf(
    html: str,
    *,
    title: str,
    author: str,
    dated: datetime,
    attachments: Sequence[Attachment],
    laid_out: Callable[[int], None] | None = None,
) -> bytes:
    """Print one document; ``laid_out`` hears the number of each page, and may stop the press by what it raises."""
    with _no_sweeping(), _pages(laid_out):
        return _printed(html, title=title, author=author, dated=dated, attachments=attachments)


def _printed(html: str, *, title: str, author: str, dated: datetime, attachments: Sequence[Attachment]) -> bytes:
    try:
        source = HTML(string=html, base_url=STATIC, url_fetcher=StaticOnly())
        hangul.keep_words(source.etree_element)
        document = source.render(font_config=_fonts(os.environ["FONTCONFIG_FILE"]), pdf_variant="pdf/a-3a")
        moment = dated.isoformat(timespec="seconds")
        document.metadata = Metadata(
            title=title,
            authors=[author] if author else [],
            created=moment,
            modified=moment,
            lang="ko",
            attachments=[_embedded(one, dated) for one in attachments],
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves its colour profile open
            return document.write_pdf(pdf_variant="pdf/a-3a", finisher=_finish)
    except FatalURLFetchingError as error:
        raise RenderError(f"문서에 넣을 그림이나 서식을 찾을 수 없습니다: {str(error)[:100]}") from error


@lru_cache(maxsize=1)
def _fonts(sheet: str) -> FontConfiguration:
    """One for all papers: Pango never gives back the quarter of a megabyte that each new one takes."""
    return FontConfiguration()


@contextmanager
def _no_sweeping() -> Iterator[None]:
    """Without Python's collector, which walks over every box of a long paper again and again (docs/benchmarks.md)."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()


class _Pages(logging.Handler):
    """WeasyPrint says its progress to a logger, and nowhere else."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        super().__init__(logging.INFO)
        self.tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        if "Page %d" in str(record.msg) and record.args:
            self.tell(int(record.args[-1]))


@contextmanager
def _pages(tell: Callable[[int], None] | None) -> Iterator[None]:
    if tell is None:
        yield
        return
    logger, handler = logging.getLogger("weasyprint.progress"), _Pages(tell)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _finish(document: Document, pdf: PDF) -> None:
    headers.repair(document, pdf)
    margins.repair(pdf)
    if "AF" in pdf.catalog:  # WeasyPrint names every attachment twice
        pdf.catalog["AF"] = Array(dict.fromkeys(pdf.catalog["AF"]))
    files = [one for one in pdf.objects if isinstance(one, dict) and one.get("Type") == "/Filespec"]
    for number, file in enumerate(files, start=1):  # the old name is for readers that know no Hangul
        file["F"] = String(f"data-{number}.{str(file['UF'].string).rpartition('.')[2]}")


class Metadata(DocumentMetadata):
    """WeasyPrint's own, plus the mark of PDF/UA in the same RDF block, for a packet may hold only one."""

    def generate_rdf_metadata(self, variant: str, version: int, conformance: str) -> bytes:
        rdf = super().generate_rdf_metadata(variant, version, conformance)
        return rdf.replace(b"</rdf:RDF>", UNIVERSAL_ACCESS + b"</rdf:RDF>")


def _embedded(one: Attachment, dated: datetime) -> Embedded:
    return Embedded(
        string=one.content,
        name=one.name,
        description=one.description,
        created=dated.astimezone(UTC),  # WeasyPrint writes the figures as they are and calls them UTC
        modified=dated.astimezone(UTC),
        relationship="Data",
    )
