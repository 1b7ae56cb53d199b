"""``GET /healthz``: what lives and what does not, for balancers and for the person on duty."""

from __future__ import annotations

from datetime import datetime

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gumcheon_portal.models import Heartbeat
from notices.health import oldest_due

QUEUES = ("default", "delivery", "pdf")
BROKER_SECONDS = 0.5


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 with the state of every part; 503 only when the database is gone, for then no page can be served.

    A broker, worker or beat that is away delays notices and papers, and loses none: the sweep
    catches up. Taking the web server out of service for that would help nobody.
    """
    now = timezone.now()
    try:
        seen = dict(Heartbeat.objects.values_list("source", "at"))
        oldest = oldest_due()
    except DatabaseError:
        connection.close()
        return JsonResponse({"status": "down", "database": "gone"}, status=503)
    beat = _life(seen.get("beat"), now)
    workers = {queue: _life(seen.get(queue), now) for queue in QUEUES}
    broker = _broker()
    well = broker == "up" and all(part["state"] == "up" for part in (beat, *workers.values()))
    return JsonResponse(
        {
            "status": "ok" if well else "degraded",
            "database": "up",
            "broker": broker,
            "beat": beat,
            "workers": workers,
            "oldest_due_notice_seconds": None if oldest is None else round(oldest.total_seconds()),
        }
    )


def _life(at: datetime | None, now: datetime) -> dict[str, object]:
    if at is None:
        return {"state": "never seen", "seconds": None}
    late = now - at > Heartbeat.LATE_AFTER
    return {"state": "late" if late else "up", "seconds": round((now - at).total_seconds())}


def _broker() -> str:
    try:
        with redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
        ) as broker:
            broker.ping()
    except redis.RedisError:
        return "gone"
    return "up"
