from __future__ import annotations

from celery import shared_task

from programs import agreements


@shared_task
def remind_of_agreements() -> int:
    """Tell staff of agreements that end soon; return how many were spoken of."""
    return agreements.remind()
