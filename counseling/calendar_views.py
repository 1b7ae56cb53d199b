"""Pages for the private calendar addresses, and the addresses themselves."""

from __future__ import annotations

from hashlib import sha256

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Student
from counseling import feeds as calendars
from counseling.models import CalendarFeed, family_of
from lifecycle.locks import Refused

Kind = CalendarFeed.Kind
CALENDAR = "text/calendar; charset=utf-8"


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """Which addresses are in use, and how to make, renew and stop one."""
    return _page(request)


@never_cache
@require_POST
def feed_new(request: HttpRequest) -> HttpResponse:
    """Make or renew an address. It is shown in this answer and never again: only its hash is kept."""
    kind = request.POST.get("kind", "")
    if kind not in Kind:
        raise Http404
    student = _student(request) if request.POST.get("student") else None
    try:
        if not ratelimit.consume(request, action="calendar_feed_new"):
            raise Refused(_("오늘은 주소를 더 만들 수 없습니다. 내일 다시 시도해 주세요."))
        made, token = calendars.make(request.user, kind, student)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("counseling:feeds")
    return _page(request, made=made, url=settings.SITE_URL + reverse("counseling:feed", args=[token]))


@require_POST
def feed_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    feed = get_object_or_404(CalendarFeed.objects.visible_to(request.user), pk=pk)
    calendars.revoke(feed, by=request.user)
    messages.success(request, _("달력 주소를 없앴습니다. 이제 이 주소로는 아무것도 보이지 않습니다."))
    return redirect("counseling:feeds")


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar program reads: no login, but an address that nobody can guess."""
    found = CalendarFeed.objects.active().with_token(token).select_related("owner__counselor").first()
    if found is None:
        raise Http404
    if not CalendarFeed.objects.filter(pk=found.pk).count_read(timezone.now()):
        return HttpResponse(status=429, headers={"Retry-After": "3600"})
    body = calendars.read(found)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body, content_type=CALENDAR, headers={"ETag": etag})
    response = get_conditional_response(request, etag=etag, response=response)
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return response


def _student(request: HttpRequest) -> Student:
    try:
        return family_of(request.user).get(pk=request.POST["student"])
    except (ValueError, Student.DoesNotExist) as error:
        raise Http404 from error


def _page(request: HttpRequest, *, made: CalendarFeed | None = None, url: str = "") -> HttpResponse:
    """Every address that may be made, each with the one in use, in three queries."""
    students = list(family_of(request.user).order_by("name", "pk"))
    mine = CalendarFeed.objects.visible_to(request.user).filter(state=CalendarFeed.State.ACTIVE)
    in_use = {(feed.kind, feed.student_id): feed for feed in mine}
    rows = [_row(in_use, Kind.FAMILY, _("우리 가족 모두") if len(students) > 1 else _("내 일정"))] if students else []
    if len(students) > 1:
        rows += [_row(in_use, Kind.FAMILY, student.name, student) for student in students]
    if calendars.is_counselor(request.user):
        rows.append(_row(in_use, Kind.COUNSELOR, _("내가 맡은 상담(상담사)")))
    context = {"rows": rows, "made": made, "url": url, "webcal": f"webcal://{url.partition('://')[2]}" if url else ""}
    return render(request, "counseling/feeds.html", context)


def _row(
    in_use: dict[tuple[str, int | None], CalendarFeed], kind: str, label: str, student: Student | None = None
) -> dict[str, object]:
    return {"kind": kind, "label": label, "student": student, "feed": in_use.get((kind, student and student.pk))}
