"""Right header cells in the tags of tables.

WeasyPrint 70 loses count of columns under a cell that spans rows, so a screen reader would announce the
wrong year above a sum of money. This reads the grid anew from the finished tag tree and writes
``Scope`` and ``Headers`` (row heads first, then column heads from the top down), and the ``IDTree``
without which nobody can find a header by its ID.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pydyf


@dataclass
class Cell:
    """One cell and the part of the grid that it covers."""

    tag: dict[str, Any]
    rows: range
    columns: range
    in_head: bool

    @property
    def is_header(self) -> bool:
        return self.tag["S"] == "/TH"

    @property
    def heads_columns(self) -> bool:
        return self.is_header and self.in_head

    @property
    def heads_rows(self) -> bool:
        return self.is_header and not self.in_head


@dataclass
class Grid:
    """The cells of one table by where they stand."""

    cells: list[Cell] = field(default_factory=list)
    taken: set[tuple[int, int]] = field(default_factory=set)

    def put(self, tag: dict[str, Any], row: int, *, in_head: bool) -> None:
        """Place a cell on the first free column of its row."""
        column = 0
        while (row, column) in self.taken:
            column += 1
        attributes = tag.get("A", {})
        rows = range(row, row + int(attributes.get("RowSpan", 1)))
        columns = range(column, column + int(attributes.get("ColSpan", 1)))
        self.taken.update((r, c) for r in rows for c in columns)
        self.cells.append(Cell(tag, rows, columns, in_head))

    def headers_of(self, cell: Cell) -> list[Cell]:
        """Row heads from the left, then column heads from the top."""
        beside = [head for head in self.cells if head.heads_rows and _meet(head.rows, cell.rows)]
        above = [head for head in self.cells if head.heads_columns and _meet(head.columns, cell.columns)]
        return [
            *sorted(beside, key=lambda head: (head.columns.start, head.rows.start)),
            *sorted(above, key=lambda head: (head.rows.start, head.columns.start)),
        ]


def repair(document: object, pdf: pydyf.PDF) -> None:
    """WeasyPrint's ``finisher``: put every table of ``pdf`` right before it is written."""
    named: list[tuple[str, str]] = []
    for table in [one for one in pdf.objects if isinstance(one, dict) and one.get("S") == "/Table"]:
        grid = _grid(pdf, table)
        for number, cell in enumerate(head for head in grid.cells if head.is_header):
            name = f"h{table.number:06d}-{number:04d}"
            cell.tag["ID"] = pydyf.String(name)
            cell.tag["A"]["Scope"] = "/Column" if cell.heads_columns else "/Row"
            named.append((name, cell.tag.reference))
        for cell in grid.cells:
            if not cell.is_header:
                cell.tag["A"]["Headers"] = pydyf.Array([head.tag["ID"] for head in grid.headers_of(cell)])
    if named:
        root = _at(pdf, pdf.catalog["StructTreeRoot"])
        names = pydyf.Array()
        for name, reference in sorted(named):
            names.extend([pydyf.String(name), reference])
        root["IDTree"] = pydyf.Dictionary({"Names": names})


def _grid(pdf: pydyf.PDF, table: dict[str, Any]) -> Grid:
    grid = Grid()
    for number, (row, in_head) in enumerate(_rows(pdf, table)):
        for cell in _children(pdf, row):
            if cell["S"] in {"/TH", "/TD"}:
                grid.put(cell, number, in_head=in_head)
    return grid


def _rows(pdf: pydyf.PDF, tag: dict[str, Any], *, in_head: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    for child in _children(pdf, tag):
        if child["S"] == "/TR":
            yield child, in_head
        elif child["S"] in {"/THead", "/TBody", "/TFoot"}:
            yield from _rows(pdf, child, in_head=child["S"] == "/THead")


def _children(pdf: pydyf.PDF, tag: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kid in tag["K"]:
        if (
            isinstance(kid, bytes | str)
            and isinstance(child := _at(pdf, kid), dict)
            and child.get("Type") == "/StructElem"
        ):
            yield child


def _at(pdf: pydyf.PDF, reference: bytes | str) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _meet(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop
