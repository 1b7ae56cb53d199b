from __future__ import annotations

from celery import shared_task

from counseling import reminders


@shared_task
def remind() -> int:
    """Remind the families of tomorrow's counselling; return how many were told."""
    return reminders.remind()
