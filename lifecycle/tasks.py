from __future__ import annotations

from celery import shared_task

from lifecycle import destruction, work


@shared_task
def retain() -> int:
    """Plan what waits for a person, destroy what needs none or is agreed; return how many destructions.

    Daily; it selects by what is over, so a missed day heals with the next.
    """
    destruction.draft_all()
    records, _failures = destruction.run()
    return len(records)


@shared_task
def advance(queue: str) -> int:
    """Go on with the long work of one queue; return how many items were passed. It may run anywhere and at any time."""
    return work.advance(queue)
