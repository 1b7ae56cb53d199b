"""What an official paper printed, kept beside what the ledger says; differences are listed, never mended in silence."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from budget.models.plan import Source


class PublishedSource(models.Model):
    """A paper that printed figures, such as the plan."""

    code = models.SlugField("이름표", max_length=40, unique=True, editable=False)
    title = models.CharField("문서", max_length=200)
    published_on = models.DateField("발행일", null=True, blank=True)
    remark = models.TextField("비고", blank=True)

    class Meta:
        verbose_name = "발표 문서"
        verbose_name_plural = "발표 문서"
        ordering = ["published_on", "title"]

    def __str__(self) -> str:
        return self.title


class PublishedFigure(models.Model):
    """One cell of a printed table. ``value`` is in printed units; ``None`` is a blank cell, which is not zero."""

    class Measure(models.TextChoices):
        FUNDS = "funds", "확보액·소요액"
        SPENT = "spent", "집행액"

    paper = models.ForeignKey(PublishedSource, on_delete=models.CASCADE, related_name="figures", verbose_name="문서")
    page = models.CharField("쪽", max_length=20, blank=True)
    row = models.CharField("행", max_length=40, help_text="인쇄된 그대로")
    column = models.CharField("열", max_length=80, help_text="인쇄된 머리글을 점으로 이은 것")
    source = models.CharField("재원", max_length=10, choices=Source, blank=True, help_text="비어 있으면 계")
    year = models.PositiveSmallIntegerField("연도", null=True, blank=True, help_text="비어 있으면 합계나 기투자")
    span = models.CharField(
        "범위",
        max_length=10,
        choices=[("total", "합계"), ("before", "기투자"), ("year", "연도")],
    )
    measure = models.CharField("값", max_length=6, choices=Measure)
    value = models.BigIntegerField("인쇄된 값", null=True, blank=True)
    unit_won = models.PositiveIntegerField("단위(원)", default=1_000_000)
    position = models.PositiveSmallIntegerField("순서", default=0)

    class Meta:
        verbose_name = "발표 금액"
        verbose_name_plural = "발표 금액"
        ordering = ["paper", "position"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "row", "column"], name="publishedfigure_cell_once"),
            models.CheckConstraint(
                condition=Q(span="year", year__isnull=False) | Q(span__in=["total", "before"], year=None),
                name="publishedfigure_year_of_years",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.row} {self.column}"

    @property
    def won(self) -> int | None:
        """In won; ``None`` where the paper prints nothing."""
        return None if self.value is None else self.value * self.unit_won


class Conflict(models.Model):
    """Two places that contradict each other, or an oddity of a paper. Settled by a decision, never in silence."""

    class Weight(models.TextChoices):
        CONFLICT = "conflict", "서로 다름"
        REMARK = "remark", "참고"

    paper = models.ForeignKey(PublishedSource, on_delete=models.CASCADE, related_name="conflicts", verbose_name="문서")
    key = models.SlugField("이름표", max_length=40)
    weight = models.CharField("무게", max_length=10, choices=Weight, default=Weight.CONFLICT)
    title = models.CharField("무엇이", max_length=100)
    here = models.CharField("한 곳에는", max_length=300)
    there = models.CharField("다른 곳에는", max_length=300, blank=True)
    remark = models.TextField("살펴본 것", blank=True)
    settled_on = models.DateField("정리한 날", null=True, blank=True)
    settlement = models.TextField("정리한 내용", blank=True, help_text="결정 문서와 결정한 내용")

    class Meta:
        verbose_name = "계획의 모순"
        verbose_name_plural = "계획의 모순"
        ordering = ["weight", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "key"], name="conflict_once"),
            models.CheckConstraint(
                condition=Q(settled_on=None, settlement="") | (Q(settled_on__isnull=False) & ~Q(settlement="")),
                name="conflict_settled_with_a_word",
                violation_error_message="정리한 날과 정리한 내용을 함께 적어 주세요.",
            ),
        ]

    def __str__(self) -> str:
        return self.title
