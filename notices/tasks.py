"""What workers and the clock do for the outbox. Every task may run at any time, anywhere, as often as you like."""

from __future__ import annotations

import threading

from celery import shared_task

from notices import caps, delivery

_at_work = threading.Lock()
_asked = threading.Event()


@shared_task(ignore_result=True)
def deliver() -> None:
    """Hand over what is due; the beat asks every few seconds, a commit asks at once.

    One run at a time in a process, however many threads it has: a process that is killed then has
    one message in its hands. Whoever asks meanwhile makes the one at work look once more.
    """
    _asked.set()
    while _asked.is_set() and _at_work.acquire(blocking=False):
        try:
            _asked.clear()
            delivery.deliver_due()
        finally:
            _at_work.release()


@shared_task(ignore_result=True)
def gather_lists() -> None:
    """Go on with the lists of messages to many."""
    from notices import mailing  # noqa: PLC0415 (it speaks, and whoever speaks hints at this module)

    mailing.expand()


@shared_task(ignore_result=True)
def forget_allowances() -> None:
    """Drop the counts of login codes of days gone by."""
    caps.forget()
