"""When counsellors work: weekly patterns and leave. Neither moves a time by itself: what follows is shown first."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from centre.models import Room, Venue, Weekday
from counseling.admin.offer import ModesField
from counseling.admin.slots import CLOCK, DAY, own_counselors
from counseling.finding import YEARS
from counseling.models import Counselor, Leave, PatternBreak, Slot, WeeklyPattern
from counseling.models.slots import midnight
from krds.dates import kperiod, ktime
from lifecycle.admin import StaffAdmin
from lifecycle.locks import lock


class PatternForm(forms.ModelForm):
    """One pattern; a new one may be entered for several weekdays at once."""

    modes = ModesField()
    weekdays = forms.TypedMultipleChoiceField(
        label="요일", choices=Weekday.choices, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = WeeklyPattern
        fields = [
            "counselor", "weekday", "weekdays", "starts", "ends", "minutes", "pause", "modes", "room", "venue",
            "first_day", "last_day",
        ]  # fmt: skip
        widgets = {"starts": CLOCK, "ends": CLOCK, "first_day": DAY, "last_day": DAY}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields.pop("weekdays", None)
        elif "weekdays" in self.fields:
            self.fields.pop("weekday", None)
        if "room" in self.fields:
            self.fields["room"].queryset = Room.objects.on().select_related("venue").order_by("venue", "name")
            self.fields["venue"].queryset = Venue.objects.on()

    def clean(self) -> dict[str, Any]:
        """The admin page is one transaction: whoever saves at the same moment waits here, and is told by the checks."""
        cleaned = super().clean()
        if counselor := cleaned.get("counselor"):
            lock(Counselor.objects, counselor.pk)
        if chosen := cleaned.get("weekdays"):
            self.instance.weekday = chosen[0]
        if not self.errors:
            for weekday in (cleaned.get("weekdays") or [])[1:]:
                other = WeeklyPattern(**{**_plain(cleaned), "weekday": weekday})
                other.validate_constraints()
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """``weekday`` is no field of the form to add; what is wrong with it is said where weekdays are ticked."""
        chosen = {"weekday"} if self.cleaned_data.get("weekdays") else set()
        return super()._get_validation_exclusions() - chosen


class BreakInline(admin.TabularInline):
    model = PatternBreak
    fields = ["starts", "ends"]
    extra = 1
    formfield_overrides = {models.TimeField: {"widget": CLOCK}}

    def get_formset(self, request: HttpRequest, obj: WeeklyPattern | None = None, **kwargs: Any) -> Any:
        """An empty row stays empty: a break is entered, not assumed."""
        formset = super().get_formset(request, obj, **kwargs)
        for field in formset.form.base_fields.values():
            field.initial = None
        return formset


class OfMine(StaffAdmin):
    """Rows of counsellors: all of them, or one's own."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows = super().get_queryset(request).select_related("counselor")
        every = request.user.has_perm("counseling.view_every_booking")
        return rows if every else rows.filter(counselor__user=request.user)

    def formfield_for_foreignkey(self, key: models.ForeignKey, request: HttpRequest, **kwargs: Any) -> forms.Field:
        if key.name == "counselor":
            kwargs["queryset"] = own_counselors(request)
        return super().formfield_for_foreignkey(key, request, **kwargs)

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return []  # a centre has few counsellors and rooms; a plain list is quicker


@admin.register(WeeklyPattern)
class WeeklyPatternAdmin(OfMine):
    form = PatternForm
    list_display = ["counselor", "weekday", "hours", "mode_labels", "place", "first_day", "last_day"]
    list_filter = ["counselor", "weekday"]
    inlines = [BreakInline]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("room", "venue")

    def get_fieldsets(self, request: HttpRequest, obj: WeeklyPattern | None = None) -> list[Any]:
        weekday = "weekday" if obj else "weekdays"
        return [
            (None, {"fields": ["counselor", weekday, ("starts", "ends"), ("first_day", "last_day")]}),
            ("상담", {"fields": [("minutes", "pause"), "modes"]}),
            ("방", {"fields": ["room", "venue"]}),
        ]

    @admin.display(description="시간")
    def hours(self, pattern: WeeklyPattern) -> str:
        return f"{ktime(pattern.starts)}~{ktime(pattern.ends)}"

    @admin.display(description="방식")
    def mode_labels(self, pattern: WeeklyPattern) -> str:
        return pattern.mode_labels

    @admin.display(description="방")
    def place(self, pattern: WeeklyPattern) -> str:
        return str(pattern.room or (f"{pattern.venue}의 빈 방" if pattern.venue else "–"))

    def save_related(self, request: HttpRequest, form: PatternForm, formsets: Any, change: bool) -> None:
        """The other weekdays get the same pattern with the same breaks."""
        super().save_related(request, form, formsets, change)
        first = form.instance
        for weekday in (form.cleaned_data.get("weekdays") or [])[1:]:
            other = WeeklyPattern(**{**_plain(form.cleaned_data), "weekday": weekday})
            other.save(force_insert=True)
            PatternBreak.objects.bulk_create(
                PatternBreak(pattern=other, starts=one.starts, ends=one.ends) for one in first.breaks.all()
            )

    def response_add(self, request: HttpRequest, obj: WeeklyPattern, post_url_continue: str | None = None) -> Any:
        return self._then(request, obj.counselor) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: WeeklyPattern) -> HttpResponse:
        return self._then(request, obj.counselor) or super().response_change(request, obj)

    def delete_model(self, request: HttpRequest, obj: WeeklyPattern) -> None:
        super().delete_model(request, obj)
        request.counselor_to_show = obj.counselor

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        shown = self._then(request, request.counselor_to_show)
        return shown or super().response_delete(request, obj_display, obj_id)

    def _then(self, request: HttpRequest, counselor: Counselor) -> HttpResponse | None:
        """Where times are out already, go on to what would happen to them."""
        today = timezone.localdate()
        if not {"_addanother", "_continue"}.isdisjoint(request.POST):
            return None
        if counselor.published_until is None or counselor.published_until < today:
            return None
        messages.info(
            request, "시간표를 저장했습니다. 상담 시간은 아직 그대로입니다. 바뀔 내용을 확인하고 반영해 주세요."
        )
        asked = {"counselors": counselor.pk, "first": today, "last": _at_most_a_quarter(today, counselor)}
        return redirect(f"{reverse('admin:counseling_publish')}?{urlencode(asked)}")


