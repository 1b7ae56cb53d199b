"""Forms: named here, built on pages of their own (``builder``)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern

from lifecycle.admin import StaffAdmin
from questionnaires import building
from questionnaires.admin.builder import Builder
from questionnaires.models import Questionnaire


@admin.register(Questionnaire)
class QuestionnaireAdmin(StaffAdmin):
    list_display = ["name", "newest", "draft", "active"]
    list_filter = ["active"]
    search_fields = ["name"]
    fields = ["name", "active"]
    change_form_template = "admin/questionnaires/questionnaire/change_form.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Questionnaire]:
        return super().get_queryset(request).prefetch_related("versions")

    def has_delete_permission(self, request: HttpRequest, obj: Questionnaire | None = None) -> bool:
        return False  # answers name their form; one that is not used any more is switched off

    def get_urls(self) -> list[URLPattern]:
        return [*Builder(self).urls(), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Questionnaire, form: forms.Form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            building.begin(obj)

    def response_add(self, request: HttpRequest, obj: Questionnaire, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:questionnaires_questionnaire_build", obj.pk)

    @admin.display(description="게시한 판")
    def newest(self, form: Questionnaire) -> str:
        numbers = [version.number for version in form.versions.all() if not version.is_draft]
        return f"{max(numbers)}판" if numbers else "–"

    @admin.display(description="작성 중인 판")
    def draft(self, form: Questionnaire) -> str:
        return next((f"{version.number}판" for version in form.versions.all() if version.is_draft), "–")
