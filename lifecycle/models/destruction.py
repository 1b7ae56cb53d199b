"""What is to be destroyed, who agreed, and what was: 파기요청서 and 파기 관리대장."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from lifecycle.append_only import append_only
from lifecycle.models.states import Lifecycle


def digest(kind: str, rows: Iterable[int]) -> str:
    """SHA-256 of one kind and its row numbers in order: what exactly was agreed to."""
    return hashlib.sha256(f"{kind}:{','.join(map(str, sorted(rows)))}".encode()).hexdigest()


class DestructionPlan(Lifecycle):
    """파기요청서: the rows of one kind whose time is over, and the second person who agreed.

    Words and period are copied from the kind, so that the paper says what was true when it was
    made. ``rows`` is emptied with the rows themselves; ``digest`` stays as proof of what they were.
    """

    class State(models.TextChoices):
        DRAFTED = "drafted", "승인 대기"
        APPROVED = "approved", "승인"
        DONE = "done", "파기 완료"
        REJECTED = "rejected", "반려"

    LIVE = (State.DRAFTED, State.APPROVED)
    MOVES = {
        State.DRAFTED: frozenset({State.APPROVED, State.REJECTED, State.DONE}),  # done at once: automatic kinds only
        State.APPROVED: frozenset({State.DONE, State.REJECTED}),
        State.DONE: frozenset(),
        State.REJECTED: frozenset(),
    }

    kind = models.CharField("자료 구분", max_length=50, editable=False)
    label = models.CharField("자료", max_length=100, editable=False)
    basis = models.CharField("근거", max_length=300, editable=False)
    period = models.CharField("보존 기간", max_length=30, editable=False)
    method = models.CharField("파기 방법", max_length=100, editable=False)
    automatic = models.BooleanField("자동 파기", default=False, editable=False)
    rows = ArrayField(models.BigIntegerField(), verbose_name="대상 번호", default=list, editable=False)
    count = models.PositiveIntegerField("건수", editable=False)
    digest = models.CharField("목록 해시(SHA-256)", max_length=64, editable=False)
    state = models.CharField("상태", max_length=20, choices=State, default=State.DRAFTED)
    drafted_at = models.DateTimeField("요청 일시", default=timezone.now, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="요청한 사람",
        help_text="비어 있으면 시스템이 날마다 만드는 계획입니다.",
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="승인한 사람",
    )
    approved_at = models.DateTimeField("승인 일시", null=True, editable=False)

    class Meta:
        verbose_name = "파기 계획"
        verbose_name_plural = "파기 계획"
        ordering = ["-drafted_at", "-pk"]
        permissions = [("approve_destructionplan", "파기 승인")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(state__in=["drafted", "approved"]),
                name="destructionplan_one_at_a_time",
                violation_error_message="이 자료에는 아직 끝나지 않은 파기 계획이 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(requested_by__isnull=True)
                | Q(approved_by__isnull=True)
                | ~Q(approved_by=F("requested_by")),
                name="destructionplan_second_person",
                violation_error_message="요청한 사람은 승인할 수 없습니다. 다른 담당자가 승인해야 합니다.",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "done"]) | ~Q(approved_by=None) | Q(automatic=True),
                name="destructionplan_done_is_approved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.count}건"

    def is_as_drafted(self) -> bool:
        """Whether ``rows`` are still the very rows that were listed."""
        return digest(self.kind, self.rows) == self.digest


class DestructionRecord(models.Model):
    """파기 관리대장: one line per destruction, without anybody's data. Only ever added to."""

    at = models.DateTimeField("파기 일시", default=timezone.now, editable=False)
    plan = models.ForeignKey(
        DestructionPlan, on_delete=models.PROTECT, null=True, related_name="records", verbose_name="파기 계획"
    )
    kind = models.CharField("자료 구분", max_length=50)
    label = models.CharField("자료", max_length=100)
    basis = models.CharField("근거", max_length=300)
    period = models.CharField("보존 기간", max_length=30)
    method = models.CharField("파기 방법", max_length=100)
    count = models.PositiveIntegerField("건수")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="요청한 사람"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="승인한 사람"
    )
    remark = models.CharField("비고", max_length=200, blank=True)

    class Meta:
        verbose_name = "파기 관리대장"
        verbose_name_plural = "파기 관리대장"
        ordering = ["-at", "-pk"]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d} {self.label} {self.count}건"
