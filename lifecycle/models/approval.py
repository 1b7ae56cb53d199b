"""One person asks, another agrees to exactly what was asked (결재)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from lifecycle.models.states import Lifecycle, OfQuerySet


class ApprovalQuerySet(OfQuerySet):
    def pending(self) -> ApprovalQuerySet:
        return self.filter(state=Approval.State.PENDING)


class Approval(Lifecycle):
    """A request about ``subject`` whose contents have the SHA-256 ``digest``; an edit of them voids it.

    ``contents`` is what the deciding person is shown, line by line, and what the digest was made of.
    """

    class State(models.TextChoices):
        PENDING = "pending", "승인 대기"
        APPROVED = "approved", "승인"
        REJECTED = "rejected", "반려"
        WITHDRAWN = "withdrawn", "회수"
        VOID = "void", "무효(내용이 바뀜)"

    MOVES = {
        State.PENDING: frozenset({State.APPROVED, State.REJECTED, State.WITHDRAWN, State.VOID}),
        State.APPROVED: frozenset({State.VOID}),
        State.REJECTED: frozenset(),
        State.WITHDRAWN: frozenset(),
        State.VOID: frozenset(),
    }

    kind = models.CharField("결재 종류", max_length=40, editable=False)
    subject_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, editable=False, verbose_name="대상 종류")
    subject_id = models.BigIntegerField("대상 번호", editable=False)
    subject = GenericForeignKey("subject_type", "subject_id")
    title = models.CharField("제목", max_length=200, editable=False)
    contents = models.JSONField("내용", default=dict, encoder=DjangoJSONEncoder, editable=False)
    digest = models.CharField("내용 해시(SHA-256)", max_length=64, editable=False)
    state = models.CharField("상태", max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField("사유", max_length=500, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+", verbose_name="올린 사람"
    )
    asked_at = models.DateTimeField("올린 일시", default=timezone.now, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="결정한 사람",
    )
    decided_at = models.DateTimeField("결정 일시", null=True, editable=False)
    remark = models.CharField("의견", max_length=500, blank=True, editable=False)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        verbose_name = "결재"
        verbose_name_plural = "결재"
        ordering = ["-asked_at", "-pk"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=Q(state="pending"),
                name="approval_one_pending",
                violation_error_message="이미 결재를 기다리고 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="approval_second_person",
                violation_error_message="올린 사람은 스스로 승인할 수 없습니다.",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "rejected"])
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="approval_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="approval_subject")]

    def __str__(self) -> str:
        return self.title
