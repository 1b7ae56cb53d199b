"""``python -m questionnaires.inspector TODAY PAGES PIXELS < file``: one line of JSON, then what to keep.

The process may use little memory and time, write no file, and knows no secret: what a hostile file breaks
breaks here. The answer is ``{"refused": code}`` or ``{"kind", "pages", "eyes"}``; ``eyes`` says that a
person has to look, for no text says what is on the page.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import date

from questionnaires.inspector import pictures, portable
from questionnaires.inspector.verdict import Findings, Unfit

MEMORY = 1_200 * 1024 * 1024  # bytes of address space; a picture of 50 megapixels is turned in half of it
CPU_SECONDS = 15
HEIC = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"heif", b"avif"}


def look(data: bytes, today: date, most_pages: int, most_pixels: int) -> Findings:
    """Judge by content alone; what the file is called or claims to be counts for nothing.

    Raises:
        Unfit: it cannot be taken.
    """
    if data.startswith(b"%PDF-"):
        return portable.look(data, today, most_pages)
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return pictures.look(data, most_pixels)
    raise Unfit("heic" if data[4:8] == b"ftyp" and data[8:12] in HEIC else "kind")


def main() -> None:
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    data = sys.stdin.buffer.read()
    try:
        found = look(data, date.fromisoformat(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    except Unfit as unfit:
        answer, kept = {"refused": unfit.code}, b""
    else:
        answer, kept = {"kind": found.kind, "pages": found.pages, "eyes": found.eyes}, found.data
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + kept)


if __name__ == "__main__":
    main()
