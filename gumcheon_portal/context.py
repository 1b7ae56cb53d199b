from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from centre.models import Centre
from gumcheon_portal import navigation
from krds.display import Display


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page needs to know of the site itself; the centre is read when a page names it."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": settings.SITE_URL,
        "SITE_OFFICIAL": settings.SITE_OFFICIAL,
        "DEMO": settings.DEMO,
        "menu": navigation.sections(),
        "policies": navigation.policies(),
        "display": Display.of(request),
        "centre": SimpleLazyObject(Centre.objects.current),
    }
