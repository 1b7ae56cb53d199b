"""Tell a worker that a paper waits. Only a hint: the row is the truth, and the sweep finds it anyway."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError

from documents.models import IssuedDocument
from documents.tasks import make as task

logger = logging.getLogger(__name__)


def make(paper: IssuedDocument) -> None:
    """Ask for the file now. The broker has half a second; without it the paper waits for the sweep."""
    try:
        task.apply_async(args=[paper.pk], queue="pdf", retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        logger.warning(
            "The broker does not answer; a paper waits for the sweep.", extra={"error": type(error).__name__}
        )
