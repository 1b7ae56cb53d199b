"""Times that can be booked, one by one; many come from the weekly patterns (``admin.timetable``)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.db import models, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, Prefetch
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils import timezone

from centre.models import Room, RoomUse
from centre.rooms import Usage
from counseling import timetable, waiting
from counseling.admin.offer import ModesField
from counseling.admin.periods import AheadFirst
from counseling.models import Booking, Counselor, Slot
from krds.dates import kperiod
from lifecycle.admin import StaffAdmin
from lifecycle.locks import lock, lock_all

DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
CLOCK = forms.TimeInput({"type": "time"}, format="%H:%M")


def own_counselors(request: HttpRequest) -> models.QuerySet[Counselor]:
    """The counsellors whose times the reader may change: all of them, or oneself."""
    active = Counselor.objects.active()
    return active if request.user.has_perm("counseling.view_every_booking") else active.filter(user=request.user)


class SlotForm(forms.ModelForm):
    """One slot, its period typed as a day and two times."""

    day = forms.DateField(label="날짜", widget=DAY)
    starts = forms.TimeField(label="시작", widget=CLOCK)
    ends = forms.TimeField(label="끝", widget=CLOCK)
    modes = ModesField()
    exception = forms.CharField(
        label="예외 사유",
        required=False,
        max_length=200,
        help_text="쉬는 날이나 운영 시간 밖, 상담사의 최대 상담 수를 넘겨 열 때만 적습니다. 변경 이력에 남습니다.",
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
    )

    class Meta:
        model = Slot
        fields = ["counselor", "modes", "room", "published"]

    FIXED = ("counselor", "day", "starts", "ends", "modes", "room")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.period:
            starts, ends = (timezone.localtime(moment) for moment in (self.instance.starts_at, self.instance.ends_at))
            self.initial |= {"day": starts.date(), "starts": starts.time(), "ends": ends.time()}

    def clean(self) -> dict[str, Any]:
        """The admin page is one transaction: the lock taken here holds until the slot is saved."""
        cleaned = super().clean()
        moved = bool(set(self.changed_data) & set(self.FIXED))
        self._lock_counselor_and_room(cleaned)
        if self.instance.pk and moved:
            lock(Slot.objects, self.instance.pk)
            if Booking.objects.occupying(timezone.now()).filter(slot=self.instance).exists():
                raise forms.ValidationError("예약이 있는 시간은 옮기거나 고칠 수 없습니다. 먼저 예약을 취소해 주세요.")
        if {"day", "starts", "ends"} <= cleaned.keys():
            if cleaned["ends"] <= cleaned["starts"]:
                raise forms.ValidationError({"ends": "끝나는 시각은 시작 시각보다 뒤여야 합니다."})
            moments = [timezone.make_aware(datetime.combine(cleaned["day"], cleaned[at])) for at in ("starts", "ends")]
            self.instance.period = DateTimeTZRange(*moments, "[)")
            if moved:
                self.instance.planned = False  # made by hand from now on: no pattern moves it back
            if moved and (counselor := cleaned.get("counselor")):
                self._check_rules(counselor, cleaned.get("room"), exception=cleaned.get("exception"))
            if moved and (room := cleaned.get("room")):
                self._check_room(room, cleaned["day"], outside_hours=bool(cleaned.get("exception")))
        return cleaned

    def _lock_counselor_and_room(self, cleaned: dict[str, Any]) -> None:
        """In the order of ``docs/locks.md``; a slot's own lock comes after."""
        if counselor := cleaned.get("counselor"):
            cleaned["counselor"] = lock(Counselor.objects, counselor.pk)  # with the limits of this moment
        if room := cleaned.get("room"):
            lock(Room.objects, room.pk)

    def _check_rules(self, counselor: Counselor, room: Room | None, *, exception: str | None) -> None:
        """What publishing would not do is done by hand with a reason only."""
        mine = self.instance if self.instance.pk else None
        sentence = timetable.obstacle(counselor, self.instance.period, room and room.venue_id, but=mine)
        if sentence and not (exception or "").strip():
            self.add_error("exception", f"{sentence} 그래도 열려면 사유를 적어 주세요.")

    def _check_room(self, room: Room, day: date, *, outside_hours: bool) -> None:
        mine = RoomUse.objects.of(self.instance).first() if self.instance.pk else None
        if sentence := Usage.load([room], day, day).obstacle(
            room, self.instance.period, ignoring=mine, outside_hours=outside_hours
        ):
            self.add_error("room", sentence)

    def _get_validation_exclusions(self) -> set[str]:
        """``period`` is not a field of this form, but once it is known its constraints are to be checked."""
        return super()._get_validation_exclusions() - ({"period", "withdrawn_at"} if self.instance.period else set())


