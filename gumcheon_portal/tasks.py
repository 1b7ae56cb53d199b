from __future__ import annotations

from celery import shared_task

from gumcheon_portal.models import Heartbeat


@shared_task
def show_life(queue: str) -> None:
    """Have a worker of ``queue`` show that it takes tasks: broker, worker and database in one."""
    Heartbeat.show(queue)
