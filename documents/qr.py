"""An address as a QR code, drawn as one SVG path so that it stays sharp in print."""

from __future__ import annotations

import qrcode
from django.utils.html import format_html
from django.utils.safestring import SafeString

QUIET_ZONE = 4  # modules of white on each side (ISO/IEC 18004)


def svg(text: str, *, label: str) -> SafeString:
    """Inline SVG with ``label`` for those who hear the page."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="qr" role="img" viewBox="0 0 {0} {0}" width="{0}" height="{0}">'
        '<title>{1}</title><path d="{2}" fill="#000"/></svg>',
        len(rows),
        label,
        path,
    )
