"""The pages of a working day: the board, what waits to be written down, arrival and end, cancelling."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_POST, require_safe

from counseling import booking as bookings
from counseling import questionnaires
from counseling.admin.pages import CALL, CHANGE, SEE, Pages, ReasonForm, board_url, both, typed
from counseling.board import Board, View, marks
from counseling.models import Booking
from lifecycle import access
from lifecycle.locks import Refused
from lifecycle.masking import mask_name

State = Booking.State

MOST_OPEN = 50  # of what waits, on one page
LOOK_AGAIN = 15  # seconds between two questions whether anything changed


class Desk(Pages):
    """The board and its buttons."""

    def urls(self) -> list[URLPattern]:
        guarded = self.guarded
        return [
            path("board/", guarded(require_safe(self.board), SEE), name="counseling_board"),
            path("board/live/", guarded(require_safe(self.live), SEE), name="counseling_board_live"),
            path("open/", guarded(require_safe(self.open), SEE), name="counseling_open"),
            path("board/<int:pk>/mark/", guarded(require_POST(self.mark), SEE, CHANGE), name="counseling_mark"),
            path("board/<int:pk>/cancel/", guarded(both(self.cancel), SEE, CHANGE), name="counseling_cancel"),
        ]

    def board(self, request: HttpRequest) -> HttpResponse:
        """오늘의 상담, or another day's with ``?day=``; by counsellors or by rooms."""
        today, now = timezone.localdate(), timezone.now()
        view = View.read(request.GET, today)
        context = {
            "title": "오늘의 상담" if view.day == today else "하루 상담",
            "board": Board.of(view, request.user),
            "view": view,
            "is_today": view.day == today,
            "is_ahead": view.day > today,
            "before": view.on(view.day - timedelta(days=1)).query,
            "after": view.on(view.day + timedelta(days=1)).query,
            "open_count": unmarked(request.user, now)[: MOST_OPEN + 1].count(),
            "most_open": MOST_OPEN,
            "look_again": LOOK_AGAIN,
            **self._may(request),
        }
        return self.show(request, "admin/counseling/board.html", context)

    def live(self, request: HttpRequest) -> HttpResponse:
        """The table alone, for a page that looks again by itself: 304 as long as nothing changed."""
        view = View.read(request.GET, timezone.localdate())
        etag = Board.etag_of(view, request.user)
        if unchanged := get_conditional_response(request, etag=etag):
            return unchanged
        board = Board.of(view, request.user)
        context = {"board": board, "view": view, **self._may(request)}
        page = TemplateResponse(request, "admin/counseling/_board.html", context)
        page["ETag"] = board.etag
        return page

    def open(self, request: HttpRequest) -> HttpResponse:
        """아직 처리 안 한 상담: over, and nobody has said what became of it; the oldest first."""
        now = timezone.now()
        rows = list(unmarked(request.user, now).for_page()[:MOST_OPEN])
        lines = [
            {"booking": booking, "who": mask_name(booking.student.name), "marks": marks(booking, now)}
            for booking in rows
        ]
        context = {"title": "아직 처리 안 한 상담", "lines": lines, "most_open": MOST_OPEN, **self._may(request)}
        return self.show(request, "admin/counseling/open.html", context)

    def mark(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking = self.visible(request, pk)
        if (to := request.POST.get("to")) not in Booking.MARKS:
            raise PermissionDenied
        try:
            booking = bookings.mark(booking, State(to), by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            who = f"{timezone.localtime(booking.starts_at):%H:%M} {mask_name(booking.student.name)}"
            messages.success(request, f"{who} 학생을 ‘{booking.get_state_display()}’ 상태로 적었습니다.")
        return self.back(request, booking)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancel for the centre: a reason, which the family reads."""
        booking = self.visible(request, pk)
        form = ReasonForm(typed(request))
        if form.is_valid():
            try:
                bookings.cancel(booking, by=request.user, reason=form.cleaned_data["reason"], by_centre=True)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, "예약을 취소하고 가족에게 알렸습니다.")
            return redirect(board_url(booking))
        if request.method != "POST":
            access.viewed(request, booking.student, f"상담 예약 {booking.pk} 취소")
        context = {"title": "상담 예약 취소", "booking": booking, "form": form, "back": board_url(booking)}
        return self.show(request, "admin/counseling/cancel.html", context)

    def steps(self, request: HttpRequest, booking: Booking) -> dict[str, Any]:
        """What its own page offers to do with a booking."""
        may = request.user.has_perm(CHANGE)
        return {
            "marks": marks(booking, timezone.now()) if may else [],
            "can_change": may and booking.state == State.BOOKED,
            "board_url": board_url(booking),
            "answers": questionnaires.of_booking(booking),
        }

    def _may(self, request: HttpRequest) -> dict[str, bool]:
        return {"may_change": request.user.has_perm(CHANGE), "may_call": request.user.has_perm(CALL)}


def unmarked(user: Any, now: datetime) -> QuerySet[Booking]:
    """Agreed counsellings that are over, of those that ``user`` may see."""
    mine = Booking.objects.visible_to(user).filter(
        state__in=Booking.AGREED, period__endswith__lte=now, topic__at_fair=False
    )
    return mine.order_by("period__startswith", "pk")
