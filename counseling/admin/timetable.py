"""Publishing a period from the weekly patterns, and the timetable of a week or a month on one page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from counseling import timetable
from counseling.admin.slots import DAY, own_counselors
from counseling.finding import YEARS, day_of
from counseling.models import Counselor
from counseling.overview import Overview
from lifecycle.locks import Refused

if TYPE_CHECKING:
    from counseling.admin.slots import SlotAdmin

SHOWN = 200  # rows of a preview; beyond, a number says how many more


class PublishForm(forms.Form):
    """Whose times, from when to when."""

    counselors = forms.ModelMultipleChoiceField(
        Counselor.objects.none(), label="상담사", widget=forms.CheckboxSelectMultiple
    )
    first = forms.DateField(label="첫날", widget=DAY)
    last = forms.DateField(label="마지막 날", widget=DAY)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counselors"].queryset = own_counselors(request)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and not YEARS[0] <= min(first, last).year <= max(first, last).year <= YEARS[1]:
            self.add_error("first", "연도를 확인해 주세요.")
            return cleaned
        if first and last and not timedelta(0) <= last - first < timedelta(days=timetable.MOST_DAYS):
            self.add_error("last", f"마지막 날은 첫날부터 {timetable.MOST_DAYS}일 안으로 골라 주세요.")
        return cleaned


class TimetablePages:
    """Pages that hang below ``SlotAdmin``, with its site, its permissions and its dress."""

    def __init__(self, page: SlotAdmin) -> None:
        self.page = page

    def urls(self) -> list[URLPattern]:
        guard = self.page.admin_site.admin_view
        both = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("publish/", guard(both(self.publish)), name="counseling_publish"),
            path("timetable/", guard(require_safe(self.overview)), name="counseling_timetable"),
        ]

    def publish(self, request: HttpRequest) -> HttpResponse:
        """Choose, look at what would happen, do it. The look changes nothing, and what was seen is what is done."""
        if not self.page.has_add_permission(request):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        form = PublishForm(asked if "first" in asked else None, request=request, initial=_next_month(request))
        plan, refused = None, ""
        if form.is_valid():
            given = form.cleaned_data
            chosen, first, last = list(given["counselors"]), given["first"], given["last"]
            if request.method == "POST":
                try:
                    done = timetable.publish(chosen, first, last, expected=request.POST.get("seen") or "-")
                except Refused as sentence:
                    refused = str(sentence)
                else:
                    messages.success(request, _done(done))
                    return redirect(f"{reverse('admin:counseling_timetable')}?day={max(first, timezone.localdate())}")
            plan = timetable.plan(chosen, first, last)
        context = {"title": "시간표 공개", "form": form, "plan": plan, "refused": refused, "shown": SHOWN}
        return self._page(request, "admin/counseling/publish.html", context)

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Counsellors beside days: a week, or a month with ``?span=month``."""
        if not self.page.has_view_permission(request):
            raise PermissionDenied
        day = day_of(request.GET.get("day", "")) or timezone.localdate()
        is_month = request.GET.get("span") == "month"
        context = {
            "title": "상담 시간표",
            "table": Overview.month(day, request.user) if is_month else Overview.week(day, request.user),
            "day": day,
            "is_month": is_month,
            "may_publish": self.page.has_add_permission(request),
        }
        return self._page(request, "admin/counseling/timetable.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        site = self.page.admin_site
        return TemplateResponse(request, template, {**site.each_context(request), "opts": self.page.opts, **context})


def _next_month(request: HttpRequest) -> dict[str, Any]:
    """What is published most often: the month to come, for everybody whose times one may change."""
    first: date = (timezone.localdate().replace(day=1) + timedelta(days=32)).replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return {"first": first, "last": last, "counselors": own_counselors(request)}


def _done(plan: timetable.Plan) -> str:
    if plan.is_empty:
        return "이미 모두 반영되어 있습니다. 바뀐 것이 없습니다."
    counts = {"새로 공개": plan.new, "바꿈": plan.changed, "거둠": plan.gone}
    return "시간표를 반영했습니다. " + ", ".join(f"{label} {len(rows)}개" for label, rows in counts.items() if rows)
