"""Finding a school by a part of its name."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from accounts import names
from accounts.forms.schools import MOST_SHOWN, label
from accounts.models import School


@login_not_required
@require_safe
def schools(request: HttpRequest) -> JsonResponse:
    """Suggestions for the script beside the field; the form itself works without them."""
    typed = names.normalise(request.GET.get("q", ""))[:50]
    found = School.objects.current().named_like(typed)[:MOST_SHOWN] if len(typed) >= 2 else []
    return JsonResponse({"schools": [{"name": school.name, "label": label(school)} for school in found]})
