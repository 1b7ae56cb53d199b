"""What people wrote: looked through, answered, published."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from lifecycle.admin import StaffAdmin
from surveys.models import Comment


@admin.register(Comment)
class CommentAdmin(StaffAdmin):
    """The text as it was written opens on its own page alone; the list shows what was looked through."""

    list_display = ["what", "survey", "quarter", "suspicious", "looked", "is_published"]
    list_filter = ["survey", "is_published", ("looked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["survey"]
    ordering = ["looked_at", "-quarter", "pk"]
    fields = ["survey", "question", "quarter", "text", "suspicious", "shown", "done_about_it", "is_published"]
    readonly_fields = ["survey", "question", "quarter", "text", "suspicious"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False

    @admin.display(description="보여 줄 글")
    def what(self, comment: Comment) -> str:
        return str(comment)

    @admin.display(description="살펴봄", boolean=True)
    def looked(self, comment: Comment) -> bool:
        return comment.looked_at is not None

    def save_form(self, request: HttpRequest, form: forms.ModelForm, change: bool) -> Comment:
        comment = super().save_form(request, form, change)
        comment.looked_at, comment.looked_by = timezone.now(), request.user
        return comment
