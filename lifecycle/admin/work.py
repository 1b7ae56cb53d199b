"""오래 걸리는 작업: the list, and a page per work with a progress bar that looks again by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from lifecycle import work as cases
from lifecycle.admin.base import AppendOnlyAdmin
from lifecycle.locks import Refused
from lifecycle.models import Work

SECONDS_TO_LOOK_AGAIN = 3


@admin.register(Work)
class WorkAdmin(AppendOnlyAdmin):
    """Staff see their own work and that of the kinds they answer for (``Work.objects.visible_to``)."""

    list_display = ["title", "state", "progress", "trouble", "started_at", "started_by", "ended_at"]
    list_filter = ["state"]
    search_fields = ["title"]
    date_hierarchy = "started_at"
    actions = None

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        self.actions = []
        super().__init__(model, admin_site)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.has_module_permission(request)  # which rows, ``get_queryset`` says

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Work]:
        return super().get_queryset(request).visible_to(request.user).defer("items")

    @admin.display(description="진행", ordering="position")
    def progress(self, work: Work) -> str:
        return work.progress_label

    @admin.display(description="못 한 것")
    def trouble(self, work: Work) -> str:
        return f"{len(work.failed):,}건" if work.failed else "–"

    # --- One work ----------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        open_to = self.admin_site.admin_view
        return [
            path("<int:pk>/live/", open_to(require_safe(self.live)), name="lifecycle_work_live"),
            path("<int:pk>/cancel/", open_to(require_POST(self.stop)), name="lifecycle_work_cancel"),
            *super().get_urls(),
        ]

    def _seen(self, request: HttpRequest, pk: Any) -> Work:
        work = self.get_object(request, str(pk))
        if work is None:
            raise Http404
        return work

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        work = self._seen(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": work.title,
            "work": work,
            "trail": work.trail(),
            "look_again": SECONDS_TO_LOOK_AGAIN,
        }
        return TemplateResponse(request, "admin/lifecycle/work.html", context)

    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that moves, for the page's own script."""
        work = self._seen(request, pk)
        answer = HttpResponse(render_to_string("admin/lifecycle/_work.html", {"work": work}, request))
        answer.headers["X-Running"] = "1" if work.is_running else "0"
        return answer

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            cases.cancel(self._seen(request, pk), by=request.user)
            self.message_user(request, "작업을 그만두었습니다. 그때까지 한 것은 남아 있습니다.", messages.SUCCESS)
        except Refused as refused:
            self.message_user(request, str(refused), messages.WARNING)
        return redirect("admin:lifecycle_work_change", pk)
