"""사업, 통계목, 회계연도와 예산 과목."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path

from budget import balance, years
from budget.forms import ReasonForm
from budget.models import Account, FiscalYear, Line, Project
from budget.templatetags.budget import won
from lifecycle.admin import StaffAdmin
from lifecycle.locks import Refused


@admin.register(Project)
class ProjectAdmin(StaffAdmin):
    list_display = ["name", "level", "parent", "code"]
    list_filter = ["level"]
    search_fields = ["name", "code"]
    fields = ["level", "parent", "name", "code", "position"]


@admin.register(Account)
class AccountAdmin(StaffAdmin):
    list_display = ["code", "name", "group_name"]
    search_fields = ["code", "name"]


class WithBalances(ChangeList):
    """The rows of one page with their balances, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        found = balance.of_lines(line.pk for line in self.result_list)
        for line in self.result_list:
            line.balance = found[line.pk]


def _money(label: str, part: str) -> Callable[[admin.ModelAdmin, Line], str]:
    @admin.display(description=label)
    def column(page: admin.ModelAdmin, line: Line) -> str:
        found = getattr(line, "balance", None) or balance.of(line.pk)
        return won(getattr(found, part))

    return column


@admin.register(Line)
class LineAdmin(StaffAdmin):
    """Lines with what is left on each. A line with entries keeps what it is."""

    list_display = ["project", "year", "account", "source", "current", "committed", "paid", "left"]
    list_filter = ["year", "source"]
    search_fields = ["project__name", "account__code", "account__name"]
    fields = ["project", "year", "account", "source"]
    change_form_template = "admin/budget/line.html"

    current = _money("예산현액(원)", "current")
    committed = _money("원인행위(원)", "committed")
    paid = _money("지출(원)", "paid")
    left = _money("남은 금액(원)", "left")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithBalances

    def get_readonly_fields(self, request: HttpRequest, obj: Line | None = None) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, *self.fields] if obj is not None and obj.entries.exists() else fields

    def has_delete_permission(self, request: HttpRequest, obj: Line | None = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        line = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if line is not None:
            entries = line.entries.select_related("recorded_by", "reversal", "reverses").order_by("-pk")[:50]
            context |= {"balance": balance.of(line.pk), "entries": entries}
        return super().change_view(request, object_id, form_url, context)


@admin.register(FiscalYear)
class FiscalYearAdmin(StaffAdmin):
    list_display = ["year", "state"]
    fields = ["year"]
    change_form_template = "admin/budget/year.html"

    def get_readonly_fields(self, request: HttpRequest, obj: FiscalYear | None = None) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "year"] if obj is not None else fields

    def get_urls(self) -> list[URLPattern]:
        verbs = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(getattr(self, name)), name=f"budget_fiscalyear_{name}")
            for name in ("close", "reopen")
        ]
        return [*verbs, *super().get_urls()]

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(request, pk, years.ask_to_close)

    def reopen(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(request, pk, years.ask_to_reopen)

    def _ask(self, request: HttpRequest, pk: int, ask: Callable[..., Any]) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("budget.add_entry"):
            raise PermissionDenied
        year = get_object_or_404(FiscalYear, pk=pk)
        form = ReasonForm(request.POST)
        try:
            if not form.is_valid():
                raise Refused(" ".join(form.errors["reason"]))
            ask(year, by=request.user, reason=form.cleaned_data["reason"])
            self.message_user(request, "결재를 올렸습니다. 다른 담당자가 승인하면 처리됩니다.", messages.SUCCESS)
        except Refused as refused:
            self.message_user(request, str(refused), messages.ERROR)
        return redirect("admin:budget_fiscalyear_change", pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        year = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if year is not None:
            context |= {
                "year": year,
                "unpaid": years.unpaid(year) if year.is_open else [],
                "may_ask": request.user.has_perm("budget.add_entry"),
                "reason_field": ReasonForm()["reason"],
            }
        return super().change_view(request, object_id, form_url, context)
