"""What runs by the clock."""

from __future__ import annotations

from celery import shared_task

from budget.grants import reminding


@shared_task
def remind_of_grants() -> int:
    """Tell schools of deadlines of their grants; return how many were looked at and spoken to."""
    return reminding.remind()
