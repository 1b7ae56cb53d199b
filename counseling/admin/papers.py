"""What staff take out of the house on paper: 상담 통계 as page, file and paper, and confirmations for families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from counseling import figures, papers
from counseling.models import Booking
from counseling.periods import Stretch, choices
from lifecycle.locks import Refused
from tables.files import FILES, attachment

if TYPE_CHECKING:
    from counseling.admin.bookings import BookingAdmin


class Papers:
    """Pages that hang below ``BookingAdmin``. Nobody's name is in the figures, so no reason is asked for them."""

    def __init__(self, page: BookingAdmin) -> None:
        self.page = page

    def urls(self) -> list[URLPattern]:
        open_to = self.page.admin_site.admin_view
        return [
            path("figures/", open_to(require_safe(self.show)), name="counseling_figures"),
            path("figures/paper/", open_to(require_POST(self.paper)), name="counseling_figures_paper"),
            path(
                "figures/<str:code>/<slug:by>.<str:form>",
                open_to(require_safe(self.file)),
                name="counseling_figures_file",
            ),
            path("<int:pk>/confirmation/", open_to(require_POST(self.confirm)), name="counseling_confirmation"),
        ]

    def show(self, request: HttpRequest) -> HttpResponse:
        stretch = _stretch(request, request.GET.get("of", ""))
        found = {table.slug.rsplit("-", 1)[1]: table for table in figures.tables(stretch)}
        by = asked if (asked := request.GET.get("by", "")) in found else next(iter(found))
        context = {
            "title": "상담 통계",
            "stretch": stretch,
            "stretches": choices(timezone.localdate()),
            "by": by,
            "divisions": {code: figures.DIMENSIONS[code] for code in found},
            "table": found[by],
        }
        site: admin.AdminSite = self.page.admin_site
        context = {**site.each_context(request), "opts": self.page.opts, **context}
        return TemplateResponse(request, "admin/counseling/figures.html", context)

    def file(self, request: HttpRequest, code: str, by: str, form: str) -> HttpResponse:
        stretch = _stretch(request, code, strict=True)
        table = next((one for one in figures.tables(stretch) if one.slug.endswith(f"-{by}")), None)
        if table is None or form not in FILES:
            raise Http404
        return attachment(FILES[form](table), table.title, form)

    def paper(self, request: HttpRequest) -> HttpResponse:
        return redirect(papers.statistics(_stretch(request, request.POST.get("of", ""), strict=True), by=request.user))

    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The confirmation of a booking, for a family at the counter."""
        if not request.user.has_perms(["counseling.view_booking", "counseling.change_booking"]):
            raise PermissionDenied
        booking = get_object_or_404(Booking.objects.visible_to(request.user).for_page(), pk=pk)
        try:
            return redirect(papers.confirm(booking, by=request.user))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:counseling_booking_change", pk)


def _stretch(request: HttpRequest, code: str, *, strict: bool = False) -> Stretch:
    """The stretch asked for; on the page this year when it makes no sense."""
    if not request.user.has_perm("counseling.view_figures"):
        raise PermissionDenied
    if stretch := Stretch.read(code):
        return stretch
    if strict:
        raise Http404
    return choices(timezone.localdate())[0]
