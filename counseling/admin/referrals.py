"""Referrals, for the counsellors of their topic and for nobody else, whatever else they may do."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from counseling.missed import AREA
from counseling.models import Counselor
from intake import referring
from intake.models import Referral
from lifecycle import access
from lifecycle.admin import MaskedAdmin
from lifecycle.masking import mask_name


def readable_by(request: HttpRequest) -> models.QuerySet[Referral]:
    """The referrals for topics that the reader counsels on."""
    mine = Counselor.objects.active().filter(user=request.user).values("topics")
    return Referral.objects.filter(area=AREA, subject__in=mine)


@admin.register(Referral)
class ReferralAdmin(MaskedAdmin):
    personal = {"student__name": mask_name}
    subject = "student"
    list_display = ["asked_at", "student__name", "what", "state", "valid_until"]
    list_filter = ["state"]
    fields = readonly_fields = [
        "student", "what", "reason", "teacher", "school", "asked_at", "valid_until", "state",
    ]  # fmt: skip
    change_form_template = "admin/counseling/referral.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Referral]:
        return super().get_queryset(request).filter(pk__in=readable_by(request).values("pk"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Referral | None = None) -> bool:
        """The page is for counsellors; a superuser finds it empty, as every other role would."""
        return request.user.is_superuser or Counselor.objects.active().filter(user=request.user.pk).exists()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Referral | None = None) -> bool:
        return False

    def has_export_permission(self, request: HttpRequest) -> bool:
        return False

    def has_unmask_permission(self, request: HttpRequest) -> bool:
        return False  # one is opened at a time

    def get_urls(self) -> list[URLPattern]:
        done = self.admin_site.admin_view(require_POST(self.done))
        return [path("<int:pk>/done/", done, name="intake_referral_done"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        referral = self.get_object(request, object_id)
        is_open = referral is not None and referral.state == Referral.State.OPEN
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "is_open": is_open})

    def _write(self, request: HttpRequest, act: Any, obj: models.Model) -> None:
        """The reader of the access log shall not learn who was referred: it says that a student was looked at."""

        access.record(request, act, "학생 정보 확인", subject=self.subject_of(obj))

    def done(self, request: HttpRequest, pk: int) -> HttpResponse:
        referral = get_object_or_404(readable_by(request), pk=pk)
        referring.end(referral, Referral.State.DONE, by=request.user)
        messages.success(request, "마친 의뢰로 적었습니다.")
        return redirect("admin:intake_referral_changelist")
