"""The file of a paper as an answer to a browser."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse

from documents.models import IssuedDocument


def pdf(paper: IssuedDocument, content: bytes) -> HttpResponse:
    """Shown in the browser, called by the paper's number when it is saved."""
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(f'{paper.number}.pdf')}"
    return response
