from __future__ import annotations

from celery import shared_task

from questionnaires import uploads


@shared_task
def scan_waiting() -> int:
    """Scan the files that came while the scanner was away; return how many got their verdict."""
    return uploads.scan_waiting()


@shared_task
def sweep() -> int:
    """Remove files that belong to no row; return how many."""
    return uploads.sweep()
