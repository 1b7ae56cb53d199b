from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.idle import left_seconds
from centre.models import Centre
from krds.display import Display

# Long enough to read the warning and to press one button, whoever one is (KWCAG 2.2, 6.2.1).
WARN_SECONDS = 120


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page needs to know of the site itself; the centre is read when a page names it."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": settings.SITE_URL,
        "SITE_OFFICIAL": settings.SITE_OFFICIAL,
        "DEMO": settings.DEMO,
        "display": Display.of(request),
        "centre": SimpleLazyObject(Centre.objects.current),
        "idle": SimpleLazyObject(lambda: _idle(request)),
    }


def _idle(request: HttpRequest) -> dict[str, Any] | None:
    """What the log-out warning counts down from; nothing for a visitor who is not logged in."""
    left = left_seconds(request) if hasattr(request, "user") else None
    if left is None:
        return None
    return {"seconds": left, "warn_seconds": WARN_SECONDS, "extend_url": reverse("accounts:stay")}
