"""발표 금액과 계획의 모순: what papers printed, beside what the ledger says."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from budget.models import Conflict, PublishedSource
from budget.published import differences
from budget.sums import Known
from lifecycle.admin import AppendOnlyAdmin, StaffAdmin


@admin.register(PublishedSource)
class PublishedSourceAdmin(AppendOnlyAdmin):
    list_display = ["title", "published_on"]
    fields = ["title", "published_on", "remark"]
    change_form_template = "admin/budget/published.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        paper = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if paper is not None:
            day = timezone.localdate()
            context |= {
                "day": day,
                "differences": differences(paper, Known(day)),
                "conflicts": paper.conflicts.all(),
            }
        return super().change_view(request, object_id, form_url, context)


@admin.register(Conflict)
class ConflictAdmin(StaffAdmin):
    """Settled by a decision that is written here; nothing is mended by it."""

    list_display = ["title", "weight", "here", "there", "settled_on"]
    list_filter = ["weight", "paper"]
    readonly_fields = ["paper", "weight", "title", "here", "there", "remark"]
    fields = ["paper", "weight", "title", "here", "there", "remark", "settled_on", "settlement"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Conflict | None = None) -> bool:
        return False
