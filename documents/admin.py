"""The register: what was issued, to whom, and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from documents import kinds
from documents.issue import withdraw
from documents.models import IssuedDocument
from krds.dates import kdatetime
from lifecycle.admin import MaskedAdmin
from lifecycle.admin.reasons import ReasonForm, ask
from lifecycle.locks import Refused
from lifecycle.masking import mask_name

MOST_DOWNLOADS = 30


class KindFilter(admin.SimpleListFilter):
    title, parameter_name = "종류", "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(kind.code, str(kind.label)) for kind in kinds.everything()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    title, parameter_name = "상태", "state"
    CONDITIONS = {
        "issued": ("발급", {"print__isnull": False, "withdrawal__isnull": True}),
        "making": ("만드는 중", {"print__isnull": True, "withdrawal__isnull": True}),
        "withdrawn": ("회수", {"withdrawal__isnull": False}),
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(code, label) for code, (label, _) in self.CONDITIONS.items()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(**self.CONDITIONS[self.value()][1]) if self.value() in self.CONDITIONS else queryset


@admin.register(IssuedDocument)
class IssuedDocumentAdmin(MaskedAdmin):
    list_display = ["number", "what", "title", "issued_to", "issued_by", "issued_at", "state"]
    list_filter = [StateFilter, KindFilter, "issued_at"]
    search_fields = ["=number", "title", "issued_to", "=code"]
    search_help_text = "문서번호, 제목, 받는 사람 이름, 문서확인번호(붙임표 없이)로 찾습니다."
    actions = ["take_back"]
    personal = {"issued_to": mask_name}
    fields = [
        "number",
        "what",
        "title",
        "issued_to",
        "issued_by",
        "issued_at",
        "known_until",
        "known_entry",
        "state",
        "reason",
        "sha256",
        "opened",
        "taken",
    ]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: IssuedDocument | None = None) -> bool:
        return False

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("documents.withdraw_document")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("print", "withdrawal").defer("figures", "sealed_figures")

    def subject_of(self, obj: IssuedDocument) -> models.Model | None:
        kind = kinds.find(obj.kind)
        return kind.person(obj.subject) if kind and obj.subject else None

    @admin.display(description="종류", ordering="kind")
    def what(self, paper: IssuedDocument) -> str:
        return paper.label

    @admin.display(description="상태")
    def state(self, paper: IssuedDocument) -> str:
        if paper.is_withdrawn:
            return f"회수 {kdatetime(paper.withdrawal.at)}"
        return "발급" if paper.is_ready else "만드는 중"

    @admin.display(description="회수 사유")
    def reason(self, paper: IssuedDocument) -> str:
        return paper.withdrawal.reason if paper.is_withdrawn else "–"

    @admin.display(description="열기")
    def opened(self, paper: IssuedDocument) -> SafeString:
        """The paper's own page; who may open it is its kind's rule, not the register's."""
        return format_html(
            '<a href="{}">문서 화면</a> · <a href="{}">확인 화면</a>', paper.get_absolute_url(), paper.verify_path
        )

    @admin.display(description="SHA-256")
    def sha256(self, paper: IssuedDocument) -> str:
        return paper.print.sha256 if paper.is_ready else "–"

    @admin.display(description="내려받은 기록")
    def taken(self, paper: IssuedDocument) -> SafeString | str:
        """Who took the file of an official paper, when and why, the last first; openings of others are 접속기록."""
        rows = [
            (kdatetime(row.at), row.by.name if row.by else "로그인하지 않은 사람", row.reason)
            for row in paper.downloads.select_related("by")[:MOST_DOWNLOADS]
        ]
        listed = format_html_join("", "<li>{} · {} · {}</li>", rows)
        return format_html("<ul>{}</ul>", listed) if rows else "–"

    @admin.action(description="선택한 문서 회수", permissions=["withdraw"])
    def take_back(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        """Ask why; then the papers hold no longer, and the public page says so."""
        papers = list(queryset[: self.list_per_page])
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return ask(self, request, papers, form, action="take_back", title="발급 문서 회수")
        done, refused = 0, 0
        for paper in papers:
            try:
                withdraw(paper, by=request.user, reason=form.cleaned_data["reason"])
                self.log_change(request, paper, f"회수: {form.cleaned_data['reason']}")
                done += 1
            except Refused:
                refused += 1
        if done:
            self.message_user(request, f"{done}건을 회수했습니다.", messages.SUCCESS)
        if refused:
            self.message_user(request, f"{refused}건은 이미 회수한 문서입니다.", messages.WARNING)
        return None

    def people_in(self, rows: list[models.Model]) -> list[Any]:
        return [person for row in rows if (person := self.subject_of(row)) is not None]
