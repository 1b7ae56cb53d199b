"""What the ``pdf`` workers do: each task may run at any time, as often as you like."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from documents import making, printing
from documents.models import IssuedDocument, Withdrawal
from documents.pdf import RenderError

REST = timedelta(minutes=2)  # longer than a paper takes: a younger one is still in somebody's hands
AT_ONCE = 20


@shared_task(ignore_result=True)
def make(pk: int) -> None:
    """Make one file. A paper that cannot be made is withdrawn with the reason, so that nobody waits for it."""
    paper = IssuedDocument.objects.unfinished().filter(pk=pk).first()
    if paper is None:
        return
    try:
        making.finish(paper)
    except RenderError as error:
        Withdrawal.objects.get_or_create(paper=paper, defaults={"by": None, "reason": str(error)[:500]})


@shared_task(ignore_result=True)
def sweep() -> None:
    """Finish what a hint or a worker lost."""
    waiting = IssuedDocument.objects.unfinished().filter(issued_at__lt=timezone.now() - REST)
    waiting = waiting.exclude(pk__in=printing.in_hand())
    for pk in waiting.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]:
        make(pk)
