from __future__ import annotations

from django.contrib import admin
from django.contrib.contenttypes.admin import GenericTabularInline
from django.db import models
from django.http import HttpRequest

from lifecycle.masking import mask_name
from lifecycle.models import Transition


class TrailInline(GenericTabularInline):
    """처리 이력: every step of the record above, in Korean, for whoever may see the record."""

    model = Transition
    ct_field = "subject_type"
    ct_fk_field = "subject_id"
    verbose_name = verbose_name_plural = "처리 이력"
    fields = readonly_fields = ["at", "step", "who", "reason"]
    template = "admin/lifecycle/trail.html"
    extra = max_num = 0
    can_delete = False
    ordering = ["at", "pk"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Transition]:
        return super().get_queryset(request).select_related("by")

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return True  # who may open the record may read its trail

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    @admin.display(description="단계")
    def step(self, transition: Transition) -> str:
        return transition.step_label

    @admin.display(description="처리한 사람")
    def who(self, transition: Transition) -> str:
        """Staff by name; a family's own act by a masked one."""
        if transition.by is None:
            return "시스템"
        return str(transition.by) if transition.by.is_staff else mask_name(str(transition.by))
