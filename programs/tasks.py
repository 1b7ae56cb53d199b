from __future__ import annotations

from celery import shared_task

from programs import agreements, deciding, lottery, reviewing, sweeping


@shared_task
def keep_the_lines() -> dict[str, int]:
    """Do what the clock decides for those who applied for a run."""
    return sweeping.sweep()


@shared_task
def remind_of_agreements() -> int:
    """Tell staff of agreements that end soon; return how many were spoken of."""
    return agreements.remind()


@shared_task
def ask_to_decide() -> int:
    """Ask staff about runs whose date of decision has come; return how many."""
    return deciding.sweep()


@shared_task
def freeze_draws() -> int:
    """Freeze the lists of draws whose applications are closed; return how many."""
    return lottery.freeze_due()


@shared_task
def announce_reviews() -> int:
    """Announce the reviews that were planned for now; return how many."""
    return reviewing.announce_due()
