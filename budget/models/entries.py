"""The ledger: what was asked for, granted, bound and paid. Only ever added to."""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from budget.models.plan import Line
from lifecycle.append_only import append_only
from lifecycle.models import Approval
from programs.models import Program


class Stage(models.TextChoices):
    """What an amount says. Every amount is positive but for reductions by 추경 and for reversals."""

    NEED = "need", "수요"
    BUDGET = "budget", "편성"
    REVISION = "revision", "추경"
    SHIFT_IN = "shift_in", "전용 증"  # 지방재정법 제49조: between 단위사업 or 목 of one 정책사업
    SHIFT_OUT = "shift_out", "전용 감"
    TRANSFER_IN = "transfer_in", "이용 증"  # 제47조: between 정책사업, with the council's consent
    TRANSFER_OUT = "transfer_out", "이용 감"
    CARRIED_IN = "carried_in", "이월 전입"
    ALLOTMENT = "allotment", "배정"
    COMMITMENT = "commitment", "원인행위"
    PAYMENT = "payment", "지출"
    RETURN = "return", "반납"  # of money that was paid
    CARRIED_OUT = "carried_out", "이월 전출"
    LAPSE = "lapse", "불용"


class Carry(models.TextChoices):
    """Why unspent money may be used next year (지방재정법 제50조, 제42조)."""

    EXPRESS = "express", "명시이월"
    ACCIDENT = "accident", "사고이월"
    CONTINUING = "continuing", "계속비이월"


# What each stage does to 예산현액, to what is bound, and to what was paid
CURRENT = {
    Stage.BUDGET: 1,
    Stage.REVISION: 1,
    Stage.SHIFT_IN: 1,
    Stage.SHIFT_OUT: -1,
    Stage.TRANSFER_IN: 1,
    Stage.TRANSFER_OUT: -1,
    Stage.CARRIED_IN: 1,
}
LEGS = {
    Stage.SHIFT_OUT: Stage.SHIFT_IN,
    Stage.TRANSFER_OUT: Stage.TRANSFER_IN,
    Stage.CARRIED_OUT: Stage.CARRIED_IN,
}


class EntryQuerySet(models.QuerySet):
    def known(self, day: date, cutoff: int | None = None) -> EntryQuerySet:
        """What was recorded by the end of ``day`` (KST) and took effect by then; ``cutoff`` is the last entry seen."""
        seen = self.filter(recorded_on__lte=day, effective_on__lte=day)
        return seen.filter(pk__lte=cutoff) if cutoff is not None else seen


