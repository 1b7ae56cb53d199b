from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from lifecycle.admin import MaskedAdmin
from lifecycle.masking import mask_name
from notices.admin.outgoing import mask_address
from notices.models import SandboxMessage


@admin.register(SandboxMessage)
class SandboxMessageAdmin(MaskedAdmin):
    """보낸 문자함: what would have left, had a provider been set."""

    list_display = ["kept_at", "notice__channel", "notice__name", "notice__address", "words"]
    list_filter = ["notice__channel"]
    search_fields = ["=notice__address", "notice__name"]
    search_help_text = "받는 이름이나 전화번호(숫자만), 이메일 전체로 찾습니다."
    personal = {"notice__name": mask_name, "notice__address": mask_address}
    subject = "notice__recipient"
    fields = ["kept_at", "sender", "name_masked", "address_masked", "words"]
    readonly_fields = ["name_masked", "address_masked", "words"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SandboxMessage | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SandboxMessage]:
        return super().get_queryset(request).select_related("notice__recipient")

    @admin.display(description="받는 이름")
    def name_masked(self, message: SandboxMessage) -> str:
        return mask_name(message.notice.name)

    @admin.display(description="받는 주소")
    def address_masked(self, message: SandboxMessage) -> str:
        return mask_address(message.notice.address)

    @admin.display(description="내용")
    def words(self, message: SandboxMessage) -> str:
        return message.notice.shown_body
