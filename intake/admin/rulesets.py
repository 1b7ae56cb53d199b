"""Rules as staff set them, read back in sentences while they are typed; and who comes first, for the few who may know."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from accounts.models import Neighbourhood
from intake import wording
from intake.admin.priorities import PriorityPage
from intake.models import RuleSet, Stage, YearCap
from intake.rules import Rules
from lifecycle.admin import StaffAdmin
from lifecycle.locks import lock

AUDIENCE = [
    ("enrolled", "graduates", "out_of_school"),
    ("first_grade", "last_grade"),
    ("first_age", "last_age"),
    ("residents", "pupils", "place_match"),
    "neighbourhoods",
]


CHANGED = (
    "다른 창이나 다른 사람이 그사이에 이 규칙을 고쳤습니다. 새 창에서 지금 규칙을 확인하고, "
    "이 화면을 새로 연 뒤 고칠 것을 다시 적어 주세요."
)


class RuleSetForm(forms.ModelForm):
    """``seen`` is what the rules said when the page was opened: nobody saves over what he has not seen."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput, label="")
    only_reads_back = False
    shown: Rules | None = None  # what the page that is opened says, read once

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            self.shown = self.instance.frozen()
            self.initial["seen"] = _digest(self.instance, self.shown)

    def clean(self) -> dict[str, Any]:
        """The admin page is one transaction: the lock taken here holds until the rules are saved."""
        cleaned = super().clean()
        if self.instance.pk and not self.only_reads_back:
            now = lock(RuleSet.objects.all(), self.instance.pk)
            if cleaned.get("seen") != _digest(now, now.frozen()):
                raise forms.ValidationError(CHANGED)
        return cleaned


def _digest(rules: RuleSet, said: Rules) -> str:
    return hashlib.sha256(repr((rules.name, said)).encode()).hexdigest()[:16]


class StageInline(admin.StackedInline):
    model = Stage
    extra = 0
    fields = [("after_days", "invited"), *AUDIENCE]
    formfield_overrides = {}

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Stage]:
        return super().get_queryset(request).prefetch_related("neighbourhoods")

    def formfield_for_manytomany(self, field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return _boxes(super().formfield_for_manytomany(field, request, widget=forms.CheckboxSelectMultiple), request)


class YearCapInline(admin.StackedInline):
    model = YearCap
    extra = 0
    fields = [("first_grade", "last_grade", "most")]


@admin.register(RuleSet)
class RuleSetAdmin(StaffAdmin):
    form = RuleSetForm
    list_display = ["name", "who", "open_most", "year_kind", "cancel_days", "cancel_hour"]
    search_fields = ["name"]
    search_help_text = "이름으로 찾습니다."
    inlines = [StageInline, YearCapInline]
    change_form_template = "admin/intake/ruleset/change_form.html"
    fieldsets = [
        (None, {"fields": ["name"]}),
        ("누가 이용하나요", {"fields": [*AUDIENCE, "first_time_only", "takes_referrals"]}),
        ("언제 여나요", {"fields": [("open_hour", "everyone_after_days")]}),
        ("몇 번 이용하나요", {"fields": [("open_most", "open_scope"), ("year_kind", "year_scope")]}),
        (
            "취소와 변경",
            {"fields": [("cancel_days", "cancel_hour"), ("change_days", "change_hour"), "changes_most"]},
        ),
        (
            "오지 않으면",
            {"fields": [("noshow_pause_at", "noshow_pause_months"), ("noshow_lapse_months", "appeal_days")]},
        ),
    ]

    def formfield_for_manytomany(self, field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return _boxes(super().formfield_for_manytomany(field, request, widget=forms.CheckboxSelectMultiple), request)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RuleSet]:
        return super().get_queryset(request).prefetch_related("neighbourhoods")

    def get_fieldsets(self, request: HttpRequest, obj: RuleSet | None = None) -> list[Any]:
        (_, first), *rest = super().get_fieldsets(request, obj)
        seen = ["seen"] if obj and self.has_change_permission(request, obj) else []
        return [(None, {"fields": [*first["fields"], *seen]}), *rest]

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return []

    @admin.display(description="대상")
    def who(self, rules: RuleSet) -> str:
        return wording.who(Rules.read({field.attname: getattr(rules, field.attname) for field in rules._meta.fields}))

    # --- Read back ---------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("read-back/", wrap(require_POST(self.read_back)), name="intake_ruleset_read_back"),
            path("priorities/", wrap(PriorityPage(self).view), name="intake_priorities"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: RuleSet | None = None, **kwargs: Any
    ) -> HttpResponse:
        rules = context["adminform"].form.shown or (obj.frozen() if obj else Rules())
        said = wording.read_back(rules)
        context |= {"said": said, "read_back_url": reverse("admin:intake_ruleset_read_back")}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def read_back(self, request: HttpRequest) -> HttpResponse:
        """The sentences that the form as typed so far would mean. Saves nothing."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        key = request.POST.get("of", "")
        found = RuleSet.objects.filter(pk=int(key)).first() if key.isdecimal() else None
        form = self.get_form(request, found, change=found is not None)(request.POST, instance=found or RuleSet())
        formsets, _inlines = self._create_formsets(request, form.instance, change=found is not None)
        form.only_reads_back = True
        form.is_valid()
        if set(form.errors) - {"name"} or not all(formset.is_valid() for formset in formsets):
            return TemplateResponse(request, "admin/intake/ruleset/said.html", {"said": {}})
        stages, caps = ([_given(row) for row in _kept(formset)] for formset in formsets)
        rules = Rules.read(
            _given(form.cleaned_data) | {"stages": stages, "caps": caps, "places": _places(form, formsets)}
        )
        return TemplateResponse(request, "admin/intake/ruleset/said.html", {"said": wording.read_back(rules)})


def _boxes(field: Any, request: HttpRequest) -> Any:
    """The district's few neighbourhoods as boxes to tick, read once for all the forms of a page."""
    if not hasattr(request, "neighbourhoods"):
        request.neighbourhoods = [(place.pk, place.name) for place in Neighbourhood.objects.filter(in_district=True)]
    field.choices = request.neighbourhoods
    return field


def _kept(formset: Any) -> list[dict[str, Any]]:
    return [form.cleaned_data for form in formset.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]


def _given(cleaned: dict[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in cleaned.items() if name not in {"id", "rules"}}
    return row | {"neighbourhoods": [place.pk for place in cleaned.get("neighbourhoods") or ()]}


def _places(form: forms.ModelForm, formsets: list[Any]) -> dict[int, str]:
    rows = [form.cleaned_data, *(row for formset in formsets for row in _kept(formset))]
    return {place.pk: place.name for row in rows for place in row.get("neighbourhoods") or ()}
