"""갑작스러운 부재: choose who is away and when, decide for each booking that is hit, confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from centre.models import Venue
from counseling import absence
from counseling.admin.slots import CLOCK, DAY, own_counselors
from counseling.admin.working import said, stretch
from counseling.models import Counselor, Slot
from krds.dates import kdatetime
from lifecycle import access
from lifecycle.locks import Refused

if TYPE_CHECKING:
    from counseling.admin.slots import SlotAdmin

WHOLE = "센터 전체"


class AbsenceForm(forms.Form):
    """Who is away, from when to when, and what families are told."""

    counselor = forms.ModelChoiceField(Counselor.objects.none(), label="상담사", required=False, empty_label="고르세요")
    whole = forms.BooleanField(label="센터 전체가 쉽니다(모든 상담사)", required=False)
    venue = forms.ModelChoiceField(
        Venue.objects.all(),
        label="장소",
        required=False,
        empty_label="모든 장소",
        help_text="‘센터 전체’에서 한 장소만 쉴 때 고릅니다. 방이 없는 상담 시간은 그대로 둡니다.",
    )
    first_day = forms.DateField(label="첫날", widget=DAY)
    last_day = forms.DateField(label="마지막 날", widget=DAY, required=False, help_text="하루면 비워 두세요.")
    from_time = forms.TimeField(
        label="이 시각부터", widget=CLOCK, required=False, help_text="하루의 일부일 때만 적습니다."
    )
    until_time = forms.TimeField(label="이 시각까지", widget=CLOCK, required=False)
    reason = forms.CharField(
        label="가족에게 알릴 사유",
        max_length=100,
        initial="상담사 사정",
        help_text="문자와 이메일에 그대로 들어갑니다.",
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counselor"].queryset = own_counselors(request) | _gone(request)
        if not request.user.has_perm("counseling.view_every_booking"):
            del self.fields["whole"], self.fields["venue"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("whole")) == bool(cleaned.get("counselor")) and "counselor" not in self.errors:
            self.add_error("counselor", "상담사를 한 사람 고르거나 ‘센터 전체’에 표시해 주세요.")
        if cleaned.get("venue") and cleaned.get("counselor"):
            self.add_error("venue", "장소는 ‘센터 전체’에서만 고릅니다. 상담사의 부재는 장소를 비워 두세요.")
        if {"first_day", "last_day", "from_time", "until_time"} <= cleaned.keys():
            cleaned["period"] = stretch(cleaned, self)
            if cleaned["period"] and cleaned["period"].upper <= timezone.now():
                self.add_error("first_day", "이미 지난 기간입니다.")
        return cleaned


def _gone(request: HttpRequest) -> models.QuerySet[Counselor]:
    """Counsellors who are not active any more and still have times ahead: somebody has to settle them."""
    ahead = Slot.objects.standing().filter(period__endswith__gt=timezone.now())
    gone = Counselor.objects.filter(active=False, pk__in=ahead.values("counselor"))
    return gone if request.user.has_perm("counseling.view_every_booking") else gone.filter(user=request.user)


class AbsencePages:
    """A page that hangs below ``SlotAdmin``, with its site, its permissions and its dress."""

    def __init__(self, page: SlotAdmin) -> None:
        self.page = page

    def urls(self) -> list[URLPattern]:
        both = require_http_methods(["GET", "HEAD", "POST"])
        return [path("absence/", self.page.admin_site.admin_view(both(self.absence)), name="counseling_absence")]

    def absence(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perms(["counseling.view_booking", "counseling.change_booking"]):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        start = {"first_day": timezone.localdate(), "last_day": None, **request.GET.dict()}
        form = AbsenceForm(asked if "reason" in asked else None, request=request, initial=start)
        found = None
        if form.is_valid():
            given = form.cleaned_data
            away = [given["counselor"]] if given["counselor"] else []
            if request.method == "POST":
                decisions = {
                    int(name.removeprefix("booking-")): value
                    for name, value in request.POST.items()
                    if name.removeprefix("booking-").isdecimal()
                }
                self._settle(request, away, given, decisions)
                return redirect(f"{request.path}?{request.GET.urlencode() or _query(request.POST)}")
            found = absence.look(away, given["period"], given.get("venue"))
            people = [hit.booking.student for hit in found.hits]
            if people:
                access.record(request, access.AccessLog.Act.VIEW, "부재로 조정할 상담 예약", subjects=people)
        context = {"title": "갑작스러운 부재 처리", "form": form, "found": found, "whole": WHOLE}
        if found:
            context["when"] = said(found.period)
            context["whole"] = str(found.venue or WHOLE)
            context["rows"] = [(hit, absence.who(hit.booking)) for hit in found.hits]
        site = self.page.admin_site
        context = {**site.each_context(request), "opts": self.page.opts, **context}
        return TemplateResponse(request, "admin/counseling/absence.html", context)

    def _settle(
        self, request: HttpRequest, away: list[Counselor], given: dict[str, Any], decisions: dict[int, str]
    ) -> None:
        try:
            words = {"reason": given["reason"], "venue": given.get("venue"), "ask": "ask" in request.POST}
            done = absence.settle(away, given["period"], decisions, by=request.user, **words)
        except Refused as refused:
            messages.error(request, str(refused))
            return
        counts = {"옮긴 예약": done.moved, "취소한 예약": done.cancelled, "거둔 빈 시간": done.withdrawn}
        words = ", ".join(f"{label} {number}건" for label, number in counts.items() if number)
        messages.success(request, f"처리했습니다. {words or '바뀐 것이 없습니다.'}")
        for booking, sentence in done.failures:
            when = kdatetime(booking.starts_at)
            messages.error(request, f"{when} {absence.who(booking)}: {sentence} 이 가족의 예약은 그대로입니다.")


def _query(posted: Any) -> str:
    """The page's own question again, without the decisions."""
    kept = posted.copy()
    for name in list(kept):
        if name.startswith(("booking-", "csrf")) or name == "ask":
            del kept[name]
    return kept.urlencode()
