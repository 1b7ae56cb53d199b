from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gumcheon_portal.demo.logins import LOGINS, PASSWORD, totp_code


@login_not_required
@never_cache
@require_safe
def logins(request: HttpRequest) -> HttpResponse:
    """Who one may be in the demo, with the second factors that are valid right now."""
    if not settings.DEMO:
        raise Http404
    rows: list[dict[str, Any]] = [
        {"login": login, "code": totp_code(login) if login.is_staff else ""} for login in LOGINS
    ]
    return render(request, "demo/logins.html", {"rows": rows, "password": PASSWORD})
