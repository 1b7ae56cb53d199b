"""The page between a click and somebody's data: why do you need it?"""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.http import HttpRequest
from django.template.response import TemplateResponse

REASON_MIN = 5  # characters; "ㅇㅇ" is no reason


class ReasonForm(forms.Form):
    """Why the person behind the screen needs to see or take this."""

    reason = forms.CharField(
        label="사유",
        min_length=REASON_MIN,
        max_length=500,
        help_text="무슨 일로 필요한지 적어 주세요. 접속기록에 남고 개인정보 담당자가 점검합니다.",
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "사유를 적어 주세요.", "min_length": f"사유를 {REASON_MIN}자 이상 적어 주세요."},
    )


def ask(
    page: admin.ModelAdmin,
    request: HttpRequest,
    rows: list[models.Model],
    form: forms.Form,
    *,
    action: str,
    title: str,
) -> TemplateResponse:
    """Show ``form`` and come back to the same admin action with the same rows chosen."""
    return TemplateResponse(
        request,
        "admin/lifecycle/reason.html",
        {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "title": title,
            "form": form,
            "action": action,
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "checkbox": ACTION_CHECKBOX_NAME,
            "across": request.POST.get("select_across", "0"),
            "count": len(rows),
        },
    )
