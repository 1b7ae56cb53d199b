"""Lists as files: CSV and XLSX, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from lifecycle.admin.columns import heading, text
from lifecycle.admin.reasons import ReasonForm

# What makes a spreadsheet take a text for a formula, full-width forms included (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Cell = str | int | float


class ExportForm(ReasonForm):
    """Why, which columns, in which form; masked unless one may and asks otherwise."""

    columns = forms.MultipleChoiceField(
        label="항목",
        help_text="필요한 항목만 고르세요.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "항목을 하나 이상 골라 주세요."},
    )
    form = forms.ChoiceField(label="파일 형식", choices=[("xlsx", "엑셀(XLSX)"), ("csv", "CSV")], initial="xlsx")
    unmask = forms.BooleanField(label="이름과 연락처를 가리지 않고 내려받기", required=False)

    def __init__(self, *args: Any, columns: Sequence[tuple[str, str]], may_unmask: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = columns
        self.fields["columns"].initial = [value for value, _label in columns]
        self.order_fields(["columns", "form", "unmask", "reason"])
        if not may_unmask:
            self.fields["unmask"].disabled = True
            self.fields["unmask"].widget = forms.HiddenInput()


def guarded(cell: Cell) -> Cell:
    """A text that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """CSV with a byte-order mark, which spreadsheets need to read Hangul."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet; every text is stored as text, whatever it starts with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("명단")
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows):
        cells = []
        for value in row:
            clean = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
            cell = WriteOnlyCell(sheet, value=guarded(clean))
            if isinstance(clean, str):
                cell.data_type = "s"
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table_file(
    page: admin.ModelAdmin, objects: Iterable[models.Model], columns: Sequence[Any], form: str
) -> HttpResponse:
    """The rows of a staff list as an attachment in ``form`` (``csv`` or ``xlsx``)."""
    rows = [[heading(page, column) for column in columns]]
    rows += [[text(page, column, obj) for column in columns] for obj in objects]
    content = as_csv(rows) if form == "csv" else as_xlsx(rows)
    name = f"{page.opts.verbose_name_plural} {timezone.localdate():%Y%m%d}.{form}"
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return HttpResponse(content, content_type=TYPES[form], headers={"Content-Disposition": disposition})
