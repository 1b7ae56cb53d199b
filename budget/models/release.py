"""Which issued papers lie open to citizens: an official's decision, never a by-product of printing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from documents.models import IssuedDocument


class ReleaseQuerySet(models.QuerySet):
    def standing(self) -> ReleaseQuerySet:
        """What citizens find today: not taken down, and the paper still holds."""
        return self.filter(ended_at=None, paper__withdrawal=None, paper__print__isnull=False)


class Release(models.Model):
    """One paper on the citizens' page, since when and until when."""

    paper = models.ForeignKey(IssuedDocument, on_delete=models.PROTECT, related_name="+", verbose_name="문서")
    released_at = models.DateTimeField("실은 일시", default=timezone.now, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+", verbose_name="실은 사람"
    )
    ended_at = models.DateTimeField("내린 일시", null=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="내린 사람",
    )

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = "주민에게 공개한 문서"
        verbose_name_plural = "주민에게 공개한 문서"
        ordering = ["-released_at", "-pk"]
        default_permissions = ["view"]
        permissions = [("release_paper", "예산 문서를 주민에게 공개할 수 있음")]
        constraints = [
            models.UniqueConstraint(fields=["paper"], condition=Q(ended_at=None), name="release_once_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="release_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paper} 공개"
