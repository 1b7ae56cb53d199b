"""The pages of a working day: the board, writing down what happened, cancelling, booking for a caller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from counseling import booking as bookings
from counseling import callers, questionnaires
from counseling.board import Board, marks
from counseling.finding import day_of
from counseling.forms import topics_for
from counseling.models import Booking, Mode, Slot, Topic
from lifecycle import access
from lifecycle.locks import Refused

if TYPE_CHECKING:
    from counseling.admin.bookings import BookingAdmin

State = Booking.State
View = Callable[..., HttpResponse]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="취소 사유",
        max_length=200,
        help_text="가족에게 보내는 문자와 이메일에 그대로 들어갑니다. 예: 상담사 사정으로",
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "취소 사유를 적어 주세요."},
    )


class CallForm(forms.Form):
    """What a caller wants, for the student found above it."""

    student = forms.IntegerField(widget=forms.HiddenInput, error_messages={"required": "학생을 먼저 골라 주세요."})
    topic = forms.ModelChoiceField(Topic.objects.none(), label="상담 주제", empty_label=None)
    mode = forms.ChoiceField(label="상담 방식", widget=forms.RadioSelect)
    question = forms.CharField(
        label="상담받고 싶은 내용", required=False, max_length=500, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, slot: Slot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].queryset = topics_for(slot)
        self.fields["mode"].choices = [(mode.value, mode.label) for mode in Mode if mode in slot.modes]
        self.fields["mode"].initial = slot.modes[0]


class Desk:
    """Pages that hang below ``BookingAdmin``, with its site, its permissions and its dress."""

    def __init__(self, page: BookingAdmin) -> None:
        self.page = page

    def urls(self) -> list[URLPattern]:
        def guarded(view: View, *permissions: str) -> View:
            @wraps(view)
            def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
                if not request.user.has_perms(permissions):
                    raise PermissionDenied
                return view(request, *args, **kwargs)

            return self.page.admin_site.admin_view(checked)

        see, change, call = "counseling.view_booking", "counseling.change_booking", "counseling.book_for_caller"
        both = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("board/", guarded(require_safe(self.board), see), name="counseling_board"),
            path("board/<int:pk>/mark/", guarded(require_POST(self.mark), see, change), name="counseling_mark"),
            path("board/<int:pk>/cancel/", guarded(both(self.cancel), see, change), name="counseling_cancel"),
            path("board/slots/<int:pk>/book/", guarded(both(self.call), call), name="counseling_call"),
        ]

    # --- The board ---------------------------------------------------------------------------
    def board(self, request: HttpRequest) -> HttpResponse:
        """오늘의 상담, or another day's with ``?day=``."""
        today = timezone.localdate()
        day = day_of(request.GET.get("day", "")) or today
        context = {
            "title": "오늘의 상담" if day == today else "하루 상담",
            "board": Board.of(day, request.user),
            "is_today": day == today,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1),
            "may_change": request.user.has_perm("counseling.change_booking"),
            "may_call": request.user.has_perm("counseling.book_for_caller"),
        }
        return self._page(request, "admin/counseling/board.html", context)

    def mark(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking = self._visible(request, pk)
        if (to := request.POST.get("to")) not in Booking.MARKS:
            raise PermissionDenied
        try:
            booking = bookings.mark(booking, State(to), by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"‘{booking.get_state_display()}’ 상태로 적었습니다.")
        return self._back(request, booking)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancel for the centre: a reason, which the family reads."""
        booking = self._visible(request, pk)
        form = ReasonForm(_typed(request))
        if form.is_valid():
            try:
                bookings.cancel(booking, by=request.user, reason=form.cleaned_data["reason"], by_centre=True)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, "예약을 취소하고 가족에게 알렸습니다.")
            return redirect(_board_url(booking))
        if request.method != "POST":
            access.viewed(request, booking.student, f"상담 예약 {booking.pk} 취소")
        context = {"title": "상담 예약 취소", "booking": booking, "form": form, "back": _board_url(booking)}
        return self._page(request, "admin/counseling/cancel.html", context)

    def call(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Book a free slot for somebody on the telephone or at the counter."""
        slot = get_object_or_404(Slot.objects.select_related("counselor", "room__venue"), pk=pk)
        query = request.GET.get("q", "").strip()
        found = callers.find(query, request.user) if query else []
        chosen = next((c for c in found if str(c.student.pk) == request.GET.get("student")), None)
        if len(found) == 1:
            chosen = found[0]
        if found and request.method != "POST":
            people = [caller.student for caller in found]
            access.record(request, access.AccessLog.Act.VIEW, "상담 대신 예약: 학생 찾기", subjects=people)
        form = CallForm(_typed(request), slot=slot, initial={"student": chosen and chosen.student.pk})
        if chosen:
            form.fields["topic"].widget.attrs["autofocus"] = True  # on from the name, by keyboard
        if form.is_valid() and (booking := self._book(request, slot, form)):
            messages.success(request, "예약했습니다. 가족에게 문자와 이메일로 알립니다.")
            return redirect(_board_url(booking))
        context = {
            "title": "대신 예약",
            "slot": slot,
            "query": query,
            "found": found,
            "chosen": chosen,
            "form": form,
            "back": _board_url(slot),
        }
        return self._page(request, "admin/counseling/call.html", context)

    def _book(self, request: HttpRequest, slot: Slot, form: CallForm) -> Booking | None:
        given = form.cleaned_data
        student = get_object_or_404(callers.students(request.user), pk=given.pop("student"))
        try:
            return bookings.book(slot.pk, student=student, by=request.user, on_behalf=True, **given)
        except Refused as refused:
            form.add_error(None, str(refused))
            return None

    # --- One booking -------------------------------------------------------------------------
    def steps(self, request: HttpRequest, booking: Booking) -> dict[str, Any]:
        """What its own page offers to do with a booking."""
        may = request.user.has_perm("counseling.change_booking")
        return {
            "marks": marks(booking, timezone.now()) if may else [],
            "can_cancel": may and booking.state == State.BOOKED,
            "board_url": _board_url(booking),
            "answers": questionnaires.of_booking(booking),
        }

    def _visible(self, request: HttpRequest, pk: int) -> Booking:
        return get_object_or_404(Booking.objects.visible_to(request.user).for_page(), pk=pk)

    def _back(self, request: HttpRequest, booking: Booking) -> HttpResponse:
        if request.POST.get("back") == "booking":
            return redirect("admin:counseling_booking_change", booking.pk)
        return redirect(_board_url(booking))

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        site: admin.AdminSite = self.page.admin_site
        return TemplateResponse(request, template, {**site.each_context(request), "opts": self.page.opts, **context})


def _board_url(about: Booking | Slot) -> str:
    return f"{reverse('admin:counseling_board')}?day={timezone.localdate(about.starts_at)}"


def _typed(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
