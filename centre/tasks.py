from __future__ import annotations

from celery import shared_task

from centre import public_holidays


@shared_task
def load_holidays() -> int:
    """Keep this year's and next year's holidays in the table; adds what is missing, so any run heals."""
    return public_holidays.load_this_year_and_next()
