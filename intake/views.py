"""A family's own no-shows, and what follows from them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from intake.models import Strike


@require_safe
def strikes(request: HttpRequest) -> HttpResponse:
    """Every no-show of one's children and oneself, the latest first."""
    mine = Strike.objects.of_family(request.user).select_related("student")
    return render(request, "intake/strikes.html", {"strikes": mine, "now": timezone.now()})
