"""예산 표와 문서: every table on screen, as a file, and as an issued paper with one click, last made first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from budget import charts, papers, releasing
from budget.models import FiscalYear, Release
from budget.reports import REPORTS, UNITS, Report
from budget.sums import Known
from documents.models import IssuedDocument
from lifecycle.locks import Refused
from tables.charts import svg
from tables.files import FILES, as_json, attachment
from tables.values import Unit

if TYPE_CHECKING:
    from budget.admin.entries import EntryAdmin

FORMS = {**FILES, "json": as_json}
RECENT = 15


class Asked:
    """What a page was asked for: year, day and unit; what makes no sense falls back, and strict pages refuse it."""

    def __init__(self, given: Any, *, strict: bool = False) -> None:
        today = timezone.localdate()
        self.day = _day(given.get("day", ""), strict=strict) or today
        year = given.get("year", "")
        self.year = int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else self.day.year
        self.unit: Unit | None = UNITS.get(given.get("unit", ""))

    @property
    def query(self) -> str:
        unit = f"&unit={self.unit.label}" if self.unit else ""
        return f"year={self.year}&day={self.day.isoformat()}{unit}"


def _day(text: str, *, strict: bool) -> date | None:
    try:
        day = date.fromisoformat(text)
        if not 2000 <= day.year <= 2100:
            raise ValueError(text)
    except ValueError:
        if strict and text:
            raise Http404 from None
        return None
    return day


class Papers:
    """Pages that hang below ``EntryAdmin``. The tables name nobody, so looking at them asks for no reason."""

    def __init__(self, page: EntryAdmin) -> None:
        self.page = page

    def urls(self) -> list[URLPattern]:
        def at(where: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(where, self.page.admin_site.admin_view(view), name=name)

        return [
            at("papers/", require_safe(self.show), "budget_papers"),
            at("papers/release/", require_POST(self.release), "budget_papers_release"),
            at("papers/<slug:code>/", require_safe(self.table), "budget_papers_table"),
            at("papers/<slug:code>/issue/", require_POST(self.issue), "budget_papers_issue"),
            at("papers/<slug:code>/file.<str:form>", require_safe(self.file), "budget_papers_file"),
        ]

    def show(self, request: HttpRequest) -> HttpResponse:
        """Every report with its buttons, the one issued last first, and the papers that were issued last."""
        _may(request)
        asked = Asked(request.GET)
        made = IssuedDocument.objects.filter(kind__in=[kind.code for kind in papers.KINDS.values()])
        last = dict(made.order_by().values_list("kind").annotate(Max("issued_at")))
        order = sorted(
            enumerate(REPORTS.values()), key=lambda one: (-_moment(last.get(f"budget.{one[1].code}")), one[0])
        )
        recent = made.visible_to(request.user).with_rest().select_related("issued_by").order_by("-issued_at", "-pk")
        context = {
            "title": "예산 표와 문서",
            "reports": [(report, last.get(f"budget.{report.code}")) for _, report in order],
            "recent": recent.defer("figures", "sealed_figures")[:RECENT],
            "public": set(Release.objects.standing().values_list("paper", flat=True)),
            "releasable": releasing.KINDS if request.user.has_perm("budget.release_paper") else (),
            **self._choice(asked),
        }
        return self._page(request, "admin/budget/papers.html", context)

    def table(self, request: HttpRequest, code: str) -> HttpResponse:
        report, asked = _report(request, code), Asked(request.GET)
        table = report.of(Known(asked.day), asked.year, asked.unit)
        chart = charts.of(code, table)
        context = {
            "title": report.label,
            "report": report,
            "table": table,
            "bars": chart,
            "chart": svg(chart) if chart else None,
            "reports": REPORTS.values(),
            **self._choice(asked),
        }
        return self._page(request, "admin/budget/report.html", context)

    def file(self, request: HttpRequest, code: str, form: str) -> HttpResponse:
        report, asked = _report(request, code), Asked(request.GET, strict=True)
        if form not in FORMS:
            raise Http404
        table = report.of(Known(asked.day), asked.year, asked.unit)
        return attachment(FORMS[form](table), f"{table.title} {asked.day.isoformat()}", form)

    def issue(self, request: HttpRequest, code: str) -> HttpResponse:
        report, asked = _report(request, code), Asked(request.POST, strict=True)
        try:
            return redirect(papers.print_out(report, Known(asked.day), asked.year, by=request.user, unit=asked.unit))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect(f"{reverse('admin:budget_papers')}?{asked.query}")

    def release(self, request: HttpRequest) -> HttpResponse:
        """Show a paper to citizens, or take it down."""
        if not request.user.has_perms(["budget.view_money", "budget.release_paper"]):
            raise PermissionDenied
        key = request.POST.get("paper", "")
        papers_seen = IssuedDocument.objects.visible_to(request.user).with_rest()
        paper = get_object_or_404(papers_seen, pk=key if key.isascii() and key.isdecimal() and len(key) < 19 else 0)
        try:
            if request.POST.get("act") == "end":
                releasing.take_down(paper, by=request.user)
                messages.success(request, f"{paper}을(를) 주민 화면에서 내렸습니다.")
            else:
                releasing.release(paper, by=request.user)
                messages.success(request, f"{paper}을(를) 주민 화면(예산 공개)에 실었습니다.")
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:budget_papers")

    def _choice(self, asked: Asked) -> dict[str, Any]:
        years = sorted({*FiscalYear.objects.values_list("year", flat=True), asked.year}, reverse=True)
        return {"asked": asked, "years": years, "units": UNITS, "today": timezone.localdate()}

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        site: admin.AdminSite = self.page.admin_site
        context = {**site.each_context(request), "opts": self.page.opts, **context}
        return TemplateResponse(request, template, context)


def _may(request: HttpRequest) -> None:
    if not request.user.has_perm("budget.view_money"):
        raise PermissionDenied


def _report(request: HttpRequest, code: str) -> Report:
    _may(request)
    if (report := REPORTS.get(code)) is None:
        raise Http404
    return report


def _moment(at: Any) -> float:
    return at.timestamp() if at else 0.0
