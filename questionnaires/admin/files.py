"""Files that came with answers: checked for numbers that must not be there, opened with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from lifecycle import access
from lifecycle.admin import MaskedAdmin
from lifecycle.admin.reasons import ReasonForm
from lifecycle.locks import Refused
from lifecycle.masking import mask_name
from questionnaires import uploads
from questionnaires.models import Attachment
from questionnaires.views import handed_out

State = Attachment.State
CHECK = "questionnaires.check_attachment"


class RejectForm(forms.Form):
    reason = forms.CharField(
        label="반려 사유",
        max_length=200,
        initial="주민등록번호 뒷자리가 보입니다. 가린 뒤 다시 올려 주세요.",
        help_text="가족에게 그대로 알립니다.",
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "반려 사유를 적어 주세요."},
    )


@admin.register(Attachment)
class AttachmentAdmin(MaskedAdmin):
    personal = {"response__student__name": mask_name}
    subject = "response__student"
    list_display = ["label", "response__student__name", "kind", "pages", "state", "uploaded_at"]
    list_filter = ["state", "kind"]
    change_form_template = "admin/questionnaires/attachment/change_form.html"
    fields = ["state", "student", "name", "kind", "size", "pages", "needs_eyes", "uploaded_at", "rejected_because"]
    readonly_fields = fields

    @admin.display(description="파일")
    def label(self, obj: Attachment) -> str:
        return str(obj)  # its name is the family's own and may name the child

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Attachment]:
        mine = Attachment.objects.visible_to(request.user).select_related("response__student", "response__version")
        return mine.order_by(*self.get_ordering(request) or ["-uploaded_at", "-pk"])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Attachment | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        def page(view: Any, name: str) -> URLPattern:
            guarded = self.admin_site.admin_view(require_POST(view))
            return path(f"<int:pk>/{name}/", guarded, name=f"questionnaires_attachment_{name}")

        return [
            page(self.open_file, "open"),
            page(self.check_file, "check"),
            page(self.reject_file, "reject"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        attachment = self.get_object(request, object_id)
        may_check = request.user.has_perm(CHECK)
        state = attachment.state if attachment else ""
        more = {
            "can_open": state == State.CHECKED or (state == State.UNCHECKED and may_check),
            "can_check": may_check and state == State.UNCHECKED,
            "can_reject": may_check and state in {State.UNCHECKED, State.CHECKED},
            "reason_form": ReasonForm(
                initial={"reason": "주민등록번호 가림 확인" if state == State.UNCHECKED else ""}, auto_id="open_%s"
            ),
            "reject_form": RejectForm(auto_id="reject_%s"),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def open_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand the file out to somebody who says why; the log says it in the same transaction."""
        attachment = self._visible(request, pk)
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._back(request, pk, "파일을 여는 사유를 다섯 글자 넘게 적어 주세요.")
        try:
            with transaction.atomic():
                access.viewed(
                    request, attachment.response.student, f"첨부 파일 {pk}", reason=form.cleaned_data["reason"]
                )
                data = uploads.opened(attachment, to_check=request.user.has_perm(CHECK))
        except uploads.NotNow as not_now:
            return self._back(request, pk, str(not_now))
        return handed_out(attachment, data, inline=True)

    def check_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        attachment = self._visible(request, pk, CHECK)
        try:
            uploads.check(attachment, by=request.user)
        except Refused as refused:
            return self._back(request, pk, str(refused))
        messages.success(request, "확인했습니다. 이제 상담사가 열 수 있습니다.")
        return redirect("admin:questionnaires_attachment_change", pk)

    def reject_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        attachment = self._visible(request, pk, CHECK)
        form = RejectForm(request.POST)
        if not form.is_valid():
            return self._back(request, pk, "반려 사유를 적어 주세요.")
        try:
            uploads.reject(attachment, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refused:
            return self._back(request, pk, str(refused))
        messages.success(request, "반려했습니다. 파일을 지우고 가족에게 알렸습니다.")
        return redirect("admin:questionnaires_attachment_change", pk)

    def _visible(self, request: HttpRequest, pk: int, *permissions: str) -> Attachment:
        if not request.user.has_perms(["questionnaires.view_attachment", *permissions]):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _back(self, request: HttpRequest, pk: int, sentence: str) -> HttpResponse:
        messages.error(request, sentence)
        return redirect("admin:questionnaires_attachment_change", pk)

    @admin.display(description="학생")
    def student(self, attachment: Attachment) -> str:
        return attachment.response.student.name
