"""접속기록 and 상태 변경 이력, to be read."""

from __future__ import annotations

from django.contrib import admin

from lifecycle.admin.base import AppendOnlyAdmin
from lifecycle.models import AccessLog, Transition


@admin.register(AccessLog)
class AccessLogAdmin(AppendOnlyAdmin):
    list_display = ["at", "by", "ip", "act", "what", "people", "reason"]
    list_filter = ["act", "at"]
    search_fields = ["by__name", "what", "reason"]
    search_help_text = "취급자 이름, 처리 내용, 사유로 찾습니다."


@admin.register(Transition)
class TransitionAdmin(AppendOnlyAdmin):
    list_display = ["at", "subject_type", "subject_id", "step_label", "reason"]
    list_filter = ["at"]
