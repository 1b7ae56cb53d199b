"""Surveys: what is asked, the results, the QR code."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from documents import qr
from lifecycle.admin import StaffAdmin
from surveys import papers, results, views
from surveys.models import Answer, Question, Survey
from tables.charts import svg


class QuestionInline(admin.TabularInline):
    model = Question
    extra = 1
    fields = ["position", "kind", "text", "choices"]

    def _locked(self, survey: Survey | None) -> bool:
        return survey is not None and survey.in_use

    def has_add_permission(self, request: HttpRequest, obj: Survey | None = None) -> bool:
        return not self._locked(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Survey | None = None) -> bool:
        return not self._locked(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Survey | None = None) -> bool:
        return not self._locked(obj) and super().has_delete_permission(request, obj)


@admin.register(Survey)
class SurveyAdmin(StaffAdmin):
    list_display = ["title", "use", "is_open", "is_named", "is_published", "results_link"]
    list_filter = ["use", "is_open"]
    inlines = [QuestionInline]
    actions = ["copy"]
    fieldsets = [
        (None, {"fields": ["title", "use", "intro", "is_open", "is_named"]}),
        ("묻는 때", {"fields": [("ask_within_days", "remind_after_days")]}),
        ("공개", {"fields": ["is_published"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Survey | None = None) -> list[str]:
        """What people were told when they were asked stays so."""
        return ["use", "is_named"] if obj and obj.in_use else []

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("results/", view(require_safe(self.all_results)), name="surveys_results"),
            path("<int:pk>/results/", view(require_safe(self.results)), name="surveys_survey_results"),
            path(
                "<int:pk>/results/<str:half>/<int:place>.<str:form>", view(require_safe(self.file)), name="surveys_file"
            ),
            path("<int:pk>/results/<str:half>/paper/", view(require_POST(self.paper)), name="surveys_paper"),
            path("<int:pk>/qr/", view(require_safe(self.qr)), name="surveys_qr"),
        ]
        return own + super().get_urls()

    @admin.display(description="결과")
    def results_link(self, survey: Survey) -> str:
        return format_html('<a href="{}">결과 보기</a>', reverse("admin:surveys_survey_results", args=[survey.pk]))

    @admin.action(description="새 판으로 복사하기", permissions=["add"])
    def copy(self, request: HttpRequest, queryset: QuerySet[Survey]) -> None:
        for survey in queryset:
            survey.copy()
        messages.success(request, "복사했습니다. 고친 뒤 예전 조사를 끄고 새 조사를 켜 주세요.")

    def all_results(self, request: HttpRequest) -> HttpResponse:
        self._check(request)
        answered = Exists(Answer.objects.filter(survey=OuterRef("pk")))
        return self._page(request, Survey.objects.order_by(answered.desc(), "-is_open", "use", "-pk").first())

    def results(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._check(request)
        return self._page(request, get_object_or_404(Survey, pk=pk))

    def file(self, request: HttpRequest, pk: int, half: str, place: int, form: str) -> HttpResponse:
        self._check(request)
        return views.table_file(get_object_or_404(Survey, pk=pk), half, place, form)

    def paper(self, request: HttpRequest, pk: int, half: str) -> HttpResponse:
        """All tables of a half-year, with number and verification."""
        self._check(request)
        survey = get_object_or_404(Survey, pk=pk)
        first = results.half_called(results.halves(survey), half)
        if first is None:
            raise Http404
        return redirect(papers.publish(survey, first, by=request.user))

    def qr(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A sheet to hang up for visitors."""
        self._check(request)
        survey = get_object_or_404(Survey, pk=pk, use=Survey.Use.VISITOR)
        address = settings.SITE_URL + reverse("surveys:visitor", args=[survey.code])
        context = {
            "title": f"{survey.title} QR",
            "survey": survey,
            "address": address,
            "qr": qr.svg(address, label=f"설문 주소: {address}"),
        }
        return self._render(request, "admin/surveys/qr.html", context)

    def _page(self, request: HttpRequest, survey: Survey | None) -> HttpResponse:
        halves = results.halves(survey) if survey else []
        half = results.half_called(halves, request.GET.get("half")) or (halves[0] if halves else None)
        tables = results.tables(survey, half) if survey and half else []
        context = {
            "title": "조사 결과",
            "survey": survey,
            "surveys": Survey.objects.order_by("-is_open", "use", "-pk"),
            "halves": [(one.isoformat(), results.half_label(one)) for one in halves],
            "half": half.isoformat() if half else "",
            "tables": tables,
            "chart": svg(results.trend(survey, tables[0])) if survey and tables else "",
        }
        return self._render(request, "admin/surveys/results.html", context)

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, template, context)

    def _check(self, request: HttpRequest) -> None:
        if not request.user.has_perm("surveys.view_results"):
            raise PermissionDenied
