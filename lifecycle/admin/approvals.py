"""결재함: what waits for a second person, and what became of it."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path

from lifecycle import approval as approvals
from lifecycle.admin.base import AppendOnlyAdmin
from lifecycle.locks import Refused
from lifecycle.models import Approval, IllegalMove, StaleState


class RemarkForm(forms.Form):
    remark = forms.CharField(label="의견", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))


@admin.register(Approval)
class ApprovalAdmin(AppendOnlyAdmin):
    """Requests to read; agreeing, refusing and taking back are buttons that go through ``lifecycle.approval``."""

    list_display = ["title", "state", "asked_by", "asked_at", "decided_by", "decided_at"]
    list_filter = ["state"]
    search_fields = ["title"]
    fields = ["title", "state", "reason", "asked_by", "asked_at", "decided_by", "decided_at", "remark", "digest"]
    change_form_template = "admin/lifecycle/approval.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        """One's own and what one may decide; whoever reads every trail reads all of them."""
        rows = super().get_queryset(request)
        if request.user.has_perm("lifecycle.view_transition"):
            return rows
        return rows.filter(approvals.decidable(request.user) | Q(asked_by=request.user))

    def get_urls(self) -> list[URLPattern]:
        verbs = [
            path(
                f"<int:pk>/{name}/", self.admin_site.admin_view(getattr(self, name)), name=f"lifecycle_approval_{name}"
            )
            for name in ("approve", "reject", "withdraw")
        ]
        return [*verbs, *super().get_urls()]

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        def act(one: Approval) -> str:
            seen, remark = request.POST.get("digest", ""), request.POST.get("remark", "").strip()[:500]
            approvals.approve(one, by=request.user, seen=seen, remark=remark)
            return "승인했습니다."

        return self._verb(request, pk, act)

    def reject(self, request: HttpRequest, pk: int) -> HttpResponse:
        def act(one: Approval) -> str:
            approvals.reject(one, by=request.user, reason=request.POST.get("remark", "")[:500])
            return "반려했습니다."

        return self._verb(request, pk, act)

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        def act(one: Approval) -> str:
            approvals.withdraw(one, by=request.user)
            return "결재를 회수했습니다."

        return self._verb(request, pk, act)

    def _verb(self, request: HttpRequest, pk: int, act: Callable[[Approval], str]) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        one = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            self.message_user(request, act(one), messages.SUCCESS)
        except Refused as refused:
            self.message_user(request, str(refused), messages.ERROR)
        except (IllegalMove, StaleState):
            self.message_user(request, "이미 처리된 결재입니다.", messages.WARNING)
        return redirect("admin:lifecycle_approval_change", pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        one = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if one is not None:
            kind = approvals.kind(one.kind)
            waits = one.state == Approval.State.PENDING
            context |= {
                "approval": one,
                "url": kind.url(one.subject) if one.subject is not None else "",
                "may_decide": waits and one.asked_by_id != request.user.pk and request.user.has_perm(kind.permission),
                "own": waits and one.asked_by_id == request.user.pk,
                "remark": RemarkForm()["remark"],
            }
        return super().change_view(request, object_id, form_url, context)
