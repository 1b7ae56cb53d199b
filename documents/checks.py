"""``manage.py check`` says beforehand what the first paper would stumble over."""

from __future__ import annotations

import ctypes
from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from documents import kinds, pdf

LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")


@register("documents")
def press(**kwargs: Any) -> list[CheckMessage]:
    """Pango, our fonts and every kind's template are there. Only looked for: WeasyPrint takes a second to load."""
    found: list[CheckMessage] = []
    if any(not _loads(name) for name in LIBRARIES):
        found.append(Warning(pdf.PANGO_MISSING, id="documents.W001"))
    try:
        pdf.fonts_folder()
    except pdf.RenderError as error:
        found.append(Warning(str(error), id="documents.W002"))
    for kind in kinds.everything():
        try:
            get_template(kind.template)
        except TemplateDoesNotExist:
            found.append(Warning(f"{kind.code}: no template {kind.template}", id="documents.W003"))
    return found


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
