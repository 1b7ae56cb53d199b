"""Schools, partners, and who works for which."""

from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from accounts import affiliations
from accounts.models import Affiliation, Partner, School
from lifecycle.admin import MaskedAdmin, StaffAdmin
from lifecycle.masking import mask_name


@admin.register(School)
class SchoolAdmin(StaffAdmin):
    """Mostly loaded from NEIS (``manage.py load_schools``); a closed school stays for those who went there."""

    list_display = ["name", "kind", "high_kind", "address", "is_local", "neis_code", "valid_until"]
    list_filter = ["kind", "is_local", ("valid_until", admin.EmptyFieldListFilter)]
    search_fields = ["name", "neis_code"]
    search_help_text = "학교 이름이나 학교 코드로 찾습니다."
    ordering = ["-is_local", "name"]

    def has_delete_permission(self, request: HttpRequest, obj: School | None = None) -> bool:
        return False


@admin.register(Partner)
class PartnerAdmin(StaffAdmin):
    list_display = ["name", "kind", "fields"]
    list_filter = ["kind"]
    search_fields = ["name", "fields"]
    search_help_text = "기관 이름이나 학과·직무로 찾습니다."
    fields = ["name", "kind", "fields", "about", "address", "website"]


@admin.register(Affiliation)
class AffiliationAdmin(MaskedAdmin):
    """Asked for by the person; staff say that it is so, after a call to the school or the partner."""

    personal = {"user__name": mask_name}
    subject = "user"
    list_display = ["user__name", "role", "school__name", "partner__name", "asked_at", "confirmed_at", "ended_at"]
    list_filter = ["role", ("confirmed_at", admin.EmptyFieldListFilter), ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["user__name", "school__name", "partner__name"]
    search_help_text = "사람, 학교, 기관의 이름으로 찾습니다."
    ordering = ["-pk"]
    fields = readonly_fields = [
        "user", "role", "school", "partner", "asked_at", "confirmed_at", "confirmed_by", "ended_at",
    ]  # fmt: skip
    actions = ["confirm", "end"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="소속 확인", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: models.QuerySet[Affiliation]) -> None:
        rows = queryset.select_related("user", "school", "partner")
        done = sum(affiliations.confirm(row, by=request.user) for row in rows)
        self.message_user(request, f"{done}건을 확인했습니다. 당사자에게 알렸습니다.")

    @admin.action(description="소속 끝내기", permissions=["change"])
    def end(self, request: HttpRequest, queryset: models.QuerySet[Affiliation]) -> None:
        done = sum(affiliations.end(row) for row in queryset)
        self.message_user(request, f"{done}건을 끝냈습니다.")
