"""What workers and the clock do for the outbox. Every task may run at any time, anywhere, as often as you like."""

from __future__ import annotations

from celery import shared_task

from notices import caps, delivery


@shared_task(ignore_result=True)
def deliver() -> int:
    """Hand over what is due; the beat asks every few seconds, a commit asks at once."""
    return delivery.deliver_due()


@shared_task(ignore_result=True)
def forget_allowances() -> None:
    """Drop yesterday's counts of login codes."""
    caps.forget()
