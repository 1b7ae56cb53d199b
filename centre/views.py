"""The public pages of the place: who we are, where, when, and the texts that bind."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from centre.calendar import Calendar, Now
from centre.differences import compare
from centre.models import PolicyText, Venue, Weekday

DAYS_AHEAD = 60


@login_not_required
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "centre/about.html")


@login_not_required
@require_safe
def directions(request: HttpRequest) -> HttpResponse:
    context = {
        "venues": Venue.objects.on().prefetch_related("rooms"),
        "coming": Venue.objects.still_to_come(),
    }
    return render(request, "centre/directions.html", context)


@login_not_required
@require_safe
def hours(request: HttpRequest) -> HttpResponse:
    """The week of every venue, and the days off that are coming."""
    now = timezone.now()
    today = timezone.localdate(now)
    calendar = Calendar.load(today, today + timedelta(days=DAYS_AHEAD))
    venues = list(Venue.objects.on(today))
    weeks = [
        (venue, [(weekday.label, calendar.usual_hours(weekday, today, venue.pk)) for weekday in Weekday])
        for venue in venues
    ]
    context = {
        "now": Now.of(calendar, now),
        "weeks": [(venue, week) for venue, week in weeks if any(stretches for _day, stretches in week)],
        "days_off": calendar.days_off(),
        "days_ahead": DAYS_AHEAD,
    }
    return render(request, "centre/hours.html", context)


@login_not_required
@require_safe
def policy(request: HttpRequest, kind: str) -> HttpResponse:
    """The text in force; one that is announced for a later day is linked from it."""
    text = PolicyText.objects.in_force().filter(kind=kind).first()
    if text is None:
        raise Http404
    return _policy_page(request, text)


@login_not_required
@require_safe
def policy_version(request: HttpRequest, kind: str, version: int) -> HttpResponse:
    return _policy_page(request, _published(kind, version))


@login_not_required
@require_safe
def policy_changes(request: HttpRequest, kind: str, version: int) -> HttpResponse:
    """A version beside the one before it, as the law asks for the privacy notice (표준 개인정보 보호지침 제21조)."""
    text = _published(kind, version)
    before = text.before()
    if before is None:
        raise Http404
    changes = compare(before.body, text.body)
    return render(request, "centre/policy_changes.html", {"text": text, "before": before, "changes": changes})


def _published(kind: str, version: int) -> PolicyText:
    return get_object_or_404(PolicyText.objects.published(), kind=kind, version=version)


def _policy_page(request: HttpRequest, text: PolicyText) -> HttpResponse:
    versions = list(PolicyText.objects.published().filter(kind=text.kind).defer("body"))
    current = next((version for version in versions if version.in_force), None)
    context = {
        "text": text,
        "versions": versions,
        "current": current,
        "announced": next((version for version in versions if not version.in_force), None),
    }
    return render(request, "centre/policy.html", context)