class Entry(models.Model):
    """One posting in whole won. A correction is a reversal and a new posting; a move has two legs of one ``pair``."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="entries", verbose_name="예산 과목")
    stage = models.CharField("단계", max_length=12, choices=Stage)
    amount_won = models.BigIntegerField("금액(원)")
    effective_on = models.DateField("효력일", help_text="결정하거나 지급한 날")
    recorded_at = models.DateTimeField("기록 일시", default=timezone.now, editable=False)
    recorded_on = models.DateField("기록일", editable=False, help_text="기록 일시의 한국 날짜")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="기록한 사람",
        help_text="비어 있으면 사업계획서에서 옮긴 것입니다.",
    )
    document_no = models.CharField(
        "e호조 문서번호", max_length=50, blank=True, help_text="원인행위번호, 지급결의번호 또는 결정 문서"
    )
    reason = models.CharField("적요", max_length=200)
    carry = models.CharField("이월 구분", max_length=10, choices=Carry, blank=True)
    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="프로그램"
    )
    settles = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="settlements",
        verbose_name="앞 단계",
        help_text="지출이면 원인행위, 반납이면 지출",
    )
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name="취소한 기록"
    )
    pair = models.UUIDField("짝", null=True, blank=True, editable=False)
    approval = models.ForeignKey(
        Approval,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="승인",
        help_text="남은 돈을 넘긴 기록에 있습니다.",
    )

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = "예산 기록"
        verbose_name_plural = "예산 기록"
        ordering = ["pk"]
        default_permissions = ["add", "view"]
        permissions = [("view_money", "예산 화면을 볼 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(amount_won=0) & Q(amount_won__range=(-(10**15), 10**15)), name="entry_amount_in_range"
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=False) | Q(amount_won__gt=0) | Q(stage="revision"),
                name="entry_positive",
                violation_error_message="금액은 0보다 커야 합니다. 줄이는 것은 추경(감액)이나 취소로 적습니다.",
            ),
            models.CheckConstraint(
                condition=Q(pair=None)
                | Q(
                    stage__in=[
                        "shift_in",
                        "shift_out",
                        "transfer_in",
                        "transfer_out",
                        "carried_in",
                        "carried_out",
                        "commitment",
                        "payment",
                    ]
                ),
                name="entry_pairs_are_moves",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=["shift_in", "shift_out", "transfer_in", "transfer_out"])
                | Q(pair__isnull=False),
                name="entry_moves_have_a_pair",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["carried_in", "carried_out"]) ^ Q(carry=""), name="entry_carry_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=["payment", "return"]) | Q(settles__isnull=False) | Q(recorded_by=None),
                name="entry_payment_settles",
            ),
        ]
        indexes = [
            models.Index(fields=["recorded_on"], include=["effective_on"], name="entry_recorded"),
            models.Index(fields=["effective_on"], include=["recorded_on"], name="entry_effective"),
            models.Index(fields=["line", "stage"], name="entry_line_stage"),
            models.Index(fields=["pair"], condition=Q(pair__isnull=False), name="entry_pair"),
            models.Index(
                fields=["document_no"],
                condition=~Q(document_no=""),
                name="entry_document",
                opclasses=["text_pattern_ops"],
            ),
        ]
        triggers = [
            *append_only(),
            pgtrigger.Trigger(
                name="adds_to_its_month",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    INSERT INTO budget_monthsum
                        (line_id, stage, carry, program_id, effective_month, recorded_month, amount_won, entries)
                    VALUES (NEW.line_id, NEW.stage, NEW.carry, NEW.program_id,
                            date_trunc('month', NEW.effective_on)::date, date_trunc('month', NEW.recorded_on)::date,
                            NEW.amount_won, 1)
                    ON CONFLICT (line_id, stage, carry, program_id, effective_month, recorded_month)
                    DO UPDATE SET amount_won = budget_monthsum.amount_won + EXCLUDED.amount_won,
                                  entries = budget_monthsum.entries + 1;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="says_its_day",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    NEW.recorded_on = (NEW.recorded_at AT TIME ZONE 'Asia/Seoul')::date;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.amount_won:,}원 {self.reason}"

    def save(self, *args: object, **kwargs: object) -> None:
        self.recorded_on = timezone.localdate(self.recorded_at)
        super().save(*args, **kwargs)

    @property
    def is_reversed(self) -> bool:
        return hasattr(self, "reversal")


class MonthSum(models.Model):
    """Partial sums kept by the database with every posting, so that a table costs the same with a million of them.

    Nobody else writes here; ``doctor`` adds up anew and compares.
    """

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+", editable=False)
    stage = models.CharField(max_length=12, choices=Stage, editable=False)
    carry = models.CharField(max_length=10, choices=Carry, blank=True, editable=False)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    effective_month = models.DateField(editable=False)
    recorded_month = models.DateField(editable=False)
    amount_won = models.BigIntegerField(editable=False)
    entries = models.PositiveIntegerField(editable=False)

    class Meta:
        verbose_name = "월별 합계"
        verbose_name_plural = "월별 합계"
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["line", "stage", "carry", "program", "effective_month", "recorded_month"],
                nulls_distinct=False,
                name="monthsum_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.stage} {self.effective_month:%Y-%m}"


class Proposal(models.Model):
    """A posting that goes beyond what is left and waits for a second person; ``entry`` once they agreed."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="proposals", verbose_name="예산 과목")
    stage = models.CharField("단계", max_length=12, choices=Stage)
    amount_won = models.BigIntegerField("금액(원)")
    effective_on = models.DateField("효력일")
    document_no = models.CharField("e호조 문서번호", max_length=50, blank=True)
    reason = models.CharField("적요", max_length=200)
    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="프로그램"
    )
    settles = models.ForeignKey(
        Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="앞 단계"
    )
    left_won = models.BigIntegerField("올릴 때 남은 금액(원)", editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+", verbose_name="올린 사람"
    )
    made_at = models.DateTimeField("올린 일시", default=timezone.now, editable=False)
    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, null=True, editable=False, related_name="proposal", verbose_name="기록"
    )

    class Meta:
        verbose_name = "초과 집행 요청"
        verbose_name_plural = "초과 집행 요청"
        ordering = ["-made_at", "-pk"]
        default_permissions = ["view"]
        constraints = [models.CheckConstraint(condition=Q(amount_won__gt=0), name="proposal_positive")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.amount_won:,}원 {self.reason}"
