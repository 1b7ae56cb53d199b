"""Make the file of a paper that has its number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from centre.models import Centre
from documents import kinds, qr
from documents.figures import loads, tables_in
from documents.models import IssuedDocument, Print
from documents.pdf import Attachment, render
from tables.files import as_csv, as_json
from tables.values import Table


@dataclass(frozen=True)
class Letterhead:
    """What a print template knows of its paper beside the figures."""

    paper: IssuedDocument
    issuer: str

    @property
    def verify_page(self) -> str:
        return settings.SITE_URL + reverse("documents:verify")

    @property
    def qr(self) -> SafeString:
        return qr.svg(self.paper.verify_url, label=f"문서 확인 주소: {self.paper.verify_url}")


def finish(paper: IssuedDocument, *, laid_out: Callable[[int], None] | None = None) -> IssuedDocument:
    """Print the paper unless that is done already; two who do it at once keep one file.

    Raises:
        RenderError: the paper would lack something.
    """
    if Print.objects.filter(paper=paper).exists():
        return IssuedDocument.objects.with_rest().get(pk=paper.pk)
    row = Print.of(paper, pdf_of(paper, laid_out=laid_out), sealed=kinds.get(paper.kind).sealed)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # somebody else was faster
        row.stored.delete(save=False)
    return IssuedDocument.objects.with_rest().get(pk=paper.pk)


def pdf_of(paper: IssuedDocument, *, laid_out: Callable[[int], None] | None = None) -> bytes:
    """The paper as bytes, from its stored figures alone."""
    centre = Centre.objects.current()
    figures, kind = loads(paper.contents), kinds.get(paper.kind)
    head = Letterhead(paper, centre.name if centre else settings.SITE_NAME)
    return render(
        kind.template,
        {**figures, "paper": paper, "head": head},
        title=f"{paper.title} ({paper.number})",
        author=head.issuer,
        dated=_day_of(figures) if kind.official else paper.issued_at,
        attachments=_data(list(tables_in(figures))),
        laid_out=laid_out,
    )


def _day_of(figures: dict[str, Any]) -> datetime:
    """The moment that an official paper names as its own: its day, whenever it is printed."""
    return timezone.make_aware(datetime.combine(figures["as_of"], time()))


def _data(tables: Sequence[Table]) -> list[Attachment]:
    """What is printed, to be computed with."""
    return [
        Attachment(f"{table.slug}.{form}", written(table), f"{table.title} ({form.upper()})")
        for table in tables
        for form, written in (("csv", as_csv), ("json", as_json))
    ]


def unnumbered(tables: Sequence[Table], *, title: str, dated: datetime) -> bytes:
    """Tables as a PDF that is in no register, for the shell; the same tables give the same bytes.

    Raises:
        RenderError: the paper would lack something.
    """
    centre = Centre.objects.current()
    issuer = centre.name if centre else settings.SITE_NAME
    return render(
        "documents/unnumbered.html",
        {"title": title, "tables": tables, "issuer": issuer},
        title=title,
        author=issuer,
        dated=dated,
        attachments=_data(tables),
    )
