"""박람회: its booths, making their times with a look first, last year's booths, the board of the day and the sheets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from counseling import booking as bookings
from counseling import dropping_out, fair_papers, fair_views, fairs
from counseling.board import marks
from counseling.models import Booking, Booth, BoothBreak, Fair
from krds.dates import kdate
from lifecycle import access
from lifecycle.admin import StaffAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name

LOOK_AGAIN = 30  # seconds, by the page itself
STAFF = "counseling.staff_fair"
CALL = "counseling.book_for_caller"
both = require_http_methods(["GET", "HEAD", "POST"])


class BreakInline(admin.TabularInline):
    model = BoothBreak
    extra = 1


@admin.register(Booth)
class BoothAdmin(StaffAdmin):
    list_display = ["fair", "number", "partner", "officer", "hours", "minutes", "active", "has_times"]
    list_display_links = ["number", "partner"]
    list_filter = ["active"]
    search_fields = ["partner__name", "officer"]
    inlines = [BreakInline]
    fieldsets = [
        (None, {"fields": ["fair", "number", "partner", "officer", "subject", "place", "active"]}),
        ("시간", {"fields": [("starts", "ends"), ("minutes", "pause")]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booth]:
        return super().get_queryset(request).select_related("fair__run__program", "partner")

    def get_readonly_fields(self, request: HttpRequest, obj: Booth | None = None) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "fair", "partner"] if obj and obj.counselor_id else fields  # bookings name both

    def has_delete_permission(self, request: HttpRequest, obj: Booth | None = None) -> bool:
        """A booth that ever had times stays; it is taken out by switching it off."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.counselor_id is None)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def response_post_save_add(self, request: HttpRequest, obj: Booth) -> HttpResponse:
        return redirect("admin:counseling_fair_change", obj.fair_id)

    def response_post_save_change(self, request: HttpRequest, obj: Booth) -> HttpResponse:
        messages.info(request, "부스를 고쳤습니다. ‘시간 만들기’를 눌러야 상담 시간에 반영됩니다.")
        return redirect("admin:counseling_fair_change", obj.fair_id)

    @admin.display(description="시간")
    def hours(self, booth: Booth) -> str:
        return f"{booth.starts:%H:%M} ~ {booth.ends:%H:%M}"

    @admin.display(description="시간 만듦", boolean=True)
    def has_times(self, booth: Booth) -> bool:
        return booth.counselor_id is not None


