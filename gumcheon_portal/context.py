from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page needs to know of the site itself."""
    return {"SITE_NAME": settings.SITE_NAME, "SITE_OFFICIAL": settings.SITE_OFFICIAL, "DEMO": settings.DEMO}
