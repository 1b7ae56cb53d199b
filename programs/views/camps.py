"""A mentor's pages: the own teams of a camp, from the day before it to the day after. For everybody else: 404."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lifecycle import access
from lifecycle.models import AccessLog
from programs import camp_sheets
from programs.models import Mentor, Team


def _teams(request: HttpRequest) -> object:
    mine = Team.objects.visible_to(request.user, timezone.now()).select_related("run__program", "in_charge__user")
    return mine.prefetch_related("mentors__user")


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The teams that one looks after now."""
    serving = list(Mentor.objects.serving(request.user, timezone.now()).select_related("run__program"))
    if not serving:
        raise Http404
    teams = list(_teams(request).order_by("run", "name", "pk"))
    camps = [(mentor, [team for team in teams if team.run_id == mentor.run_id]) for mentor in serving]
    return render(request, "programs/camps/mine.html", {"camps": camps})


@never_cache
@require_safe
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """Who belongs to the team, where each sleeps, and each day's plan; opening it is written down."""
    found = get_object_or_404(_teams(request), pk=pk)
    people = camp_sheets.students(found)
    access.record(request, AccessLog.Act.VIEW, f"캠프 조 명단 조 {found.pk}", subjects=people, people=len(people))
    context = {
        "team": found,
        "sheet": camp_sheets.of_teams(found.run, [found])[0],
        "days": camp_sheets.days(found.run),
        "in_charge": _in_charge(request, found),
    }
    return render(request, "programs/camps/team.html", context)


@never_cache
@require_POST
def contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """The contact sheet for the mentor in charge; each opening is written down, and nothing is sent or saved."""
    found = get_object_or_404(_teams(request), pk=pk)
    if not _in_charge(request, found):
        raise Http404
    people = camp_sheets.students(found)
    access.record(request, AccessLog.Act.VIEW, f"캠프 비상 연락처 조 {found.pk}", subjects=people, people=len(people))
    response = render(request, "programs/camps/contacts.html", {"team": found, "contacts": camp_sheets.contacts(found)})
    response["Cache-Control"] = "no-store"
    return response


def _in_charge(request: HttpRequest, found: Team) -> bool:
    return found.in_charge is not None and found.in_charge.user_id == request.user.pk
