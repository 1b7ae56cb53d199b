from __future__ import annotations

from celery import shared_task

from lifecycle import destruction


@shared_task
def retain() -> int:
    """Plan what waits for a person, destroy what needs none or is agreed; return how many destructions.

    Daily; it selects by what is over, so a missed day heals with the next.
    """
    destruction.draft_all()
    records, _failures = destruction.run()
    return len(records)
