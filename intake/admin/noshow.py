"""No-shows and what families say about them: read here, decided by the use cases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from intake import noshow
from intake.models import Appeal, Strike
from lifecycle.admin import MaskedAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name


class WordsForm(forms.Form):
    """What the family will read."""

    words = forms.CharField(
        label="가족에게 보낼 말",
        min_length=5,
        max_length=300,
        help_text="가족이 그대로 읽습니다.",
        widget=forms.Textarea({"rows": 3, "class": "vLargeTextField"}),
        error_messages={"required": "가족에게 보낼 말을 적어 주세요.", "min_length": "5자 이상 적어 주세요."},
    )


class _Decided(MaskedAdmin):
    """Rows that nobody types: they are read, and decided with words to the family."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Strike)
class StrikeAdmin(_Decided):
    personal = {"student__name": mask_name}
    subject = "student"
    list_display = ["missed_at", "student__name", "what", "state", "recorded_at", "appeal_until"]
    list_filter = ["state", "missed_at"]
    search_fields = ["student__name"]
    search_help_text = "학생 이름으로 찾습니다."
    fields = readonly_fields = ["student", "what", "missed_at", "recorded_at", "appeal_until", "state"]
    change_form_template = "admin/intake/decide.html"

    def get_urls(self) -> list[URLPattern]:
        forgive = self.admin_site.admin_view(require_POST(self.forgive))
        return [path("<int:pk>/forgive/", forgive, name="intake_strike_forgive"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        strike = self.get_object(request, object_id)
        may = strike is not None and strike.state == Strike.State.STANDING
        context = {
            "decide": "admin:intake_strike_forgive" if may and request.user.has_perm("intake.forgive_strike") else "",
            "words": WordsForm()["words"],
            "choices": [("forgive", "세지 않기")],
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def forgive(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("intake.forgive_strike"):
            raise PermissionDenied
        strike = get_object_or_404(Strike, pk=pk)
        if words := _words(request):
            try:
                noshow.forgive(strike, by=request.user, reason=words)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, "세지 않기로 하고 가족에게 알렸습니다.")
        return redirect("admin:intake_strike_change", pk)


@admin.register(Appeal)
class AppealAdmin(_Decided):
    personal = {"strike__student__name": mask_name}
    subject = "strike__student"
    list_display = ["asked_at", "strike__student__name", "strike__what", "state", "answered_at"]
    list_filter = ["state"]
    fields = readonly_fields = ["student", "strike", "text", "asked_at", "state", "answer", "answered_at"]
    change_form_template = "admin/intake/decide.html"

    @admin.display(description="학생")
    def student(self, appeal: Appeal) -> str:
        return appeal.strike.student.name

    def get_urls(self) -> list[URLPattern]:
        answer = self.admin_site.admin_view(require_POST(self.answer))
        return [path("<int:pk>/answer/", answer, name="intake_appeal_answer"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        appeal = self.get_object(request, object_id)
        may = appeal is not None and appeal.state == Appeal.State.WAITING
        context = {
            "decide": "admin:intake_appeal_answer" if may and request.user.has_perm("intake.answer_appeal") else "",
            "words": WordsForm()["words"],
            "choices": [("accept", "받아들이기(불참을 세지 않음)"), ("reject", "받아들이지 않기")],
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("intake.answer_appeal"):
            raise PermissionDenied
        appeal = get_object_or_404(Appeal, pk=pk)
        if not {"accept", "reject"} & request.POST.keys():
            messages.error(request, "받아들일지 받아들이지 않을지 골라 주세요.")
        elif words := _words(request):
            try:
                noshow.answer(appeal, accept="accept" in request.POST, words=words, by=request.user)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, "답하고 가족에게 알렸습니다.")
        return redirect("admin:intake_appeal_change", pk)


def _words(request: HttpRequest) -> str:
    form = WordsForm(request.POST)
    if form.is_valid():
        return form.cleaned_data["words"]
    messages.error(request, " ".join(form.errors["words"]))
    return ""