class CopyForm(forms.Form):
    source = forms.ModelChoiceField(
        Fair.objects.none(), label="가져올 박람회", error_messages={"required": "가져올 박람회를 골라 주세요."}
    )

    def __init__(self, *args: Any, fair: Fair, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = Fair.objects.exclude(pk=fair.pk).select_related("run__program")


class DropOutForm(forms.Form):
    reason = forms.CharField(
        label="가족에게 알릴 사유",
        max_length=100,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="문자와 이메일에 그대로 들어갑니다.",
        error_messages={"required": "가족이 읽을 사유를 적어 주세요."},
    )


@admin.register(Fair)
class FairAdmin(StaffAdmin):
    list_display = ["run", "day", "opens_at", "per_visitor", "booths"]
    list_select_related = ["run__program"]
    fields = ["run", "opens_at", "per_visitor", "note"]
    change_form_template = "admin/counseling/fair/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Fair]:
        return super().get_queryset(request).select_related("run__program").annotate(number=Count("booths"))

    def get_readonly_fields(self, request: HttpRequest, obj: Fair | None = None) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "run"] if obj else fields

    def has_delete_permission(self, request: HttpRequest, obj: Fair | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.booths.exists())

    @admin.display(description="날짜", ordering="run__starts_at")
    def day(self, fair: Fair) -> str:
        return kdate(fair.day)

    @admin.display(description="부스", ordering="number")
    def booths(self, fair: Fair) -> int:
        return fair.number

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if object_id and (fair := self.get_object(request, object_id)):
            context |= {
                "its_booths": fairs.booths_of(fair),
                "may_change": self.has_change_permission(request, fair),
                "may_add_booth": request.user.has_perm("counseling.add_booth"),
                "is_staffed": request.user.has_perm(STAFF),
                "screen_url": fair_views.screen_url(fair),
            }
        return super().changeform_view(request, object_id, form_url, context)

    # --- Pages of its own -------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"counseling_fair_{name}")

        return [
            page("<int:pk>/times/", both(self.times), "times"),
            page("<int:pk>/copy/", both(self.copy), "copy"),
            page("<int:pk>/board/", never_cache(both(self.board)), "board"),
            page("booths/<int:pk>/drop-out/", both(self.drop_out), "drop_out"),
            page("booths/<int:pk>/sheet.pdf", never_cache(require_safe(self.sheet)), "sheet"),
            *super().get_urls(),
        ]

    def _one(self, request: HttpRequest, pk: int, permission: str) -> Fair:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return get_object_or_404(Fair.objects.for_page(), pk=pk)

    def _page(self, request: HttpRequest, name: str, fair: Fair, context: dict[str, Any]) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "fair": fair}
        return TemplateResponse(request, f"admin/counseling/fair/{name}.html", {**shared, **context})

    def times(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Look at what would happen, do it; what was seen is what is done."""
        fair, refused = self._one(request, pk, "counseling.change_fair"), ""
        if request.method == "POST":
            try:
                done = fairs.publish(fair, expected=request.POST.get("seen") or "-")
            except Refused as sentence:
                refused = str(sentence)
            else:
                new, gone = sum(len(one.new) for one in done), sum(len(one.gone) for one in done)
                messages.success(request, f"시간을 반영했습니다. 새로 만든 시간 {new}개, 거둔 시간 {gone}개.")
                return redirect("admin:counseling_fair_change", fair.pk)
        plans = fairs.plan(fair)
        context = {"title": "시간 만들기", "plans": plans, "seen": fairs.digest(plans), "refused": refused}
        return self._page(request, "times", fair, context)

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        fair = self._one(request, pk, "counseling.change_fair")
        form = CopyForm(request.POST if request.method == "POST" else None, fair=fair)
        if form.is_valid():
            try:
                number = fairs.copy(form.cleaned_data["source"], fair)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(
                    request, f"부스 {number}개를 가져왔습니다. 상담자와 시간을 확인한 뒤 시간을 만들어 주세요."
                )
                return redirect("admin:counseling_fair_change", fair.pk)
        return self._page(request, "copy", fair, {"title": "지난 박람회의 부스 가져오기", "form": form})

    def board(self, request: HttpRequest, pk: int) -> HttpResponse:
        """현황판: booth by booth who sits there and who is next, with arrival and no-show. Looks again by itself."""
        fair = self._one(request, pk, STAFF)
        if request.method == "POST":
            return self._mark(request, fair)
        now = timezone.now()
        stands = fairs.stands(fair, now)
        rows = [
            (stand, [(line, mask_name(line.booking.student.name), marks(line.booking, now)) for line in booked])
            for stand in stands
            for booked in [[line for line in stand.lines if line.booking]]
        ]
        context = {
            "title": "박람회 현황판",
            "rows": rows,
            "now": now,
            "look_again": LOOK_AGAIN,
            "may_call": request.user.has_perms([CALL, "counseling.view_booking"]),
            "may_open": request.user.has_perm("counseling.view_every_booking"),
        }
        page = self._page(request, "board", fair, context)
        page.headers["Refresh"] = str(LOOK_AGAIN)
        return page

    def _mark(self, request: HttpRequest, fair: Fair) -> HttpResponse:
        asked, to = request.POST.get("booking", ""), request.POST.get("to", "")
        at_the_fair = Booking.objects.filter(topic__booth__fair=fair)
        key = int(asked) if asked.isdecimal() and len(asked) < 18 else 0
        booking = get_object_or_404(at_the_fair.for_page(), pk=key)
        if to not in Booking.MARKS:
            raise PermissionDenied
        try:
            bookings.mark(booking, Booking.State(to), by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect(f"{reverse('admin:counseling_fair_board', args=[fair.pk])}#talk-{booking.pk}")

    def drop_out(self, request: HttpRequest, pk: int) -> HttpResponse:
        """부스 불참: whom it hits, the reason, and everything cancelled with one notice for each family."""
        booth = get_object_or_404(Booth.objects.select_related("partner", "counselor"), pk=pk)
        fair = self._one(request, booth.fair_id, "counseling.change_fair")
        start = {"reason": f"{booth.partner.name} 부스가 사정으로 참가하지 못하게 되었습니다"[:100]}
        form = DropOutForm(request.POST if request.method == "POST" else None, initial=start)
        if form.is_valid():
            try:
                done = dropping_out.drop_out(booth, by=request.user, reason=form.cleaned_data["reason"])
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(
                    request, f"상담 {done.cancelled}건을 취소하고 빈 시간 {done.withdrawn}개를 거뒀습니다."
                )
                for booking, sentence in done.failures:
                    messages.error(request, f"{mask_name(booking.student.name)}: {sentence} 이 예약은 그대로입니다.")
                return redirect("admin:counseling_fair_change", fair.pk)
        hit = [(one, mask_name(one.student.name)) for one in dropping_out.hit(booth)]
        context = {"title": f"{booth.called} 참가 취소", "booth": booth, "form": form, "hit": hit}
        return self._page(request, "drop_out", fair, context)

    def sheet(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A booth's day on paper, with names: whoever prints it leaves a row."""
        if not request.user.has_perm(STAFF):
            raise PermissionDenied
        booth = get_object_or_404(Booth.objects.select_related("fair__run__program", "partner"), pk=pk)
        if booth.counselor_id is None:
            messages.error(request, "아직 상담 시간을 만들지 않은 부스입니다.")
            return redirect("admin:counseling_fair_change", booth.fair_id)
        [stand] = fairs.stands(booth.fair, timezone.now(), only=booth)
        people = [line.booking.student for line in stand.lines if line.booking]
        if people:
            access.record(request, access.AccessLog.Act.VIEW, f"박람회 부스 일정표 {booth.called}", subjects=people)
        return fair_views.pdf(fair_papers.of_booth(booth), f"{booth.called} 상담 일정표")