class LeaveForm(forms.ModelForm):
    """Leave typed as days, and for a part of a day as times."""

    first_day = forms.DateField(label="첫날", widget=DAY)
    last_day = forms.DateField(label="마지막 날", widget=DAY, required=False, help_text="하루면 비워 두세요.")
    from_time = forms.TimeField(
        label="이 시각부터", widget=CLOCK, required=False, help_text="반차처럼 하루의 일부일 때만 적습니다."
    )
    until_time = forms.TimeField(label="이 시각까지", widget=CLOCK, required=False)

    class Meta:
        model = Leave
        fields = ["counselor", "kind"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            first, last, since, until = as_days(self.instance.period)
            self.initial |= {"first_day": first, "last_day": last, "from_time": since, "until_time": until}

    def clean(self) -> dict[str, Any]:
        """The admin page is one transaction: the lock taken here holds until the leave is saved."""
        cleaned = super().clean()
        if counselor := cleaned.get("counselor"):
            lock(Counselor.objects, counselor.pk)
        if {"first_day", "last_day", "from_time", "until_time"} <= cleaned.keys():
            self.instance.period = stretch(cleaned, self)
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - ({"period"} if self.instance.period else set())


def stretch(cleaned: dict[str, Any], form: forms.Form) -> DateTimeTZRange | None:
    """The period of typed days and times; what is wrong with them is said on the form."""
    first, last = cleaned["first_day"], cleaned["last_day"] or cleaned["first_day"]
    if not YEARS[0] <= first.year <= last.year <= YEARS[1] and first <= last:
        form.add_error("first_day", "연도를 확인해 주세요.")
        return None
    since, until = cleaned["from_time"], cleaned["until_time"]
    begins = timezone.make_aware(datetime.combine(first, since or time.min))
    over = timezone.make_aware(datetime.combine(last, until)) if until else midnight(last + timedelta(days=1))
    if over <= begins:
        form.add_error("until_time" if until else "last_day", "끝은 시작보다 뒤여야 합니다.")
        return None
    return DateTimeTZRange(begins, over, "[)")


def as_days(period: DateTimeTZRange) -> tuple[date, date, time | None, time | None]:
    """``stretch`` the other way round."""
    begins, over = timezone.localtime(period.lower), timezone.localtime(period.upper)
    last = (over - timedelta.resolution).date()
    since = None if begins.time() == time.min else begins.time()
    return begins.date(), last, since, (over.time() if over.date() == last else None)


def said(period: DateTimeTZRange) -> str:
    """Whole days as days, anything else with its times."""
    first, last, since, until = as_days(period)
    return kperiod(period.lower, period.upper) if since or until else kperiod(first, last)


@admin.register(Leave)
class LeaveAdmin(OfMine):
    form = LeaveForm
    fields = ["counselor", "kind", ("first_day", "last_day"), ("from_time", "until_time")]
    list_display = ["counselor", "kind", "when"]
    list_filter = ["counselor", "kind"]
    ordering = ["-period", "-pk"]

    @admin.display(description="기간", ordering="period")
    def when(self, leave: Leave) -> str:
        return said(leave.period)

    def save_model(self, request: HttpRequest, obj: Leave, form: forms.ModelForm, change: bool) -> None:
        obj.created_by = obj.created_by or request.user
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Leave, post_url_continue: str | None = None) -> HttpResponse:
        return self._then(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Leave) -> HttpResponse:
        return self._then(request, obj) or super().response_change(request, obj)

    def _then(self, request: HttpRequest, leave: Leave) -> HttpResponse | None:
        """Where times are out in that period, go on to those who are hit."""
        hit = Slot.objects.standing().filter(counselor=leave.counselor, period__overlap=leave.period)
        if not hit.filter(period__startswith__gt=timezone.now()).exists():
            return None
        messages.info(request, "휴가·출장을 저장했습니다. 그 기간의 상담 시간과 예약을 정리해 주세요.")
        return redirect(absence_url(leave.counselor, leave.period))


def absence_url(counselor: Counselor, period: DateTimeTZRange) -> str:
    first, last, since, until = as_days(period)
    asked = {"counselor": counselor.pk, "first_day": first, "last_day": last}
    times = {"from_time": since and ktime(since), "until_time": until and ktime(until)}
    asked |= {name: value for name, value in times.items() if value}
    return f"{reverse('admin:counseling_absence')}?{urlencode(asked)}"


def _plain(cleaned: dict[str, Any]) -> dict[str, Any]:
    names = ("counselor", "starts", "ends", "minutes", "pause", "modes", "room", "venue", "first_day", "last_day")
    return {name: cleaned.get(name) for name in names}


def _at_most_a_quarter(today: date, counselor: Counselor) -> date:
    return min(counselor.published_until, today + timedelta(days=91))
