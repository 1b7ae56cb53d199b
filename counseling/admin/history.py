"""Looking back and around: who was booked, moved and cancelled and why; how much each counsellor has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import callers
from counseling import assignment
from counseling.admin.pages import EVERY, SEE, Pages, both, typed
from counseling.finding import day_of
from counseling.models import Booking, BookingChange, Counselor
from counseling.models.slots import midnight
from lifecycle import access
from lifecycle.admin.reasons import ReasonForm
from lifecycle.masking import mask_name
from lifecycle.models import Transition

State = Booking.State
MOST = 200  # bookings on one page
MOST_UNMASKED = 50  # people that one unmasking may show, as in every list


@dataclass(frozen=True)
class Event:
    """One thing that happened to a booking."""

    at: datetime
    what: str
    who: str
    why: str


@dataclass(frozen=True)
class Line:
    booking: Booking
    who: str
    events: list[Event]


class History(Pages):
    def urls(self) -> list[URLPattern]:
        return [
            path("history/", self.guarded(both(self.history), SEE), name="counseling_history"),
            path("load/", self.guarded(require_safe(self.load), SEE, EVERY), name="counseling_load"),
        ]

    def history(self, request: HttpRequest) -> HttpResponse:
        """Of a day (``?day=``), whatever became of its bookings; or of one student (``?student=``)."""
        day = day_of(request.GET.get("day", "")) or timezone.localdate()
        mine = Booking.objects.visible_to(request.user).exclude(state__in=[State.HELD, State.RELEASED])
        student = None
        if (key := request.GET.get("student", "")).isdecimal():
            student = get_object_or_404(callers.students(request.user), pk=int(key[:18]))
            rows = mine.filter(student=student).order_by("-period__startswith", "-pk")
        else:
            rows = mine.filter(_touches(day)).order_by("period__startswith", "pk")
        bookings = list(rows.for_page()[:MOST])
        may_unmask = request.user.has_perm("lifecycle.unmask_personal_data")
        form = ReasonForm(typed(request))
        with transaction.atomic():
            people = [booking.student for booking in bookings]
            unmasked = may_unmask and form.is_valid() and len(set(people)) <= MOST_UNMASKED
            if may_unmask and form.is_valid() and not unmasked:
                form.add_error(
                    "reason", f"한 번에 {MOST_UNMASKED}명까지 볼 수 있습니다. 학생 한 사람의 내역에서 해제해 주세요."
                )
            if unmasked:
                what, reason = f"상담 예약·취소 내역 {len(bookings)}건", form.cleaned_data["reason"]
                access.record(request, access.AccessLog.Act.UNMASK, what, subjects=people, reason=reason)
            elif student:
                access.viewed(request, student, "상담 예약·취소 내역")
            context: dict[str, Any] = {
                "title": "예약·취소 내역",
                "day": day,
                "before": day - timedelta(days=1),
                "after": day + timedelta(days=1),
                "student": student,
                "student_name": student and (student.name if unmasked else mask_name(student.name)),
                "lines": _lines(bookings, unmasked=unmasked),
                "capped": len(bookings) == MOST,
                "form": form,
                "may_unmask": may_unmask,
                "unmasked": unmasked,
            }
            page = self.show(request, "admin/counseling/history.html", context)
            page.render()
        return page

    def load(self, request: HttpRequest) -> HttpResponse:
        """상담사 배정 현황: what each counsellor has this week and this month, and what is left."""
        today = timezone.localdate()
        week, month = assignment.week_of(today), assignment.month_of(today)
        loads = [assignment.load(*stretch) for stretch in (week, month)]
        left = [assignment.free_minutes(*stretch) for stretch in (week, month)]
        none = assignment.Load()
        lines = [
            {
                "counselor": counselor,
                "week": loads[0].get(counselor.pk, none),
                "week_free": left[0].get(counselor.pk, 0),
                "month": loads[1].get(counselor.pk, none),
                "month_free": left[1].get(counselor.pk, 0),
            }
            for counselor in Counselor.objects.active()
        ]
        return self.show(request, "admin/counseling/load.html", {"title": "상담사 배정 현황", "lines": lines})


def _touches(day: object) -> Q:
    """Takes place on that day now, or was to before it was moved."""
    first, last = midnight(day), midnight(day + timedelta(days=1))
    moved = BookingChange.objects.filter(old_period__startswith__gte=first, old_period__startswith__lt=last)
    return Q(period__startswith__gte=first, period__startswith__lt=last) | Q(pk__in=moved.values("booking"))


def _lines(bookings: Sequence[Booking], *, unmasked: bool) -> list[Line]:
    keys = [booking.pk for booking in bookings]
    events: dict[int, list[Event]] = {key: [] for key in keys}
    kind = ContentType.objects.get_for_model(Booking)
    for step in Transition.objects.filter(subject_type=kind, subject_id__in=keys).select_related("by"):
        if step.to_state != State.HELD:
            events[step.subject_id].append(Event(step.at, _done(step.to_state), _by(step.by), step.reason))
    for change in BookingChange.objects.filter(booking__in=keys).for_page():
        why = f"{change.summary} ({change.reason})" if change.reason else change.summary
        events[change.booking_id].append(Event(change.at, "변경", _by(change.by), why))
    return [
        Line(
            booking,
            booking.student.name if unmasked else mask_name(booking.student.name),
            sorted(events[booking.pk], key=lambda event: event.at),
        )
        for booking in bookings
    ]


def _done(state: str) -> str:
    return "예약" if state == State.BOOKED else str(State(state).label)


def _by(user: Any) -> str:
    """Staff by name; a family's own act by a masked one."""
    if user is None:
        return "시스템"
    return str(user) if user.is_staff else f"{mask_name(str(user))} (가족)"
