"""What stands in page margins as artifact: a screen reader must not read the page number into every sentence.

WeasyPrint 70 marks it like text and leaves it out of the tree of tags, where PDF/UA allows neither
(Kozea/WeasyPrint#1836).
"""

from __future__ import annotations

from typing import Any

import pydyf


def repair(pdf: pydyf.PDF) -> None:
    """Part of WeasyPrint's ``finisher``: every marked text that no tag names becomes an artifact."""
    if "StructTreeRoot" not in pdf.catalog:
        return
    told = _told(pdf, _at(pdf, pdf.catalog["StructTreeRoot"]))
    for page in [one for one in pdf.objects if isinstance(one, dict) and one.get("Type") == "/Page"]:
        parts = _at(pdf, page["Contents"]).stream
        for place in range(2, len(parts)):
            marks = parts[place - 1]
            if parts[place] == b"BDC" and isinstance(marks, dict) and (page.reference, marks.get("MCID")) not in told:
                parts[place - 2 : place] = ["/Artifact", pydyf.Dictionary({"Type": "/Pagination"})]


def _told(pdf: pydyf.PDF, root: dict[str, Any]) -> set[tuple[bytes, int]]:
    """Page and number of every marked text below ``root``."""
    found, waiting = set(), [root]
    while waiting:
        tag = waiting.pop()
        kids = tag.get("K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            if isinstance(kid, int):
                found.add((tag["Pg"], kid))
            elif isinstance(kid, dict) and "MCID" in kid:
                found.add((kid.get("Pg", tag.get("Pg")), kid["MCID"]))
            elif isinstance(kid, bytes | str) and isinstance(child := _at(pdf, kid), dict):
                waiting.append(child)
    return found


def _at(pdf: pydyf.PDF, reference: bytes | str) -> Any:
    return pdf.objects[int(reference.split()[0])]
