from __future__ import annotations

from celery import shared_task

from counseling import reminders, sweeping


@shared_task
def remind() -> int:
    """Remind the families of tomorrow's counselling; return how many were told."""
    return reminders.remind()


@shared_task
def keep_the_queue() -> dict[str, int]:
    """Do what the clock decides for those who wait for a time."""
    return sweeping.sweep()
