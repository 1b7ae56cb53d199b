"""What the composition root itself stores: only who is alive."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import DatabaseError, connection, models
from django.utils import timezone

logger = logging.getLogger(__name__)


class Heartbeat(models.Model):
    """When the beat, and a worker of each queue, last showed that they work."""

    LATE_AFTER = timedelta(seconds=120)  # four missed turns of thirty seconds

    source = models.CharField("구분", max_length=40, primary_key=True)
    at = models.DateTimeField("마지막 신호")

    class Meta:
        verbose_name = verbose_name_plural = "작동 신호"

    def __str__(self) -> str:
        return self.source

    @classmethod
    def show(cls, source: str) -> None:
        """Write that ``source`` is alive; a database that is away must not end the one who says so."""
        try:
            cls.objects.bulk_create(
                [cls(source=source, at=timezone.now())],
                update_conflicts=True,
                update_fields=["at"],
                unique_fields=["source"],
            )
        except DatabaseError:
            logger.warning("heartbeat of %s could not be written", source)
            connection.close()
