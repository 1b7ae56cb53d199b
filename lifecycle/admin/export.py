"""Lists as files: CSV and XLSX, safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpResponse
from django.utils import timezone

from lifecycle.admin.columns import heading, text
from lifecycle.admin.reasons import ReasonForm
from tables.files import attachment, rows_as_csv, rows_as_xlsx


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


def table_file(
    page: admin.ModelAdmin, objects: Iterable[models.Model], columns: Sequence[Any], form: str
) -> HttpResponse:
    """The rows of a staff list as an attachment in ``form`` (``csv`` or ``xlsx``)."""
    rows = [[heading(page, column) for column in columns]]
    rows += [[text(page, column, obj) for column in columns] for obj in objects]
    content = rows_as_csv(rows) if form == "csv" else rows_as_xlsx(rows)
    return attachment(content, f"{page.opts.verbose_name_plural} {timezone.localdate():%Y%m%d}", form)
