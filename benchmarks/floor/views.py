from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from benchmarks.floor.models import Claim, Place

ROWS = 30


def page(request: HttpRequest) -> HttpResponse:
    """The page floor: the session, one query, thirty rows, a template, no cache."""
    places = Place.objects.order_by("starts_at")[:ROWS]
    return render(request, "floor/page.html", {"places": places, "visitor": request.session.get("visitor")})


@login_required
@require_POST
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """The write floor: a logged-in POST with session and CSRF, one row lock, one INSERT."""
    with transaction.atomic():
        place = get_object_or_404(Place.objects.select_for_update(), pk=pk)
        Claim.objects.create(place=place, by=request.user)
    return HttpResponseRedirect("/")
