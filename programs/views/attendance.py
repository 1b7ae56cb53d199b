"""What families do about attendance: check in by the code on the wall, and take out their papers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Student
from documents import qr
from lifecycle.locks import Refused
from programs import checkin, papers
from programs.models import Application, Mark, Participant, Session

COOKIE = "checkin"
WALL_SECONDS = 10  # the code lives for at least half a minute, so a screen never shows a stale one

both = require_http_methods(["GET", "HEAD", "POST"])


def _session(pk: int) -> Session:
    return get_object_or_404(Session.objects.select_related("run__program", "room__venue"), pk=pk)


# --- Checking in -------------------------------------------------------------------------------


@login_not_required
@never_cache
@require_safe
def wall(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """The screen in the room. Nobody is logged in on it; the address itself opens it."""
    if not checkin.is_wall(pk, key):
        raise Http404
    session, now = _session(pk), timezone.now()
    context = {
        "session": session,
        "code": qr.svg(checkin.address(session, now), label=_("출석 확인 QR 코드")),
        "is_open": checkin.is_open(session, now),
        "opens_at": checkin.opens_at(session),
        "is_over": now >= checkin.closes_at(session),
    }
    response = render(request, "programs/attendance/wall.html", context)
    response.headers["Refresh"] = str(WALL_SECONDS)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@login_not_required
@never_cache
@require_safe
def scanned(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Where the code leads: a fresh one gives a pass for the next minutes, also to who has yet to log in."""
    session, now = _session(pk), timezone.now()
    if not checkin.is_open(session, now) or not checkin.is_fresh(pk, token, now):
        return render(request, "programs/attendance/stale.html", _stale(session), status=410)
    response = redirect("programs:check_in", pk)
    response.set_cookie(
        COOKIE,
        checkin.pass_of(pk),
        max_age=checkin.PASS_FOR,
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )
    return response


def _stale(session: Session) -> dict[str, Any]:
    return {"session": session, "is_open": checkin.is_open(session, timezone.now())}


@never_cache
@both
def check_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Who of the family is here: one button."""
    session = _session(pk)
    people = list(checkin.people_of(request.user, session))
    if not checkin.has_pass(pk, request.COOKIES.get(COOKIE, "")):
        return render(request, "programs/attendance/stale.html", _stale(session), status=410)
    if request.method == "POST":
        chosen = {int(one) for one in request.POST.getlist("who") if one.isdigit()}
        try:
            checkin.check_in(session, chosen, by=request.user)
            messages.success(request, _("출석을 확인했습니다."))
            return redirect("programs:check_in", pk)
        except Refused as refused:
            messages.error(request, str(refused))
    held = {
        mark.participant_id: mark
        for mark in Mark.objects.filter(session=session, participant__in=people).current()
        if mark.status != Mark.Status.CLEARED
    }
    lines = [{"person": person, "mark": held.get(person.pk)} for person in people]
    context = {"session": session, "lines": lines, "waits": any(not line["mark"] for line in lines)}
    return render(request, "programs/attendance/check_in.html", context)


# --- Papers ------------------------------------------------------------------------------------


@require_POST
def paper(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """수료증 or 참가확인서 of one participant, made on the spot."""
    person = get_object_or_404(papers.issuable(request.user), pk=pk)
    asked = papers.OF_A_RUN.get(f"programs.{kind}")
    if asked is None:
        raise Http404
    try:
        return redirect(papers.certify(person.pk, by=request.user, kind=asked))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(_page_of(request, person))


def _page_of(request: HttpRequest, person: Participant) -> str:
    """Where somebody reads how this participant stands, and so why a paper was refused."""
    if Application.objects.of_family(request.user).filter(pk=person.application_id).exists():
        return reverse("programs:application", args=[person.application_id])
    return reverse("admin:programs_completion", args=[person.run_id]) if request.user.is_staff else reverse("home")


class PeriodForm(forms.Form):
    first = forms.DateField(
        label=gettext_lazy("처음 날"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("마지막 날"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("first") and values.get("last") and values["first"] > values["last"]:
            self.add_error("last", _("마지막 날은 처음 날보다 앞일 수 없습니다."))
        return values


@both
def portfolio(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything a student took part in, with hours, and the paper about it."""
    student = get_object_or_404(Student.objects.of_family(request.user), pk=pk)
    form = PeriodForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return redirect(papers.portfolio(student, by=request.user, **form.cleaned_data))
        except Refused as refused:
            messages.error(request, str(refused))
    rows = papers.activities(student)
    standing = papers.standing_of(person.pk for person, _found in rows)
    lines = [{"person": person, "found": found, "papers": standing.get(person.pk, {})} for person, found in rows]
    return render(request, "programs/attendance/portfolio.html", {"student": student, "lines": lines, "form": form})
