from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from lifecycle.admin import StaffAdmin
from newsletter.models import Post

# What readers may have read and acted on: changing it after publication is said on the page.
FACTS = frozenset({"title", "summary", "body", "source", "source_url", "valid_until"})


@admin.register(Post)
class PostAdmin(StaffAdmin):
    list_display = ["title", "kind", "grades", "published", "pinned", "published_at", "valid_until"]
    list_filter = ["kind", "pinned"]
    search_fields = ["title", "summary"]
    date_hierarchy = "published_at"
    actions = ["publish_now", "take_down"]
    readonly_fields = ["revised_at"]
    formfield_overrides = {
        models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 24})},
        models.URLField: {"assume_scheme": "https"},
    }
    fieldsets = [
        (None, {"fields": ["kind", "title", "summary", "body"]}),
        ("대상과 출처", {"fields": [("first_grade", "last_grade"), "source", "source_url", "valid_until"]}),
        ("게시", {"fields": ["published_at", "pinned", "revised_at"]}),
    ]

    @admin.display(description="학년", ordering="first_grade")
    def grades(self, post: Post) -> str:
        return post.grades_label

    @admin.display(description="공개", boolean=True, ordering="published_at")
    def published(self, post: Post) -> bool:
        return post.published_at is not None and post.published_at <= timezone.now()

    def save_model(self, request: HttpRequest, obj: Post, form: forms.ModelForm, change: bool) -> None:
        if change and self.published(obj) and FACTS & set(form.changed_data):
            obj.revised_at = timezone.now()
        super().save_model(request, obj, form, change)

    @admin.action(description="지금 공개하기", permissions=["change"])
    def publish_now(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        now = timezone.now()
        hidden = queryset.filter(Q(published_at=None) | Q(published_at__gt=now))
        messages.success(request, f"{hidden.update(published_at=now)}건을 공개했습니다.")

    @admin.action(description="공개 멈추기", permissions=["change"])
    def take_down(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        messages.success(request, f"{queryset.update(published_at=None)}건의 공개를 멈췄습니다.")
