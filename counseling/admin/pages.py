"""What the pages below ``BookingAdmin`` share: its site, its dress, who may come in, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from counseling.board import View as BoardView
from counseling.models import Booking, Slot

if TYPE_CHECKING:
    from counseling.admin.bookings import BookingAdmin

View = Callable[..., HttpResponse]

SEE, CHANGE, CALL = "counseling.view_booking", "counseling.change_booking", "counseling.book_for_caller"
EVERY = "counseling.view_every_booking"

both = require_http_methods(["GET", "HEAD", "POST"])


class ReasonForm(forms.Form):
    """Why the centre does something to a family's booking; the family reads it."""

    reason = forms.CharField(
        label="사유",
        max_length=200,
        help_text="가족에게 보내는 문자와 이메일에 그대로 들어갑니다. 예: 상담사 사정으로",
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "사유를 적어 주세요. 가족이 함께 읽습니다."},
    )


class Pages:
    """Pages that hang below ``BookingAdmin``."""

    def __init__(self, page: BookingAdmin) -> None:
        self.page = page

    def guarded(self, view: View, *permissions: str) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return self.page.admin_site.admin_view(checked)

    def visible(self, request: HttpRequest, pk: int) -> Booking:
        return get_object_or_404(Booking.objects.visible_to(request.user).for_page(), pk=pk)

    def show(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        site: admin.AdminSite = self.page.admin_site
        return TemplateResponse(request, template, {**site.each_context(request), "opts": self.page.opts, **context})

    def back(self, request: HttpRequest, booking: Booking) -> HttpResponse:
        """To where the button was pressed: the booking's page, the list of what waits, or its cell on the board."""
        where = request.POST.get("back")
        if where == "booking":
            return redirect("admin:counseling_booking_change", booking.pk)
        if where == "open":
            return redirect("admin:counseling_open")
        view = BoardView.read(request.POST, timezone.localdate()).on(timezone.localdate(booking.starts_at))
        return redirect(f"{reverse('admin:counseling_board')}{view.query}#slot-{booking.slot_id}")


def board_url(about: Booking | Slot) -> str:
    """Where the day of ``about`` is worked on: the board, or that of its fair."""
    counselor = about.slot.counselor if isinstance(about, Booking) else about.counselor
    if counselor.user_id is None:
        return reverse("admin:counseling_fair_board", args=[counselor.booth.fair_id])
    slot = about.slot_id if isinstance(about, Booking) else about.pk
    return f"{reverse('admin:counseling_board')}?day={timezone.localdate(about.starts_at)}#slot-{slot}"


def typed(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
