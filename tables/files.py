"""Rows and tables as files that open safely in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tables.values import Kind, Ratio, Table, Value, written

# What makes a spreadsheet take a text for a formula, full-width forms included (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Plain = str | int | float | Decimal


def guarded(cell: Plain) -> Plain:
    """A text that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def rows_as_csv(rows: Iterable[Sequence[Plain]]) -> bytes:
    """CSV with a byte-order mark, which spreadsheets need to read Hangul."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def rows_as_xlsx(rows: Iterable[Sequence[Plain]], *, sheet: str = "명단") -> bytes:
    """One sheet with a bold, frozen head; every text is stored as text, whatever it starts with."""
    book = Workbook()
    page = book.active
    page.title = sheet
    page.freeze_panes = "A2"
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            _put(page, number, column, value, bold=number == 1)
    return _saved(book)


def as_csv(table: Table) -> bytes:
    """Figures as they are printed, without thousands separators; money in the table's unit."""
    head = [table.head, *(" ".join(filter(None, (c.group, c.label))) for c in table.columns)]
    body = [
        [
            row.label,
            *(_machine(cell, column.kind, table) for column, cell in zip(table.columns, row.cells, strict=True)),
        ]
        for row in table.rows
    ]
    return rows_as_csv([head, *body, *([note] for note in table.footnotes)])


def _machine(value: Value, kind: Kind, table: Table) -> Plain:
    if isinstance(value, Ratio):
        return "" if value.percent is None else value.percent
    if isinstance(value, int | Decimal):
        return table.unit.of(value) if kind == Kind.WON else value
    return written(value, kind, table.unit)


def as_json(table: Table) -> bytes:
    """Columns and rows with money in whole won, unrounded; ``null`` is a blank cell, a share is its two numbers."""
    value = {
        "title": table.title,
        "as_of": table.as_of.isoformat() if table.as_of else None,
        "printed_unit": table.unit.label if table.has_money else None,
        "head": table.head,
        "columns": [
            {"label": column.label, "group": column.group or None, "kind": column.kind.value}
            for column in table.columns
        ],
        "rows": [
            {"label": row.label, "total": row.total, "cells": [_plain(cell) for cell in row.cells]}
            for row in table.rows
        ],
        "notes": list(table.footnotes),
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _plain(value: Value) -> object:
    match value:
        case Ratio():
            return {"numerator": value.numerator, "denominator": value.denominator}
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case None | int() | str():
            return value
    return written(value, Kind.TEXT)


def as_xlsx(table: Table) -> bytes:
    """Numbers as numbers (money in won, shown in the table's unit), totals as formulas, percentages as quotients."""
    book = Workbook()
    page = book.active
    page.title = ILLEGAL_CHARACTERS_RE.sub("", table.title)[:31].translate(str.maketrans("", "", "[]:*?/\\"))
    _put(page, 1, 1, table.title, bold=True)
    details = [f"기준일: {written(table.as_of, Kind.TEXT)}"] if table.as_of else []
    details += [f"단위: {table.unit.label}"] if table.has_money else []
    _put(page, 2, 1, ", ".join(details))
    head = 4 if table.groups else 3
    _heads(page, table, head)
    first = head + 1
    for number, row in enumerate(table.rows, start=first):
        _put(page, number, 1, row.label, bold=row.total)
        for place, (column, value) in enumerate(zip(table.columns, row.cells, strict=True), start=2):
            parts = [n for n, part in enumerate(table.rows, start=first) if not part.total]
            adds_up = row.total and column.kind in {Kind.COUNT, Kind.WON} and isinstance(value, int)
            if adds_up and _is_sum(table, place - 2, value):
                letter = get_column_letter(place)
                _formula(page, number, place, "=" + "+".join(f"{letter}{n}" for n in parts), bold=True)
            elif isinstance(value, Ratio) and value.denominator:
                _formula(page, number, place, f"={value.numerator}/{value.denominator}", bold=row.total)
            else:
                _put(page, number, place, value, bold=row.total)
            page.cell(number, place).number_format = _format(column.kind, table)
    for number, note in enumerate(table.footnotes, start=first + len(table.rows) + 1):
        _put(page, number, 1, note)
    page.freeze_panes = page.cell(first, 2)
    page.column_dimensions["A"].width = 24
    return _saved(book)


def _heads(page: Worksheet, table: Table, row: int) -> None:
    _put(page, row, 1, table.head, bold=True)
    place = 2
    for group in table.groups:
        _put(page, row - 1, place, group.label, bold=True)
        if group.width > 1:
            page.merge_cells(start_row=row - 1, end_row=row - 1, start_column=place, end_column=place + group.width - 1)
        page.cell(row - 1, place).alignment = Alignment(horizontal="center")
        place += group.width
    for place, column in enumerate(table.columns, start=2):
        _put(page, row, place, column.label, bold=True)
        page.column_dimensions[get_column_letter(place)].width = 14


def _is_sum(table: Table, place: int, value: int) -> bool:
    parts = [row.cells[place] for row in table.rows if not row.total]
    return all(isinstance(part, int) or part is None for part in parts) and sum(filter(None, parts)) == value


def _format(kind: Kind, table: Table) -> str:
    if kind == Kind.RATIO:
        return "0.0%"
    if kind == Kind.WON:
        return "#,##0" + "," * {1: 0, 1_000: 1, 1_000_000: 2}[table.unit.value]
    return "#,##0"


def _formula(page: Worksheet, row: int, column: int, formula: str, *, bold: bool = False) -> None:
    page.cell(row, column, formula).font = Font(bold=bold)


def _put(page: Worksheet, row: int, column: int, value: Value | Plain, *, bold: bool = False) -> None:
    if value is None:
        return
    plain = value if isinstance(value, str | int | float | Decimal) else written(value, Kind.TEXT)
    if isinstance(plain, str):
        cell = page.cell(row, column, guarded(ILLEGAL_CHARACTERS_RE.sub("", plain)))
        cell.data_type = "s"
    else:
        cell = page.cell(row, column, plain)
    cell.font = Font(bold=bold)


def _saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FILES = {"csv": as_csv, "xlsx": as_xlsx}  # the forms in which every table may be taken along, by the ending of the file


def attachment(content: bytes, name: str, form: str) -> HttpResponse:
    """A download named ``name.form`` (``csv`` or ``xlsx``); Hangul in the name survives every browser."""
    disposition = f"attachment; filename*=UTF-8''{quote(f'{name}.{form}')}"
    return HttpResponse(content, content_type=TYPES[form], headers={"Content-Disposition": disposition})
