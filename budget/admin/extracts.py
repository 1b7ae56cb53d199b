"""e호조 자료 올리기와 월별 대사."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from budget.extracts import importing, judging, mapping, reconciling
from budget.extracts.importing import NotImported
from budget.extracts.judging import Fate, Report
from budget.extracts.mapping import LABELS, OPTIONAL, Meaning
from budget.forms import ReasonForm
from budget.models import Extract, ExtractRow
from lifecycle.admin import AppendOnlyAdmin
from lifecycle.locks import Refused
from tables.files import FILES, attachment
from tables.values import Column, Row, Table
from tables.values import Kind as Cell

both = require_http_methods(["GET", "HEAD", "POST"])
MONTHS_SHOWN = 24
ROWS_SHOWN = 200
FATES = {Fate.NEW: "새로 기록", Fate.KNOWN: "이미 있음", Fate.WRONG: "고쳐야 함"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="e호조 자료(XLSX, CSV)",
        widget=forms.FileInput({"accept": ".xlsx,.csv"}),
        error_messages={"required": "파일을 골라 주세요.", "empty": "빈 파일입니다."},
    )


class ColumnsForm(forms.Form):
    """Which column of this header means what."""

    def __init__(self, *args: Any, extract: Extract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "고르세요"), *((str(place), name) for place, name in enumerate(extract.header))]
        for meaning in Meaning:
            place = extract.columns.get(meaning.value)
            self.fields[meaning.value] = forms.ChoiceField(
                label=LABELS[meaning],
                choices=choices,
                required=meaning not in OPTIONAL,
                initial="" if place is None else str(place),
                error_messages={"required": "어느 열인지 골라 주세요."},
            )

    def columns(self) -> dict[str, int]:
        return {name: int(place) for name, place in self.cleaned_data.items() if place != ""}


@admin.register(Extract)
class ExtractAdmin(AppendOnlyAdmin):
    """Upload, say the columns, look at every line, then all of them or none."""

    list_display = ["name", "state", "lines_in_it", "uploaded_by", "uploaded_at"]
    list_filter = ["state"]
    search_fields = ["name"]
    fields = ["name", "state", "uploaded_by", "uploaded_at", "digest"]
    change_form_template = "admin/budget/extracts/extract.html"

    @admin.display(description="줄 수")
    def lines_in_it(self, extract: Extract) -> int:
        return len(extract.rows)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("budget.add_extract")

    def get_urls(self) -> list[URLPattern]:
        def page(where: str, view: Callable, name: str) -> URLPattern:
            return path(where, self.admin_site.admin_view(never_cache(view)), name=f"budget_extract_{name}")

        month = "months/<int:year>/<int:month>"
        return [
            page("months/", require_safe(self.months), "months"),
            page(f"{month}/", both(self.month), "month"),
            page(f"{month}.<slug:form>", require_safe(self.month_file), "month_file"),
            page("<int:pk>/columns/", require_POST(self.columns), "columns"),
            page("<int:pk>/post/", require_POST(self.post), "post"),
            page("<int:pk>/keep/", require_POST(self.keep), "keep"),
            page("<int:pk>/drop/", require_POST(self.drop), "drop"),
            page("<int:pk>/report.<slug:form>", require_safe(self.report), "report"),
            *super().get_urls(),
        ]

    # --- One file -----------------------------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        self._may_write(request)
        form = UploadForm(request.POST or None, request.FILES or None) if request.method == "POST" else UploadForm()
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                extract = importing.receive(file.read(), name=file.name, by=request.user)
                return redirect("admin:budget_extract_change", extract.pk)
            except Refused as refused:
                form.add_error("file", str(refused))
        context = self._context(request, "e호조 자료 올리기", form=form, labels=[LABELS[one] for one in Meaning])
        return TemplateResponse(request, "admin/budget/extracts/upload.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extract = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if extract is not None:
            form = getattr(request, "columns_form", None) or ColumnsForm(extract=extract)
            context |= {
                "columns_form": form,
                "sample": [cells for _number, cells in extract.rows[:3]],
                **self._looked(extract),
            }
            context["may_write"] = request.user.has_perm("budget.add_extract")
        return super().change_view(request, object_id, form_url, context)

    @staticmethod
    def _looked(extract: Extract) -> dict[str, Any]:
        """What would come of it; nothing while a column has no meaning."""
        waits = extract.state in (Extract.State.LOOKED_AT, Extract.State.KEPT)
        try:
            mapping.check(extract.header, extract.columns)
        except Refused as refused:
            return {"not_said": str(refused), "waits": waits}
        if not waits:
            lines = extract.lines.select_related("line__project", "line__account", "line__year")[:ROWS_SHOWN]
            return {"taken": lines, "waits": False}
        found = judging.judge(extract)
        return {
            "judged": found,
            "rows": [(FATES[fact.fate], fact) for fact in (*found.wrong, *found.new, *found.known)][:ROWS_SHOWN],
            "waits": waits,
            "is_kept": extract.state == Extract.State.KEPT,
        }

    def columns(self, request: HttpRequest, pk: int) -> HttpResponse:
        extract = self._one(request, pk)
        form = ColumnsForm(request.POST, extract=extract)
        if form.is_valid():
            try:
                importing.say_columns(extract, form.columns())
                messages.success(request, "열의 뜻을 기억했습니다. 같은 머리글의 파일에는 다시 묻지 않습니다.")
                return redirect("admin:budget_extract_change", pk)
            except Refused as refused:
                form.add_error(None, str(refused))
        request.columns_form = form
        request.method = "GET"  # nothing of the model's own form was sent
        return self.change_view(request, str(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._act(request, pk, importing.post, "새로 기록한 줄 {new}개, 이미 있던 줄 {known}개입니다.")

    def keep(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._act(request, pk, importing.keep, "대사에 쓰도록 보관했습니다. 예산에는 기록하지 않았습니다.")

    def _act(self, request: HttpRequest, pk: int, act: Callable[..., Report], said: str) -> HttpResponse:
        extract = self._one(request, pk)
        try:
            report = act(extract, by=request.user)
            messages.success(request, said.format(new=len(report.new), known=len(report.known)))
        except NotImported as refused:
            lines = "; ".join(f"{number}번째 줄: {why}" for number, why in list(refused.lines.items())[:5])
            messages.error(request, f"{refused} {lines}".strip())
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:budget_extract_change", pk)

    def drop(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            importing.drop(self._one(request, pk), by=request.user)
            messages.success(request, "자료를 버렸습니다.")
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:budget_extract_changelist")

    def report(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        """Every line and what is wrong with it, to mend the file by."""
        if not request.user.has_perm("budget.view_extract") or form not in FILES:
            raise PermissionDenied
        extract = get_object_or_404(Extract, pk=pk)
        try:
            mapping.check(extract.header, extract.columns)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("admin:budget_extract_change", pk)
        table = Table(
            slug=f"extract-{pk}",
            title=f"{extract.name} 줄 보고",
            head="줄",
            columns=tuple(Column(name, Cell.TEXT) for name in ("결과", "까닭", *extract.header)),
            rows=tuple(
                Row(str(fact.number), (FATES[fact.fate], fact.why, *fact.cells))
                for fact in judging.judge(extract).facts
            ),
        )
        return attachment(FILES[form](table), table.title, form)

    # --- Months -----------------------------------------------------------------------------------------
    def months(self, request: HttpRequest) -> HttpResponse:
        """The last months that e호조 told something about, each with where it stands."""
        self._may_see(request)
        first = ExtractRow.objects.order_by().dates("effective_on", "month", order="DESC")[:MONTHS_SHOWN]
        rows = [
            (month, reconciling.counts(reconciling.compare(month)), reconciling.standing(month)) for month in first[:6]
        ]
        rest = list(first[6:])
        context = self._context(request, "월별 대사", rows=rows, rest=rest, matches=list(reconciling.Match))
        return TemplateResponse(request, "admin/budget/extracts/months.html", context)

    def month(self, request: HttpRequest, year: int, month: int) -> HttpResponse:
        self._may_see(request)
        day, form = _month(year, month), ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            self._may_write(request)
            if form.is_valid():
                try:
                    reconciling.ask_to_sign(day, by=request.user, reason=form.cleaned_data["reason"])
                    messages.success(request, "대사 확정의 결재를 올렸습니다. 다른 담당자가 승인하면 확정됩니다.")
                    return redirect("admin:budget_extract_month", year, month)
                except Refused as refused:
                    form.add_error(None, str(refused))
        pairs = reconciling.compare(day)
        context = self._context(
            request, f"{day.year}년 {day.month}월 대사", day=day, pairs=pairs[:ROWS_SHOWN], more=len(pairs) - ROWS_SHOWN,
            counts=reconciling.counts(pairs), standing=reconciling.standing(day), form=form,
            over=reconciling.next_month(day) <= timezone.localdate(), may_write=request.user.has_perm("budget.add_extract"),
        )  # fmt: skip
        return TemplateResponse(request, "admin/budget/extracts/month.html", context)

    def month_file(self, request: HttpRequest, year: int, month: int, form: str) -> HttpResponse:
        self._may_see(request)
        if form not in FILES:
            raise Http404
        day = _month(year, month)
        table = reconciling.table(day, reconciling.compare(day))
        return attachment(FILES[form](table), table.title, form)

    def _one(self, request: HttpRequest, pk: int) -> Extract:
        self._may_write(request)
        return get_object_or_404(Extract, pk=pk)

    @staticmethod
    def _may_see(request: HttpRequest) -> None:
        if not request.user.has_perm("budget.view_extract"):
            raise PermissionDenied

    @staticmethod
    def _may_write(request: HttpRequest) -> None:
        if not request.user.has_perm("budget.add_extract"):
            raise PermissionDenied

    def _context(self, request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **more}


def _month(year: int, month: int) -> date:
    try:
        return date(year, month, 1)
    except ValueError as error:
        raise Http404 from error
