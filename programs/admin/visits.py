"""학교 방문 신청: what schools ask for, and the four answers to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from django.views.decorators.http import require_POST, require_safe

from krds.dates import kperiod
from lifecycle.admin import MaskedAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name, mask_phone
from programs import reach, visiting
from programs.models import Visit
from programs.visit_forms import TimesForm
from programs.visiting import Span
from tables.files import FILES, attachment


class WhyForm(forms.Form):
    """What the teacher reads."""

    reason = forms.CharField(
        label="교사에게 전할 말",
        max_length=200,
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "까닭을 적어 주세요. 교사가 함께 읽습니다."},
    )


class OneTimeForm(forms.Form):
    """A wished time, or another one agreed by telephone."""

    day = forms.DateField(label="날짜", widget=forms.DateInput({"type": "date"}))
    start = forms.TimeField(label="시작", widget=forms.TimeInput({"type": "time"}))
    end = forms.TimeField(label="끝", widget=forms.TimeInput({"type": "time"}))

    def span(self) -> Span:
        day = self.cleaned_data["day"]
        start, end = (
            timezone.make_aware(timezone.datetime.combine(day, self.cleaned_data[name])) for name in ("start", "end")
        )
        return Span(start, end)


class ProposeForm(TimesForm):
    message = forms.CharField(label="교사에게 전할 말", max_length=200, required=False)


@admin.register(Visit)
class VisitAdmin(MaskedAdmin):
    """Nothing is written by hand: the answers below the facts are the same use cases as the teacher's buttons."""

    personal = {"asked_by__name": mask_name, "phone": mask_phone}
    subject = "asked_by"
    list_display = ["school__name", "program__title", "class_name", "headcount", "wishes", "state", "asked_at"]
    list_display_links = ["school__name", "program__title"]
    list_filter = ["state", "asked_at"]
    search_fields = ["school__name", "program__title", "class_name"]
    search_help_text = "학교, 프로그램, 학급으로 찾습니다."
    fields = readonly_fields = [
        "program", "school", "class_name", "headcount", "place", "wishes", "proposals", "asked_by", "phone", "remark",
        "state", "answer", "handled_by", "run", "asked_at",
    ]  # fmt: skip
    change_form_template = "admin/programs/visit/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Visit]:
        return (
            super().get_queryset(request).select_related("program", "school", "run__program").prefetch_related("times")
        )

    @admin.display(description="희망 일시")
    def wishes(self, visit: Visit) -> str:
        return _lines(visit.wished)

    @admin.display(description="제안한 일시")
    def proposals(self, visit: Visit) -> str:
        return _lines(visit.proposed)

    # --- Answers ----------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"programs_visit_{name}")

        return [
            page("<int:pk>/schedule/", require_POST(self.schedule), "schedule"),
            page("<int:pk>/propose/", require_POST(self.propose), "propose"),
            page("<int:pk>/decline/", require_POST(self.decline), "decline"),
            page("<int:pk>/cancel/", require_POST(self.cancel), "cancel"),
            page("reach/", require_safe(self.reach_view), "reach"),
            page("reach/<int:year>.<slug:form>", require_safe(self.reach_file), "reach_file"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any) -> Any:
        if obj is not None and self.has_change_permission(request, obj):
            context = {
                **context,
                "show_save": False,
                "show_save_and_continue": False,
                **self._forms(obj),
                **getattr(request, "answered", {}),
            }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @staticmethod
    def _forms(visit: Visit) -> dict[str, Any]:
        return {
            "may_answer": visit.is_open,
            "may_cancel": visit.state == Visit.State.SCHEDULED and not visit.is_off,
            "schedule_form": OneTimeForm(prefix="schedule"),
            "propose_form": ProposeForm(prefix="propose"),
            "decline_form": WhyForm(prefix="decline"),
            "cancel_form": WhyForm(prefix="cancel"),
        }

    def schedule(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One of the wished times by its button, or another one that was typed."""
        visit = self._open(request, pk)
        wished = next((one for one in visit.wished if str(one.pk) == request.POST.get("time")), None)
        if wished is not None:
            return self._done(
                request,
                visit,
                lambda: visiting.schedule(visit, Span(wished.starts_at, wished.ends_at), by=request.user),
            )
        form = OneTimeForm(request.POST, prefix="schedule")
        return self._answer(request, visit, form, lambda: visiting.schedule(visit, form.span(), by=request.user))

    def propose(self, request: HttpRequest, pk: int) -> HttpResponse:
        visit, form = self._open(request, pk), ProposeForm(request.POST, prefix="propose")

        def act() -> Visit:
            return visiting.propose(visit, form.spans(), by=request.user, message=form.cleaned_data["message"])

        return self._answer(request, visit, form, act)

    def decline(self, request: HttpRequest, pk: int) -> HttpResponse:
        visit, form = self._open(request, pk), WhyForm(request.POST, prefix="decline")
        return self._answer(
            request, visit, form, lambda: visiting.decline(visit, by=request.user, reason=form.cleaned_data["reason"])
        )

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        visit, form = self._open(request, pk), WhyForm(request.POST, prefix="cancel")

        def act() -> Visit:
            return visiting.cancel(visit, by=request.user, reason=form.cleaned_data["reason"], by_centre=True)

        return self._answer(request, visit, form, act)

    def _open(self, request: HttpRequest, pk: int) -> Visit:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(Visit.objects.for_page(), pk=pk)

    def _answer(self, request: HttpRequest, visit: Visit, form: forms.Form, act: Any) -> HttpResponse:
        if form.is_valid():
            return self._done(request, visit, act, form)
        return self._again(request, visit, form)

    def _done(self, request: HttpRequest, visit: Visit, act: Any, form: forms.Form | None = None) -> HttpResponse:
        try:
            act()
        except Refused as refused:
            if form is None:
                messages.error(request, str(refused))
                return redirect("admin:programs_visit_change", visit.pk)
            form.add_error(None, str(refused))
            return self._again(request, visit, form)
        messages.success(request, "처리했습니다. 교사에게 알림을 보냅니다.")
        return redirect("admin:programs_visit_change", visit.pk)

    def _again(self, request: HttpRequest, visit: Visit, form: forms.Form) -> HttpResponse:
        """The page once more, with what was typed."""
        request.answered = {f"{form.prefix}_form": form}
        request.method = "GET"  # nothing of the model's own form was sent
        return self.change_view(request, str(visit.pk))

    # --- Figures ----------------------------------------------------------------------------------
    def reach_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("programs.view_run"):
            raise PermissionDenied
        now = timezone.now()
        years = reach.years(timezone.localdate(now))
        asked = request.GET.get("year", "")
        year = int(asked) if asked.isdecimal() and int(asked) in years else years[0]
        table = reach.table(year, now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "학교 단체 참여",
            "table": table,
            "year": year,
            "years": years,
        }
        return TemplateResponse(request, "admin/programs/reach.html", context)

    def reach_file(self, request: HttpRequest, year: int, form: str) -> HttpResponse:
        if not request.user.has_perm("programs.view_run"):
            raise PermissionDenied
        if form not in FILES or year not in reach.years(timezone.localdate()):
            return redirect("admin:programs_visit_reach")
        table = reach.table(year, timezone.now())
        return attachment(FILES[form](table), table.title, form)


def _lines(times: list[Any]) -> str:
    return format_html_join("\n", "{}<br>", ((kperiod(one.starts_at, one.ends_at),) for one in times)) or "–"
