"""How often one visitor may ask whether a number is ours, so that numbers cannot be found by trying."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from lifecycle.access import client_ip

A_MINUTE = 30  # a class that checks its certificates together passes; a machine finds nothing at this pace
WINDOW_SECONDS = 60


def allowed(request: HttpRequest) -> bool:
    """Count this try. Addresses are kept as keyed hashes, for a minute; two tries at one instant may count as one."""
    minute = int(timezone.now().timestamp()) // WINDOW_SECONDS
    visitor = salted_hmac("documents.tries", client_ip(request) or "").hexdigest()[:32]
    key = f"documents.tries:{visitor}:{minute}"
    tries = cache.get(key, 0) + 1
    cache.set(key, tries, WINDOW_SECONDS * 2)
    return tries <= A_MINUTE
