"""The address of one counselling by video, given by staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from counseling import video
from counseling.models import Booking, Mode
from lifecycle import access
from lifecycle.locks import Refused

if TYPE_CHECKING:
    from counseling.admin.bookings import BookingAdmin


class LinkForm(forms.Form):
    url = forms.CharField(
        label="접속 주소",
        required=False,
        max_length=video.LONGEST,
        widget=forms.URLInput({"class": "vURLField", "autocomplete": "off"}),
        help_text="https://로 시작하는 주소. 비우면 상담사의 주소를 씁니다.",
    )


class VideoPages:
    """A page that hangs below ``BookingAdmin``, with its site, its permissions and its dress."""

    def __init__(self, page: BookingAdmin) -> None:
        self.page = page

    def urls(self) -> list[URLPattern]:
        both = require_http_methods(["GET", "HEAD", "POST"])
        return [path("<int:pk>/video/", self.page.admin_site.admin_view(both(self.link)), name="counseling_video")]

    @staticmethod
    def can_link(request: HttpRequest, booking: Booking) -> bool:
        may = request.user.has_perm("counseling.change_booking")
        return may and booking.mode == Mode.VIDEO and booking.state in Booking.AGREED and not booking.is_over

    def link(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perms(["counseling.view_booking", "counseling.change_booking"]):
            raise PermissionDenied
        booking = get_object_or_404(Booking.objects.visible_to(request.user).for_page(), pk=pk)
        form = LinkForm(request.POST if request.method == "POST" else None, initial={"url": booking.video_url})
        if form.is_valid():
            try:
                video.give(booking, form.cleaned_data["url"], by=request.user)
            except Refused as refused:
                form.add_error("url", str(refused))
            else:
                messages.success(request, "접속 주소를 저장했습니다. 바뀌었으면 가족에게 알립니다.")
                return redirect("admin:counseling_booking_change", booking.pk)
        if request.method != "POST":
            access.viewed(request, booking.student, f"상담 예약 {booking.pk} 화상 접속 주소")
        site = self.page.admin_site
        context = {"title": "화상 상담 접속 주소", "opts": self.page.opts, "booking": booking, "form": form}
        return TemplateResponse(request, "admin/counseling/video.html", {**site.each_context(request), **context})
