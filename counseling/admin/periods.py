"""Filters of lists that are about time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from counseling.models.slots import midnight

ALL = "all"


class WhenFilter(admin.SimpleListFilter):
    """The rows whose ``period`` starts in a stretch of days around today."""

    title = "때"
    parameter_name = "when"
    default: str | None = None

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("today", "오늘"),
            ("week", "이번 주"),
            ("next", "다음 주"),
            ("ahead", "앞으로 모두"),
            ("past", "지난 것"),
        ]

    def value(self) -> str | None:
        return super().value() or self.default

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """Where a stretch is chosen by default, the first choice must say "all" by itself."""
        everything, *stretches = super().choices(changelist)
        query = {self.parameter_name: ALL} if self.default else {}
        remove = [] if query else [self.parameter_name]
        selected = self.value() in {None, ALL}
        yield {**everything, "selected": selected, "query_string": changelist.get_query_string(query, remove)}
        yield from stretches

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        today = timezone.localdate()
        monday = today - timedelta(days=today.weekday())
        stretches: dict[Any, tuple[date | None, date | None]] = {
            "today": (today, today + timedelta(days=1)),
            "week": (monday, monday + timedelta(days=7)),
            "next": (monday + timedelta(days=7), monday + timedelta(days=14)),
            "ahead": (today, None),
            "past": (None, today),
        }
        first, last = stretches.get(self.value(), (None, None))
        if first:
            queryset = queryset.filter(period__startswith__gte=midnight(first))
        return queryset.filter(period__startswith__lt=midnight(last)) if last else queryset


class AheadFirst(WhenFilter):
    """Shows what is to come unless asked otherwise."""

    default = "ahead"