class TakenFilter(admin.SimpleListFilter):
    title = "예약"
    parameter_name = "taken"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "예약 있음"), ("no", "비어 있음")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() not in {"yes", "no"}:
            return queryset
        taken = Exists(Booking.objects.occupying(timezone.now()).filter(slot=OuterRef("pk")))
        return queryset.filter(taken if self.value() == "yes" else ~taken)


@admin.register(Slot)
class SlotAdmin(StaffAdmin):
    form = SlotForm
    list_display = ["when", "counselor", "mode_labels", "room", "published", "taken"]
    list_filter = [AheadFirst, TakenFilter, "counselor", "published"]
    actions = ["publish", "unpublish"]
    fields = ["counselor", "day", ("starts", "ends"), "modes", "room", "published", "exception"]
    ordering = [RangeStartsWith("period").asc(), "pk"]
    change_list_template = "admin/counseling/slot/change_list.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Slot]:
        taken = Booking.objects.occupying(timezone.now())
        slots = super().get_queryset(request).standing().of_the_house().select_related("counselor", "room")
        if not request.user.has_perm("counseling.view_every_booking"):
            slots = slots.filter(counselor__user=request.user)
        return slots.prefetch_related(Prefetch("bookings", taken, to_attr="taken_by"))

    def has_delete_permission(self, request: HttpRequest, obj: Slot | None = None) -> bool:
        """A slot that anybody ever booked stays: its bookings name it. It can be made private instead."""
        return super().has_delete_permission(request, obj) and not (obj and obj.bookings.exists())

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # one at a time, where the bookings can be seen
        return actions

    def formfield_for_foreignkey(self, key: models.ForeignKey, request: HttpRequest, **kwargs: Any) -> forms.Field:
        if key.name == "counselor":
            kwargs["queryset"] = own_counselors(request)
        return super().formfield_for_foreignkey(key, request, **kwargs)

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return []  # a centre has few counsellors and rooms; a plain list is quicker

    # --- Columns -----------------------------------------------------------------------------
    @admin.display(description="일시", ordering=RangeStartsWith("period"))
    def when(self, slot: Slot) -> str:
        return kperiod(slot.starts_at, slot.ends_at)

    @admin.display(description="방식")
    def mode_labels(self, slot: Slot) -> str:
        return slot.mode_labels

    @admin.display(description="예약")
    def taken(self, slot: Slot) -> str:
        return slot.taken_by[0].get_state_display() if slot.taken_by else "비어 있음"

    def save_model(self, request: HttpRequest, obj: Slot, form: forms.ModelForm, change: bool) -> None:
        """Whoever waits is offered a time that is new, or new to families; the page is one transaction."""
        super().save_model(request, obj, form, change)
        if obj.published and form.changed_data:
            waiting.slots_opened([obj])

    def construct_change_message(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """The reason for an exception stays in the history of the time."""
        said = super().construct_change_message(request, form, formsets, add)
        if reason := form.cleaned_data.get("exception"):
            said.append({"changed": {"fields": [f"예외 사유: {reason}"]}})
        return said

    # --- Actions -----------------------------------------------------------------------------
    @admin.action(description="선택한 시간 공개", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: models.QuerySet[Slot]) -> None:
        keys = list(queryset.values_list("pk", flat=True))
        with transaction.atomic():
            lock_all(Slot.objects, keys)
            hidden = list(Slot.objects.standing().filter(pk__in=keys, published=False).values_list("pk", flat=True))
            Slot.objects.filter(pk__in=hidden).update(published=True)
            waiting.slots_opened(Slot.objects.filter(pk__in=hidden).select_related("counselor", "room__venue"))
        self.message_user(request, f"{len(hidden)}개를 공개했습니다.")

    @admin.action(description="선택한 시간 비공개(있는 예약은 그대로)", permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: models.QuerySet[Slot]) -> None:
        self.message_user(request, f"{queryset.update(published=False)}개를 비공개로 바꾸었습니다.")

    # --- Many at once ------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        from counseling.admin.absence import AbsencePages  # noqa: PLC0415 (they stand on this page's forms)
        from counseling.admin.timetable import TimetablePages  # noqa: PLC0415

        return [*TimetablePages(self).urls(), *AbsencePages(self).urls(), *super().get_urls()]
