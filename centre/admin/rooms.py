"""방 사용표: who uses which room on which day; staff take a room for a meeting or close it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from centre import rooms
from centre.calendar import Calendar
from centre.models import Room, RoomUse
from krds.dates import kperiod
from lifecycle.admin import StaffAdmin
from lifecycle.locks import Refused

DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
FAR = 100  # years from now
CLOCK = forms.TimeInput({"type": "time"}, format="%H:%M")


class RoomUseForm(forms.ModelForm):
    """A room for something of the staff's own, typed as days and times; ``rooms.take`` decides."""

    room = forms.ModelChoiceField(Room.objects.none(), label="방", empty_label=None)
    day = forms.DateField(label="날짜", widget=DAY)
    last_day = forms.DateField(
        label="마지막 날", widget=DAY, required=False, help_text="여러 날 내내 막을 때만 적습니다. 예: 공사"
    )
    starts = forms.TimeField(label="시작", widget=CLOCK)
    ends = forms.TimeField(label="끝", widget=CLOCK)
    title = forms.CharField(label="쓰는 일", max_length=100, help_text="예: 직원 회의, 책상 수리")
    outside_hours = forms.BooleanField(label="운영시간 밖이나 쉬는 날에도 씁니다", required=False)

    class Meta:
        model = RoomUse
        fields = ["room", "title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["room"].queryset = Room.objects.on().select_related("venue").order_by("venue", "name")

    def clean(self) -> dict[str, Any]:
        """The admin page is one transaction: the lock that ``take`` holds lasts until its end."""
        cleaned = super().clean()
        if not {"room", "day", "starts", "ends", "title"} <= cleaned.keys() or "last_day" in self.errors:
            return cleaned
        last = cleaned.get("last_day") or cleaned["day"]
        begins, over = (
            timezone.make_aware(datetime.combine(*pair))
            for pair in ((cleaned["day"], cleaned["starts"]), (last, cleaned["ends"]))
        )
        if over <= begins:
            raise forms.ValidationError({"ends": "끝나는 시각은 시작 시각보다 뒤여야 합니다."})
        self.instance.period = DateTimeTZRange(begins, over, "[)")
        return cleaned


@admin.register(RoomUse)
class RoomUseAdmin(StaffAdmin):
    form = RoomUseForm
    fields = ["room", ("day", "last_day"), ("starts", "ends"), "title", "outside_hours"]
    list_display = ["when", "room", "used_for"]
    list_filter = ["room__venue", "room"]
    ordering = [RangeStartsWith("period").desc(), "-pk"]
    list_select_related = ["room"]
    change_list_template = "admin/centre/roomuse/change_list.html"

    def has_change_permission(self, request: HttpRequest, obj: RoomUse | None = None) -> bool:
        return False  # given back and taken anew

    def has_delete_permission(self, request: HttpRequest, obj: RoomUse | None = None) -> bool:
        """Only what staff took themselves: another room's work gives its room back by itself."""
        return super().has_delete_permission(request, obj) and not (obj and obj.owner_id)

    def get_fields(self, request: HttpRequest, obj: RoomUse | None = None) -> list[Any]:
        return ["room", "when", "used_for", "created_by"] if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: RoomUse | None = None) -> list[Any]:
        return ["when", "used_for", "created_by"] if obj else []

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return []  # a centre has few rooms; a plain list is quicker

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"room": request.GET.get("room"), "day": request.GET.get("day"), "starts": "10:00", "ends": "11:00"}

    @admin.display(description="일시", ordering="period__startswith")
    def when(self, use: RoomUse) -> str:
        return kperiod(use.starts_at, use.ends_at)

    @admin.display(description="쓰는 일")
    def used_for(self, use: RoomUse) -> str:
        return use.title

    def get_urls(self) -> list[URLPattern]:
        table = self.admin_site.admin_view(require_safe(self.table))
        return [path("table/", table, name="centre_room_table"), *super().get_urls()]

    # --- Taking and giving back --------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RoomUseForm(
            request.POST if request.method == "POST" else None, initial=self.get_changeform_initial_data(request)
        )
        if form.is_valid():
            given = form.cleaned_data
            try:
                use = rooms.take(
                    given["room"],
                    form.instance.period,
                    title=given["title"],
                    by=request.user,
                    outside_hours=given["outside_hours"],
                )
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                self.log_addition(request, use, "방을 잡음")
                messages.success(request, f"{use.room}을(를) 잡았습니다: {kperiod(use.starts_at, use.ends_at)}")
                return redirect(_table_url(timezone.localdate(use.starts_at)))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "방 쓰기·막기",
            "form": form,
            "back": _table_url(_day_asked(request)),
        }
        return TemplateResponse(request, "admin/centre/roomuse/take.html", context)

    def delete_model(self, request: HttpRequest, obj: RoomUse) -> None:
        rooms.give_back(obj)

    # --- The table ---------------------------------------------------------------------------
    def table(self, request: HttpRequest) -> HttpResponse:
        """One day, or a week with ``?span=week``: a row for every room, a column for every day."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        day = _day_asked(request)
        is_week = request.GET.get("span") == "week"
        first = day - timedelta(days=day.weekday()) if is_week else day
        days = [first + timedelta(days=n) for n in range(7 if is_week else 1)]
        step = timedelta(days=len(days))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "방 사용표",
            "day": day,
            "days": self._heads(days),
            "rows": self._rows(days),
            "is_week": is_week,
            "before": day - step,
            "after": day + step,
            "may_take": self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/centre/roomuse/table.html", context)

    def _heads(self, days: list[date]) -> list[tuple[date, str | None]]:
        calendar = Calendar.load(days[0], days[-1])
        return [(day, calendar.closed_reason(day)) for day in days]

    def _rows(self, days: list[date]) -> list[tuple[Room, list[tuple[date, list[tuple[RoomUse, str]]]]]]:
        begins = timezone.make_aware(datetime.combine(days[0], time.min))
        window = DateTimeTZRange(begins, begins + timedelta(days=len(days)), "[)")
        uses = list(RoomUse.objects.during(window))
        called = rooms.titles(uses)
        cells: dict[tuple[int, date], list[tuple[RoomUse, str]]] = {}
        for use in uses:
            for day in days:
                if timezone.localdate(use.starts_at) <= day <= timezone.localdate(use.ends_at - timedelta.resolution):
                    cells.setdefault((use.room_id, day), []).append((use, called[use.pk]))
        lasting = models.Q(last_day=None) | models.Q(last_day__gte=days[0])
        found = Room.objects.filter(lasting, first_day__lte=days[-1]).select_related("venue")
        return [
            (room, [(day, cells.get((room.pk, day), [])) for day in days]) for room in found.order_by("venue", "name")
        ]


def _day_asked(request: HttpRequest) -> date:
    """The day in the address; today for what is none, or lies where nobody counts days from."""
    try:
        day = parse_date(request.GET.get("day", ""))
    except ValueError:
        day = None
    return day if day and abs(day.year - timezone.localdate().year) <= FAR else timezone.localdate()


def _table_url(day: date) -> str:
    return f"{reverse('admin:centre_room_table')}?day={day}"
