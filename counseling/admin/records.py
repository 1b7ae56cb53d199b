"""The counsellor's record: writing, reading, sharing; and who opened it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import callers
from accounts.models import Student
from counseling import openings, records, sheets
from counseling.admin.record_forms import RecordForm, ShareForm, WhyForm
from counseling.models import Booking, BreakGlass, Proposal, Record
from documents.pdf import RenderError
from lifecycle import access, retention
from lifecycle.admin import AppendOnlyAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name

if TYPE_CHECKING:
    from counseling.admin.bookings import BookingAdmin

A_PAGE = 50
View = Callable[..., HttpResponse]


@admin.register(BreakGlass)
class BreakGlassAdmin(AppendOnlyAdmin):
    """긴급 열람: who opened somebody else's record, and why."""

    list_display = ["at", "by", "record", "reason", "until"]
    list_filter = ["at"]
    search_fields = ["by__name", "reason"]
    search_help_text = "연 사람의 이름이나 사유로 찾습니다."
    fields = ["at", "until", "by", "record", "reason"]


class Records:
    """Pages that hang below ``BookingAdmin``. A record that one may not open does not exist."""

    def __init__(self, page: BookingAdmin) -> None:
        self.page = page

    def urls(self) -> list[URLPattern]:
        def guarded(view: View, permission: str) -> View:
            @wraps(view)
            def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
                if not request.user.has_perm(permission):
                    raise PermissionDenied
                return view(request, *args, **kwargs)

            return self.page.admin_site.admin_view(never_cache(checked))

        both = require_http_methods(["GET", "HEAD", "POST"])
        see, change = "counseling.view_booking", "counseling.change_booking"
        glass, watch = "counseling.break_glass", "counseling.view_record_openings"
        return [
            path("records/", guarded(require_safe(self.todo), see), name="counseling_records"),
            path("records/next/", guarded(require_safe(self.proposals), see), name="counseling_proposals"),
            path("records/openings/", guarded(require_safe(self.openings), watch), name="counseling_openings"),
            path("records/emergency/", guarded(require_safe(self.find), glass), name="counseling_emergency"),
            path("<int:pk>/record/", guarded(require_safe(self.read), see), name="counseling_record"),
            path("<int:pk>/record/write/", guarded(both(self.write), change), name="counseling_write_record"),
            path("<int:pk>/record/share/", guarded(both(self.share), change), name="counseling_share_record"),
            path("<int:pk>/record/unshare/", guarded(both(self.unshare), change), name="counseling_unshare_record"),
            path(
                "<int:pk>/record/history/",
                guarded(require_safe(self.history), see),
                name="counseling_history_of_record",
            ),
            path("<int:pk>/record/emergency/", guarded(both(self.break_glass), glass), name="counseling_break_glass"),
        ]

    # --- Lists -------------------------------------------------------------------------------
    def todo(self, request: HttpRequest) -> HttpResponse:
        """쓸 기록: counselling that took place and has no record; below, what was written last."""
        waiting = records.unwritten(request.user).for_page()
        written = Record.objects.readable_by(request.user).for_page().order_by("-changed_at", "-pk")
        context = {
            "title": "상담 기록",
            "waiting": [(booking, mask_name(booking.student.name)) for booking in waiting[:A_PAGE]],
            "more": waiting.count() > A_PAGE,
            "page": _masked(Paginator(written, 20).get_page(request.GET.get("page"))),
        }
        return self._page(request, "todo", context)

    def proposals(self, request: HttpRequest) -> HttpResponse:
        """다음 상담 제안: who was proposed what, and has not booked yet."""
        found = Proposal.objects.filter(record__in=Record.objects.readable_by(request.user)).with_booked()
        everybody = request.GET.get("show") == "all"
        if not everybody:
            found = found.filter(booked=False)
        found = found.select_related("topic", "record__booking__student", "record__booking__slot__counselor")
        page = Paginator(found.order_by("on", "pk"), A_PAGE).get_page(request.GET.get("page"))
        for proposal in page:
            proposal.who = mask_name(proposal.record.booking.student.name)
        today = timezone.localdate()
        return self._page(
            request, "next", {"title": "다음 상담 제안", "page": page, "everybody": everybody, "today": today}
        )

    def openings(self, request: HttpRequest) -> HttpResponse:
        """누가 이 기록을 열었나: every opening, of one record or of one student."""
        number, name = request.GET.get("record", "").strip(), request.GET.get("name", "").strip()
        students = Student.objects.filter(name=name)[:20] if name else []
        found = openings.found(record=int(number) if number.isdecimal() else None, students=students if name else None)
        page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
        if students:
            access.record(request, access.AccessLog.Act.VIEW, "상담 기록 열람 이력 찾기", subjects=list(students))
        context = {"title": "상담 기록 열람 이력", "page": page, "number": number, "name": name}
        return self._page(request, "openings", context)

    # --- One record --------------------------------------------------------------------------
    def read(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking = _booking(pk)
        record = Record.objects.readable_by(request.user).for_page().filter(booking=booking).first()
        if record is None:
            if records.writes(request.user, booking) and not Record.objects.filter(booking=booking).exists():
                return redirect("admin:counseling_write_record", pk)
            if records.may_break(request.user, booking) and Record.objects.filter(booking=booking).exists():
                return redirect("admin:counseling_break_glass", pk)
            raise Http404
        openings.opened(request, record, "읽음")
        version = record.current()
        shown = record.shown() if record.has_unshared_changes else None
        context = {
            "title": "상담 기록",
            "booking": booking,
            "record": record,
            "version": version,
            "shown": shown,
            "audience": records.audience(record),
            "may_write": records.writes(request.user, booking),
            "may_unshare": record.is_shared and self._may_unshare(request, booking),
            "sheet": sheets.of([record]).first(),
            "ticked": set(record.ticks.values_list("item", flat=True)),
            "destroyed": retention.kind("counseling.record").period.after(booking.ends_at),
        }
        return self._page(request, "read", context)

    def write(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking = _booking(pk)
        if not records.writes(request.user, booking):
            raise Http404
        record = Record.objects.for_page().filter(booking=booking).first()
        refusal = records.refusal(booking, timezone.now()) if record is None else ""
        now_saved = None
        if request.method == "POST":
            form = RecordForm(request.POST, booking=booking)
            if form.is_valid():
                try:
                    saved = records.write(
                        booking, form.entry(), based_on=form.cleaned_data["based_on"], by=request.user
                    )
                except records.Conflict as conflict:
                    # Both texts on the page; what is saved next is based on what was seen here.
                    now_saved = conflict.current
                    form.data = form.data.copy()
                    form.data["based_on"] = now_saved.number
                    form.add_error(None, str(conflict))
                    openings.opened(request, now_saved.record, "고치기 화면")
                except Refused as refused:
                    form.add_error(None, str(refused))
                else:
                    openings.changed(request, saved)
                    messages.success(request, "기록을 저장했습니다. 학생과 나누려면 ‘학생과 공유’를 누르세요.")
                    return redirect("admin:counseling_record", pk)
        else:
            if record is not None:
                openings.opened(request, record, "고치기 화면")
            else:
                access.viewed(request, booking.student, f"상담 예약 {booking.pk}: 기록 쓰기")
            form = RecordForm(booking=booking, initial=RecordForm.begin(record and record.current()))
        context = {
            "title": "상담 기록 쓰기" if record is None else "상담 기록 고치기",
            "booking": booking,
            "record": record,
            "form": form,
            "refusal": refusal,
            "now_saved": now_saved,
        }
        return self._page(request, "write", context)

    def share(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Look through what the student will see, and who will see it; then share."""
        booking, record = self._record(request, pk)
        if not records.writes(request.user, booking):
            raise Http404
        form = ShareForm(
            request.POST if request.method == "POST" else None,
            initial={"version": record.version, "guardians_allowed": record.guardians_allowed},
        )
        if form.is_valid():
            given = form.cleaned_data
            try:
                record = records.share(
                    record, version=given["version"], guardians_allowed=given["guardians_allowed"], by=request.user
                )
                sheets.give_out(Record.objects.for_page().get(pk=record.pk), by=request.user)
            except (Refused, RenderError) as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, "학생과 공유하고 알렸습니다. 결과지(PDF)도 발급했습니다.")
            return redirect("admin:counseling_record", pk)
        openings.opened(request, record, "공유 확인 화면")
        context = {
            "title": "학생과 공유",
            "booking": booking,
            "record": record,
            "version": record.current(),
            "audience": records.audience(record),
            "form": form,
        }
        return self._page(request, "share", context)

    def unshare(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking, record = self._record(request, pk)
        if not self._may_unshare(request, booking):
            raise Http404
        form = WhyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                records.unshare(record, by=request.user, reason=form.cleaned_data["reason"])
                sheets.take_back(record, by=request.user, reason="상담 결과의 공유를 거둠")
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                messages.success(request, "공유를 거두었습니다. 발급한 결과지도 회수했습니다.")
            return redirect("admin:counseling_record", pk)
        openings.opened(request, record, "공유 거두기 화면")
        context = {
            "title": "공유 거두기",
            "booking": booking,
            "form": form,
            "lead": "학생과 가족은 이 상담의 요약과 할 일을 더는 볼 수 없고, 결과지는 회수됩니다. 기록 자체는 남습니다.",
            "button": "공유 거두기",
            "back": reverse("admin:counseling_record", args=[pk]),
        }
        return self._page(request, "why", context)

    def history(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every version, and every sharing with its reason. ``?version=`` shows one as it was."""
        booking, record = self._record(request, pk)
        asked = request.GET.get("version", "")
        chosen = get_object_or_404(record.versions, number=int(asked)) if asked.isdecimal() else None
        openings.opened(request, record, f"{asked}판 읽음" if chosen else "이력")
        context = {
            "title": "상담 기록의 이력",
            "booking": booking,
            "record": record,
            "versions": record.versions.select_related("by").defer("memo", "shared"),
            "chosen": chosen,
            "trail": record.trail(),
        }
        return self._page(request, "history", context)

    # --- Breaking the glass ------------------------------------------------------------------
    def find(self, request: HttpRequest) -> HttpResponse:
        """Somebody else's record, by the student's name or number: that there is one, and nothing of it."""
        query = request.GET.get("q", "").strip()
        people = [caller.student for caller in callers.find(query, request.user)] if query else []
        if people:
            access.record(request, access.AccessLog.Act.VIEW, "상담 기록 긴급 열람: 학생 찾기", subjects=people)
        found = Record.objects.filter(booking__student__in=people).for_page().order_by("-pk")[:A_PAGE]
        context = {"title": "긴급 열람", "query": query, "found": _masked(list(found))}
        return self._page(request, "find", context)

    def break_glass(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking = _booking(pk)
        record = Record.objects.for_page().filter(booking=booking).first()
        if record is None or not records.may_break(request.user, booking):
            raise Http404
        form = WhyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                opened = records.break_glass(record, by=request.user, reason=form.cleaned_data["reason"])
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                openings.opened(request, record, "긴급 열람", reason=opened.reason)
                messages.warning(request, "긴급 열람을 기록하고 개인정보 담당자와 팀장에게 알렸습니다.")
                return redirect("admin:counseling_record", pk)
        context = {
            "title": "긴급 열람",
            "booking": booking,
            "form": form,
            "lead": "맡지 않은 상담 기록입니다. 학생의 안전처럼 미룰 수 없는 까닭이 있을 때에만 여세요. "
            "여는 즉시 개인정보 담당자, 팀장, 담당 상담사에게 사유와 함께 알리고, 열람 이력에 남습니다.",
            "button": "사유를 남기고 열기",
            "back": reverse("admin:counseling_emergency"),
        }
        return self._page(request, "why", context)

    # --- What they share ---------------------------------------------------------------------
    def _record(self, request: HttpRequest, pk: int) -> tuple[Booking, Record]:
        booking = _booking(pk)
        record = get_object_or_404(Record.objects.readable_by(request.user).for_page(), booking=booking)
        return booking, record

    def _may_unshare(self, request: HttpRequest, booking: Booking) -> bool:
        return records.writes(request.user, booking) or records.supervises(request.user)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        site: admin.AdminSite = self.page.admin_site
        context = {**site.each_context(request), "opts": self.page.opts, **context}
        return TemplateResponse(request, f"admin/counseling/records/{template}.html", context)


def record_steps(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    """What a booking's own page says of its record: that it may be written, or opened."""
    if not (records.reads(request.user, booking) or records.writes(request.user, booking)):
        return {}
    exists = Record.objects.filter(booking=booking).exists()
    can_write = not exists and records.writes(request.user, booking) and not records.refusal(booking, timezone.now())
    return {"has_record": exists, "can_write_record": can_write}


def _booking(pk: int) -> Booking:
    return get_object_or_404(Booking.objects.for_page(), pk=pk)


def _masked(found: Any) -> Any:
    """The same records, each with ``who`` it is about as a list may say it."""
    for record in found:
        record.who = mask_name(record.booking.student.name)
    return found
