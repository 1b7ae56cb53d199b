"""The task queue: ``celery -A gumcheon_portal.celery worker -Q default,delivery`` (or ``pdf``), and ``beat``."""

from __future__ import annotations

from time import monotonic
from typing import Any

from celery import Celery
from celery.beat import PersistentScheduler

from gumcheon_portal import environment

environment.enter()

app = Celery("gumcheon_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class Scheduler(PersistentScheduler):
    """Beat's own scheduler, which also shows that it is alive (``/healthz``)."""

    heartbeat_seconds = 15
    _last = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if monotonic() - self._last >= self.heartbeat_seconds:
            from gumcheon_portal.models import Heartbeat

            self._last = monotonic()
            Heartbeat.show("beat")
        return min(super().tick(*args, **kwargs), self.heartbeat_seconds)
