"""What citizens see of the money: where it came from, what it paid for, papers and data to take along."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from budget import charts, open_data, tables
from budget.models import Conflict, FiscalYear, PublishedSource, Release
from budget.published import differences
from budget.reports import REPORTS
from budget.sums import Known
from documents import lending, tries
from documents.answer import pdf
from lifecycle.locks import Refused
from tables.charts import svg

MOST_PAPERS = 20
FORMS = {
    "csv": (open_data.as_csv, "text/csv; charset=utf-8"),
    "json": (open_data.as_json, "application/json; charset=utf-8"),
}
OPEN_TO_ALL = "주민 화면(예산 공개)에서 받음"


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Years and sources, one year in detail, what differs from the plan, and what can be taken along."""
    known = Known(timezone.localdate())
    years = list(FiscalYear.objects.order_by("-year").values_list("year", flat=True))
    year = _year(request.GET.get("year", ""), years, known.day.year)
    whole = tables.by_year(known)
    chart = charts.by_year(whole)
    projects, sources = (REPORTS[code].of(known, year) for code in ("project", "source"))
    context: dict[str, Any] = {
        "day": known.day,
        "years": years,
        "year": year,
        "whole": whole,
        "bars": chart,
        "chart": svg(chart) if chart else None,
        "projects": projects,
        "sources": sources,
        "differing": [(paper, differences(paper, known)) for paper in PublishedSource.objects.all()],
        "conflicts": Conflict.objects.filter(weight=Conflict.Weight.CONFLICT).select_related("paper"),
        "papers": Release.objects.standing().select_related("paper__print")[:MOST_PAPERS],
        "fields": [(name, words) for name, (_, _, words) in open_data.FIELDS.items()],
    }
    return render(request, "budget/home.html", context)


def _year(typed: str, years: list[int], now: int) -> int:
    """The year that was asked for, else this one, else the last that there is."""
    if typed.isascii() and typed.isdecimal() and len(typed) == 4 and int(typed) in years:
        return int(typed)
    return now if now in years or not years else years[0]


@login_not_required
@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper that lies open; every download is counted, nobody's name is kept."""
    release = get_object_or_404(Release.objects.standing().select_related("paper__print"), pk=pk)
    if not tries.allowed(request):
        return render(request, "429.html", status=429)
    try:
        return pdf(release.paper, lending.hand_over(release.paper, reason=OPEN_TO_ALL))
    except Refused as refused:
        raise Http404 from refused


@login_not_required
@require_safe
def data(request: HttpRequest, form: str) -> HttpResponse:
    if form not in FORMS:
        raise Http404
    write, kind = FORMS[form]
    name = f"gumcheon-budget.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Access-Control-Allow-Origin": "*"}
    return HttpResponse(write(Known(timezone.localdate())), content_type=kind, headers=headers)


@login_not_required
@require_safe
def package(request: HttpRequest) -> HttpResponse:
    """The Fiscal Data Package descriptor of both files."""
    files = {form: settings.SITE_URL + reverse("budget:data", args=[form]) for form in FORMS}
    told = open_data.package(
        Known(timezone.localdate()),
        title=f"{settings.SITE_NAME} 예산과 집행",
        homepage=settings.SITE_URL + reverse("budget:home"),
        files=files,
    )
    return JsonResponse(
        told,
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        headers={"Access-Control-Allow-Origin": "*"},
    )
