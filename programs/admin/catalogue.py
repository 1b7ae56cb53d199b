from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone

from lifecycle.admin import StaffAdmin
from programs import rules
from programs.admin.copies import Copies
from programs.admin.figures import Figures
from programs.models import Material, Program

SHOWN_RUNS = 50  # of a programme's page; the list of runs has them all


class ProgramForm(forms.ModelForm):
    audience = forms.MultipleChoiceField(
        label="대상", choices=Program.Audience.choices, widget=forms.CheckboxSelectMultiple
    )


class MaterialInline(admin.TabularInline):
    model = Material
    fields = ["title", "file", "position"]
    extra = 0


@admin.register(Program)
class ProgramAdmin(StaffAdmin):
    """A programme of the plan is taken off the site, not deleted: it would come back with the plan.

    Its runs are listed above the form and worked on at their own pages.
    """

    form = ProgramForm
    list_display = ["title", "area", "kind", "grades", "published", "position"]
    list_filter = ["area", "kind"]
    search_fields = ["title", "summary"]
    inlines = [MaterialInline]
    change_form_template = "admin/programs/program/change_form.html"
    readonly_fields = ["plan_text"]
    actions = ["publish_now", "take_down"]
    fieldsets = [
        (None, {"fields": ["title", "summary", ("area", "kind"), "published_at", "position"]}),
        ("대상", {"fields": ["audience", ("first_grade", "last_grade")]}),
        ("안내", {"fields": ["body", "partner_kind", "takes_visits", "plan_text"]}),
    ]

    @admin.display(description="학년", ordering="first_grade")
    def grades(self, program: Program) -> str:
        return program.grades_label

    @admin.display(description="공개", boolean=True, ordering="published_at")
    def published(self, program: Program) -> bool:
        return program.published_at is not None and program.published_at <= timezone.now()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.plan_key)

    def get_form(self, request: HttpRequest, obj: Program | None = None, **kwargs: Any) -> type[forms.ModelForm]:
        if not self.has_change_permission(request, obj) and obj is not None:
            kwargs["form"] = forms.ModelForm  # to read, the plain fields will do
        return super().get_form(request, obj, **kwargs)

    @admin.action(description="지금 공개하기", permissions=["change"])
    def publish_now(self, request: HttpRequest, queryset: QuerySet[Program]) -> None:
        now = timezone.now()
        hidden = queryset.filter(models.Q(published_at=None) | models.Q(published_at__gt=now))
        messages.success(request, f"{hidden.update(published_at=now)}건을 공개했습니다.")

    @admin.action(description="공개 멈추기", permissions=["change"])
    def take_down(self, request: HttpRequest, queryset: QuerySet[Program]) -> None:
        messages.success(request, f"{queryset.update(published_at=None)}건의 공개를 멈췄습니다.")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if (program := kwargs.get("obj")) is not None:
            now = timezone.now()
            runs = list(program.runs.order_by("-starts_at", "-pk")[:SHOWN_RUNS])
            places = rules.places(runs, now)
            context |= {
                "runs": [(run, places[run.pk], run.status_at(now)) for run in runs],
                "may_add": request.user.has_perm("programs.add_run"),
                "may_copy": request.user.has_perm("programs.add_program"),
                "now": now,
            }
        return super().render_change_form(request, context, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        return [*Copies(self).urls(), *Figures(self).urls(), *super().get_urls()]
