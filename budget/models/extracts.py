"""e호조 자료: files that officials took out of the book of record, what each of their lines became, and months signed off."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from budget.models.entries import Entry, Stage
from budget.models.plan import Line
from lifecycle.models import Lifecycle


class ExtractShape(models.Model):
    """Which column of a header means what, as somebody said last; found again by the header itself."""

    digest = models.CharField("머리글 해시", max_length=64, unique=True, editable=False)
    header = ArrayField(models.CharField(max_length=100), verbose_name="머리글", editable=False)
    columns = models.JSONField("열의 뜻", default=dict, editable=False)

    class Meta:
        verbose_name = "자료 형식"
        verbose_name_plural = "자료 형식"
        default_permissions = []

    def __str__(self) -> str:
        return ", ".join(self.header)[:100]


class Extract(Lifecycle):
    """One uploaded file: its lines as text, and what each column means (``columns``: meaning → place of the column)."""

    class State(models.TextChoices):
        LOOKED_AT = "looked_at", "확인 중"
        POSTED = "posted", "예산에 기록"
        KEPT = "kept", "대사에만 씀"
        DROPPED = "dropped", "버림"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.LOOKED_AT: frozenset({State.POSTED, State.KEPT, State.DROPPED}),
        State.POSTED: frozenset(),
        State.KEPT: frozenset({State.POSTED}),
        State.DROPPED: frozenset(),
    }

    name = models.CharField("파일 이름", max_length=120, editable=False)
    digest = models.CharField("파일 해시(SHA-256)", max_length=64, editable=False)
    header = ArrayField(models.CharField(max_length=100), verbose_name="머리글", editable=False)
    rows = models.JSONField("줄", default=list, editable=False)
    columns = models.JSONField("열의 뜻", default=dict, editable=False)
    state = models.CharField("상태", max_length=10, choices=State, default=State.LOOKED_AT, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name="올린 사람"
    )
    uploaded_at = models.DateTimeField("올린 일시", default=timezone.now, editable=False)

    class Meta:
        verbose_name = "e호조 자료"
        verbose_name_plural = "e호조 자료"
        ordering = ["-uploaded_at", "-pk"]
        default_permissions = ["add", "view"]

    def __str__(self) -> str:
        return self.name


class ExtractRow(models.Model):
    """A line of the book of record, once for ever: ``digest`` is made of everything that it says.

    ``entry`` is what it became here, or what stood here already; none while it is only compared.
    """

    extract = models.ForeignKey(Extract, on_delete=models.PROTECT, related_name="lines", verbose_name="자료")
    number = models.PositiveIntegerField("줄")
    digest = models.CharField("줄 해시", max_length=64, unique=True)
    document_no = models.CharField("문서번호", max_length=50)
    stage = models.CharField("단계", max_length=12, choices=Stage)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+", verbose_name="예산 과목")
    amount_won = models.BigIntegerField("금액(원)")
    effective_on = models.DateField("날짜")
    reason = models.CharField("적요", max_length=200)
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="extract_rows", verbose_name="예산 기록"
    )

    class Meta:
        verbose_name = "e호조 자료의 줄"
        verbose_name_plural = "e호조 자료의 줄"
        ordering = ["extract", "number"]
        default_permissions = []
        constraints = [
            models.CheckConstraint(condition=Q(amount_won__gt=0), name="extractrow_positive"),
            models.CheckConstraint(condition=~Q(document_no=""), name="extractrow_has_document"),
        ]
        indexes = [
            models.Index(fields=["effective_on"], name="extractrow_day"),
            models.Index(fields=["document_no", "line", "stage"], name="extractrow_document"),
        ]

    def __str__(self) -> str:
        return f"{self.document_no} {self.get_stage_display()} {self.amount_won:,}원"


class Reconciliation(models.Model):
    """대사: a month that somebody compares and signs off with a second person (``lifecycle.approval``)."""

    month = models.DateField("달", unique=True, help_text="그달의 첫날")

    class Meta:
        verbose_name = "월별 대사"
        verbose_name_plural = "월별 대사"
        ordering = ["-month"]
        default_permissions = ["view"]
        permissions = [("approve_reconciliation", "월별 대사를 확정할 수 있음")]
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="reconciliation_of_a_month")]

    def __str__(self) -> str:
        return f"{self.month.year}년 {self.month.month}월 대사"
