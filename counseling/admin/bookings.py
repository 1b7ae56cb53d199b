"""Bookings: seen, marked and cancelled through the same use cases as everywhere; typed into by nobody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from counseling import sensitive
from counseling.admin.calls import Calls
from counseling.admin.changes import Changes
from counseling.admin.desk import Desk
from counseling.admin.history import History
from counseling.admin.papers import Papers
from counseling.admin.periods import WhenFilter
from counseling.admin.records import Records, record_steps
from counseling.admin.video import VideoPages
from counseling.models import Booking, BookingChange
from counseling.papers import can_confirm
from krds.dates import kperiod
from lifecycle.admin import MaskedAdmin
from lifecycle.masking import mask_name


class ChangesInline(admin.TabularInline):
    """변경 이력: what the booking was before, for whoever may open it."""

    model = BookingChange
    fk_name = "booking"
    verbose_name = verbose_name_plural = "변경 이력"
    fields = readonly_fields = ["at", "summary", "who", "reason"]
    template = "admin/counseling/booking/changes.html"
    extra = max_num = 0
    can_delete = False
    ordering = ["at", "pk"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[BookingChange]:
        return super().get_queryset(request).for_page()

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    @admin.display(description="바뀐 내용")
    def summary(self, change: BookingChange) -> str:
        return change.summary

    @admin.display(description="바꾼 사람")
    def who(self, change: BookingChange) -> str:
        """Staff by name; a family's own act by a masked one."""
        return str(change.by) if change.by.is_staff else mask_name(str(change.by))


class ConsentFilter(admin.SimpleListFilter):
    """Counselling ahead whose consent to sensitive data is missing: taken back, or never given."""

    title = "민감정보 동의"
    parameter_name = "consent"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("missing", "동의 없는 다가오는 상담")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() != "missing":
            return queryset
        return queryset.filter(pk__in=sensitive.unagreed(request.user).order_by().values("pk"))


@admin.register(Booking)
class BookingAdmin(MaskedAdmin):
    personal = {"student__name": mask_name}
    subject = "student"
    list_display = [
        "when",
        "student__name",
        "topic__name",
        "counselor",
        "state",
        "booked_at",
        "mode",
        "on_behalf",
    ]
    list_filter = [WhenFilter, "state", "topic", "mode", "slot__counselor", "on_behalf", ConsentFilter]
    search_fields = ["student__name"]
    search_help_text = "학생 이름으로 찾습니다."
    ordering = ["-booked_at", "-pk"]
    change_form_template = "admin/counseling/booking/change_form.html"
    fields = [
        "state",
        "when",
        "student",
        "grade",
        "topic",
        "mode",
        "counselor",
        "room",
        "meeting_url",
        "question",
        "booked_by",
        "on_behalf",
        "booked_at",
        "reminded_at",
    ]
    readonly_fields = fields
    inlines = [ChangesInline]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Booking]:
        mine = super().get_queryset(request)
        if not request.user.has_perm("counseling.view_every_booking"):
            mine = mine.filter(slot__counselor__user=request.user)
        given_up = [Booking.State.HELD, Booking.State.RELEASED]
        return mine.exclude(state__in=given_up).select_related("slot__counselor", "slot__room__venue", "booked_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a time is taken on the board, under the locks of ``booking``

    def has_change_permission(self, request: HttpRequest, obj: Booking | None = None) -> bool:
        return False  # nothing to type; the buttons ask ``counseling.change_booking`` themselves

    def get_urls(self) -> list[URLPattern]:
        kinds = (Desk, Calls, Changes, History, Papers, VideoPages, Records)
        return [*(url for pages in kinds for url in pages(self).urls()), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        booking = self.get_object(request, object_id)
        steps = (
            {
                **Desk(self).steps(request, booking),
                "can_confirm": request.user.has_perm("counseling.change_booking") and can_confirm(booking),
                "can_link": VideoPages.can_link(request, booking),
                **record_steps(request, booking),
                "lacks_consent": booking.state in Booking.AGREED
                and sensitive.is_missing(booking.student, booking.topic),
            }
            if booking
            else {}
        )
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **steps})

    @admin.display(description="상담 일시", ordering="period__startswith")
    def when(self, booking: Booking) -> str:
        return kperiod(booking.starts_at, booking.ends_at)

    @admin.display(description="학년")
    def grade(self, booking: Booking) -> str:
        return booking.student.grade_label

    @admin.display(description="상담사", ordering="slot__counselor__name")
    def counselor(self, booking: Booking) -> str:
        return booking.slot.counselor.name

    @admin.display(description="상담실")
    def room(self, booking: Booking) -> str:
        return str(booking.slot.room or "–")

    @admin.display(description="화상 접속 주소")
    def meeting_url(self, booking: Booking) -> str:
        return booking.meeting_url or "–"
