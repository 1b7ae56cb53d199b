from __future__ import annotations

from celery import shared_task

from surveys import gathering, inviting


@shared_task
def ask() -> int:
    """Ask about what is over, and remind who has not answered; return how many were written to."""
    return inviting.invite() + inviting.remind()


@shared_task
def gather() -> int:
    """Move answers of which enough wait; return how many."""
    return gathering.gather()
