"""Changing a booking for a family: another time or counsellor, or a sibling in its place."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path

from accounts import callers
from counseling import assignment, changing
from counseling.admin.choices import Offered, offered
from counseling.admin.pages import CHANGE, SEE, Pages, ReasonForm, board_url, both, typed
from counseling.finding import day_of
from counseling.models import Booking, Mode
from lifecycle import access
from lifecycle.locks import Refused


class MoveForm(ReasonForm):
    """Where a booking goes, and why."""

    slot = forms.IntegerField(
        error_messages={"required": "새 시간을 골라 주세요.", "invalid": "새 시간을 골라 주세요."}
    )
    mode = forms.ChoiceField(choices=[("", "지금 그대로"), *Mode.choices], label="상담 방식", required=False)
    field_order = ["slot", "mode", "reason"]


class SwapForm(forms.Form):
    student = forms.IntegerField(error_messages={"required": "학생을 골라 주세요.", "invalid": "학생을 골라 주세요."})
    reason = forms.CharField(
        label="사유",
        max_length=200,
        required=False,
        help_text="형제자매가 아니면 꼭 적어 주세요. 원래 가족이 읽습니다.",
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
    )


class Changes(Pages):
    def urls(self) -> list[URLPattern]:
        return [
            path("board/<int:pk>/move/", self.guarded(both(self.move), SEE, CHANGE), name="counseling_move"),
            path("board/<int:pk>/swap/", self.guarded(both(self.swap), SEE, CHANGE), name="counseling_swap"),
        ]

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The next free times of all counsellors, or those of one day; the same moment with others first."""
        booking = self.visible(request, pk)
        form = MoveForm(typed(request))
        if form.is_valid():
            given = form.cleaned_data
            asked = {"reason": given["reason"], "mode": given["mode"] or None, "by": request.user, "by_centre": True}
            try:
                moved = changing.move(booking, given["slot"], **asked)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, "예약을 바꾸고 가족에게 알렸습니다.")
                return redirect(board_url(moved))
        if request.method != "POST":
            access.viewed(request, booking.student, f"상담 예약 {booking.pk} 변경")
        day = day_of(request.GET.get("day", ""))
        same, others = self._choices(booking, day)
        context = {
            "title": "예약 변경",
            "booking": booking,
            "form": form,
            "same": same,
            "others": others,
            "day": day,
            "chosen": form.data.get("slot"),
            "back": board_url(booking),
            "can_change": booking.state == Booking.State.BOOKED,
        }
        return self.show(request, "admin/counseling/move.html", context)

    def _choices(self, booking: Booking, day: date | None) -> tuple[list[Offered], list[Offered]]:
        slots = assignment.suitable(booking.topic, None, by_staff=True).exclude(pk=booking.slot_id)
        then = {"period__startswith": booking.starts_at}
        same = offered(slots.filter(**then), booking.student, instead_of=booking)
        return same, offered(slots.exclude(**then), booking.student, day=day, instead_of=booking)

    def swap(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Brothers and sisters to choose from; somebody else with a reason."""
        booking = self.visible(request, pk)
        query = request.GET.get("q", "").strip()
        siblings = changing.siblings(booking.student)
        found = (
            [caller for caller in callers.find(query, request.user) if caller.student != booking.student]
            if query
            else []
        )
        form = SwapForm(typed(request))
        if form.is_valid() and (new := self._swapped(request, booking, form)):
            messages.success(request, "학생을 바꾸고 가족에게 알렸습니다.")
            return redirect(board_url(new))
        if request.method != "POST":
            people = [booking.student, *siblings, *(caller.student for caller in found)]
            access.record(request, access.AccessLog.Act.VIEW, f"상담 예약 {booking.pk} 학생 바꾸기", subjects=people)
        context = {
            "title": "다른 학생으로 바꾸기",
            "booking": booking,
            "siblings": siblings,
            "query": query,
            "found": found,
            "form": form,
            "chosen": form.data.get("student"),
            "back": board_url(booking),
            "can_change": booking.state == Booking.State.BOOKED,
        }
        return self.show(request, "admin/counseling/swap.html", context)

    def _swapped(self, request: HttpRequest, booking: Booking, form: SwapForm) -> Booking | None:
        given: dict[str, Any] = form.cleaned_data
        student = get_object_or_404(callers.students(request.user), pk=given["student"])
        try:
            return changing.swap(booking, student, by=request.user, reason=given["reason"])
        except Refused as refused:
            form.add_error(None, str(refused))
            return None
