"""The centre's own data for staff: place, days, and the texts that bind."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import ModelForm, TextInput, TimeInput
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from centre import public_holidays, publishing, shutting
from centre.differences import compare
from centre.models import Centre, Closure, Holiday, OpeningHours, PolicyText, Room, Venue
from krds.dates import kdate
from lifecycle.admin import StaffAdmin
from lifecycle.locks import Refused


@admin.register(Centre)
class CentreAdmin(StaffAdmin):
    """One row: it is changed, never added to or removed."""

    fields = ["name", "operator", "phone", "fax", "email", "hours_text", "introduction", "plan_place"]
    readonly_fields = ["plan_place"]
    list_display = ["name", "phone", "email", "hours_text"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Centre.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class RoomInline(admin.TabularInline):
    model = Room
    fields = ["name", "floor", "capacity", "equipment", "opens", "closes"]
    extra = 0
    can_delete = False
    show_change_link = True
    formfield_overrides = {
        models.CharField: {"widget": TextInput(attrs={"size": 14})},
        models.TimeField: {"widget": TimeInput(format="%H:%M", attrs={"size": 5})},
    }


class HoursInline(admin.TabularInline):
    model = OpeningHours
    fields = ["weekday", "opens", "closes", "first_day", "last_day"]
    extra = 0
    formfield_overrides = {models.TimeField: {"widget": TimeInput(format="%H:%M", attrs={"size": 5})}}


@admin.register(Venue)
class VenueAdmin(StaffAdmin):
    """A place that is left gets a last day; bookings and papers that name it keep it."""

    list_display = ["name", "address", "floor", "first_day", "last_day", "position"]
    search_fields = ["name", "address"]
    inlines = [HoursInline, RoomInline]
    fieldsets = [
        (None, {"fields": ["name", "position", ("first_day", "last_day")]}),
        ("위치와 연락처", {"fields": ["address", "postcode", "floor", "phone"]}),
        ("오시는 길 안내", {"fields": ["directions", "parking", "access"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(Room)
class RoomAdmin(StaffAdmin):
    list_display = ["name", "venue", "floor", "capacity", "first_day", "last_day"]
    list_filter = ["venue"]
    search_fields = ["name", "venue__name"]

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(OpeningHours)
class OpeningHoursAdmin(StaffAdmin):
    list_display = ["weekday", "venue", "opens", "closes", "first_day", "last_day"]
    list_filter = ["venue", "weekday"]


class DayOffAdmin(StaffAdmin):
    """A day off that is entered late hits what was agreed before: staff are led there (``shutting``)."""

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for hit in shutting.hits(obj):
            if request.user.has_perms(hit.permissions):
                messages.warning(request, format_html('{} <a href="{}">지금 정리하기</a>', hit.sentence, hit.url))
            else:
                messages.warning(request, f"{hit.sentence} 팀장에게 알려 정리를 부탁해 주세요.")


@admin.register(Holiday)
class HolidayAdmin(DayOffAdmin):
    list_display = ["shown_day", "name", "observed"]
    list_filter = ["observed"]
    search_fields = ["name"]
    date_hierarchy = "day"
    change_list_template = "admin/centre/holiday/change_list.html"

    @admin.display(description="날짜", ordering="day")
    def shown_day(self, holiday: Holiday) -> str:
        return kdate(holiday.day)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """A seeded day would come back with the next loading: its tick is taken off instead."""
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.seeded)

    def get_urls(self) -> list[URLPattern]:
        load = path("load/", self.admin_site.admin_view(require_POST(self.load)), name="centre_holiday_load")
        return [load, *super().get_urls()]

    def load(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        added = public_holidays.load_this_year_and_next()
        messages.success(request, f"올해와 내년 공휴일 가운데 없던 {added}일을 등록했습니다.")
        return redirect("admin:centre_holiday_changelist")


@admin.register(Closure)
class ClosureAdmin(DayOffAdmin):
    list_display = ["reason", "venue", "first_day", "last_day", "from_time", "until_time"]
    list_filter = ["venue"]
    search_fields = ["reason"]
    fields = [("first_day", "last_day"), ("from_time", "until_time"), "venue", "reason"]

    def get_form(self, request: HttpRequest, obj: Closure | None = None, **kwargs: Any) -> type[ModelForm]:
        form = super().get_form(request, obj, **kwargs)
        if last_day := form.base_fields.get("last_day"):
            last_day.required = True
            last_day.help_text = "하루만 쉬면 시작일과 같은 날을 적습니다."
        return form


@admin.register(PolicyText)
class PolicyTextAdmin(StaffAdmin):
    """A draft is written and compared here; publishing shows it for good."""

    list_display = ["kind", "version", "effective_from", "state", "published_by"]
    list_filter = ["kind"]
    fields = ["kind", "version", "effective_from", "change_note", "body"]
    formfield_overrides = {models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 30})}}
    change_list_template = "admin/centre/policytext/change_list.html"
    change_form_template = "admin/centre/policytext/change_form.html"

    @admin.display(description="상태")
    def state(self, text: PolicyText) -> str:
        if text.published_at is None:
            return "작성 중"
        return "게시" if text.in_force else "게시(시행 예정)"

    def view_on_site(self, text: PolicyText) -> str | None:
        return text.get_absolute_url() if text.published_at else None

    def get_readonly_fields(self, request: HttpRequest, obj: PolicyText | None = None) -> list[str]:
        return ["kind", "version"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a version starts from the one before it: ``draft``

    def has_change_permission(self, request: HttpRequest, obj: PolicyText | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.published_at)

    def has_delete_permission(self, request: HttpRequest, obj: PolicyText | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.published_at)

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        return [
            path("draft/<slug:kind>/", guard(require_POST(self.draft)), name="centre_policytext_draft"),
            path("<int:pk>/publish/", guard(require_POST(self.publish)), name="centre_policytext_publish"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        kinds = PolicyText.Kind.choices if request.user.has_perm("centre.add_policytext") else []
        return super().changelist_view(request, {"kinds": kinds, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        text: PolicyText | None = kwargs.get("obj")
        if text is not None:
            before = text.before()
            context |= {
                "may_publish": text.published_at is None and request.user.has_perm("centre.publish_policytext"),
                "before": before,
                "changes": compare(before.body, text.body) if before else [],
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def draft(self, request: HttpRequest, kind: str) -> HttpResponse:
        if not request.user.has_perm("centre.add_policytext"):
            raise PermissionDenied
        if kind not in PolicyText.Kind.values:
            raise Http404
        try:
            text = publishing.draft(kind)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("admin:centre_policytext_changelist")
        return redirect("admin:centre_policytext_change", text.pk)

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("centre.publish_policytext"):
            raise PermissionDenied
        text = get_object_or_404(PolicyText, pk=pk)
        try:
            publishing.publish(text, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("admin:centre_policytext_change", pk)
        when = "오늘부터" if text.effective_from == timezone.localdate() else f"{kdate(text.effective_from)}부터"
        messages.success(request, f"{text}을 게시했습니다. {when} 시행합니다.")
        return redirect("admin:centre_policytext_changelist")
