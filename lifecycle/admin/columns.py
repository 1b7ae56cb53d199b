"""Columns of staff lists: reached by a lookup, called in Korean, masked by the one rule where they name a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.utils import timezone
from django.utils.html import strip_tags

Rule = Callable[[str], str]


class Column:
    """One column read through ``path`` (``student__name``) and shown through ``rule``, if there is one."""

    def __init__(self, model: type[models.Model], path: str, rule: Rule | None = None) -> None:
        fields = get_fields_from_path(model, path)
        self.path, self.rule, self.field = path, rule, fields[-1]
        self.short_description = fields[-1].verbose_name
        self.admin_order_field = path
        self.__name__ = path
        through = fields if fields[-1].is_relation else fields[:-1]
        self.select_related = LOOKUP_SEP.join(path.split(LOOKUP_SEP)[: len(through)])

    def __call__(self, obj: models.Model) -> Any:
        value: Any = obj
        *through, last = self.path.split(LOOKUP_SEP)
        for step in through:
            try:
                value = getattr(value, step)
            except ObjectDoesNotExist:  # a one-to-one that is not there
                return None
            if value is None:
                return None
        shown = getattr(value, f"get_{last}_display", None)
        value = shown() if shown else getattr(value, last)
        return value if value is None or self.rule is None else self.rule(str(value))

    def bare(self) -> Column:
        """The same column without its mask."""
        column = object.__new__(Column)
        column.__dict__ = {**self.__dict__, "rule": None}
        return column


def heading(page: admin.ModelAdmin, column: Any) -> str:
    """What the list calls ``column``."""
    return str(label_for_field(column, page.model, page))


def text(page: admin.ModelAdmin, column: Any, obj: models.Model) -> str | int | float:
    """One cell as it stands in a file: what the list shows, without markup."""
    try:
        field, _attr, value = lookup_field(column, obj, page)
    except ObjectDoesNotExist:
        return ""
    if field is not None and field.flatchoices:
        value = dict(field.flatchoices).get(value, value)
    elif field is not None and field.is_relation:
        value = getattr(obj, field.name)
    if isinstance(value, bool):
        return "예" if value else "아니요"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, int | float):
        return value
    return strip_tags("" if value is None else str(value))
