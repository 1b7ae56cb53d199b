"""What families answered: opened per case, and every opening is logged."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from lifecycle.admin import MaskedAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name
from questionnaires import answering
from questionnaires.models import Response


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label="다시 쓰는 까닭",
        max_length=200,
        help_text="가족에게 보내는 문자와 이메일에 그대로 들어갑니다.",
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "까닭을 적어 주세요."},
    )


@admin.register(Response)
class ResponseAdmin(MaskedAdmin):
    personal = {"student__name": mask_name}
    subject = "student"
    list_display = ["student__name", "version__title", "state", "saved_at", "sent_at"]
    list_filter = ["state", "questionnaire"]
    change_form_template = "admin/questionnaires/response/change_form.html"
    fields = ["state", "student", "version", "saved_at", "sent_at"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Response]:
        mine = Response.objects.visible_to(request.user).select_related(
            "student", "questionnaire", "version__questionnaire"
        )
        return mine.order_by(*self.get_ordering(request) or ["-saved_at", "-pk"])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Response | None = None) -> bool:
        return False  # nobody types into a family's answers

    def get_urls(self) -> list[URLPattern]:
        reopen = require_http_methods(["GET", "HEAD", "POST"])(self.reopen)
        name = "questionnaires_response_reopen"
        return [path("<int:pk>/reopen/", self.admin_site.admin_view(reopen), name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = self.get_object(request, object_id)
        may_reopen = request.user.has_perm("questionnaires.change_response")
        more = {
            "said": response.said if response else [],
            "can_reopen": may_reopen and response is not None and response.state == Response.State.SENT,
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def reopen(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the family write again, with a reason that it reads."""
        if not request.user.has_perms(["questionnaires.view_response", "questionnaires.change_response"]):
            raise PermissionDenied
        response = get_object_or_404(self.get_queryset(request), pk=pk)
        form = ReopenForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                answering.reopen(response, by=request.user, reason=form.cleaned_data["reason"])
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, "질문지를 다시 열고 가족에게 알렸습니다.")
            return redirect("admin:questionnaires_response_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "질문지 다시 열기",
            "response": response,
            "form": form,
        }
        return TemplateResponse(request, "admin/questionnaires/reopen.html", context)
