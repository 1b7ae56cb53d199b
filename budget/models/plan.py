"""For what, under which heading, from whose money: the dimensions of the ledger."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from lifecycle.models import Lifecycle


class Source(models.TextChoices):
    """재원, in the order in which the plan's table lists them."""

    STATE = "state", "국비"
    CITY = "city", "시비"
    DISTRICT = "district", "구비"
    PRIVATE = "private", "민간"
    OTHER = "other", "기타"


class Project(models.Model):
    """A node of 정책사업 → 단위사업 → 세부사업 (지방자치단체 예산편성 운영기준). Money stands on 세부사업 alone."""

    class Level(models.IntegerChoices):
        POLICY = 1, "정책사업"
        UNIT = 2, "단위사업"
        DETAIL = 3, "세부사업"

    level = models.PositiveSmallIntegerField("단계", choices=Level)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="위 사업"
    )
    name = models.CharField("사업명", max_length=100)
    code = models.CharField("사업 코드", max_length=30, blank=True, help_text="e호조의 사업 코드. 없으면 비워 둡니다.")
    position = models.PositiveSmallIntegerField("순서", default=100)
    plan_key = models.SlugField("계획 항목", max_length=40, unique=True, null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "사업"
        verbose_name_plural = "사업"
        ordering = ["position", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level=1, parent=None) | Q(level__in=[2, 3], parent__isnull=False),
                name="project_stands_below_another",
                violation_error_message="단위사업과 세부사업은 위 사업을 골라 주세요. 정책사업에는 위 사업이 없습니다.",
            ),
            models.UniqueConstraint(
                fields=["parent", "name"],
                nulls_distinct=False,
                name="project_name_once",
                violation_error_message="같은 이름의 사업이 이미 있습니다.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.parent is not None and self.parent.level != self.level - 1:
            raise ValidationError({"parent": "바로 위 단계의 사업을 골라 주세요(정책사업 → 단위사업 → 세부사업)."})


class Account(models.Model):
    """A 통계목 with its 편성목, such as 201-03 행사운영비 of 201 일반운영비."""

    code = models.CharField(
        "통계목 코드",
        max_length=6,
        unique=True,
        validators=[RegexValidator(r"^\d{3}-\d{2}$", "‘201-03’처럼 숫자 세 자리와 두 자리로 적어 주세요.")],
    )
    name = models.CharField("통계목", max_length=50)
    group_name = models.CharField("편성목", max_length=50, blank=True, help_text="예: 일반운영비")

    class Meta:
        verbose_name = "통계목"
        verbose_name_plural = "통계목"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class FiscalYear(Lifecycle):
    """회계연도: 1 January to 31 December (지방회계법 제6조). Closing and reopening take a second person."""

    class State(models.TextChoices):
        OPEN = "open", "집행 중"
        CLOSED = "closed", "마감"

    MOVES = {State.OPEN: frozenset({State.CLOSED}), State.CLOSED: frozenset({State.OPEN})}

    year = models.PositiveSmallIntegerField("회계연도", unique=True)
    state = models.CharField("상태", max_length=10, choices=State, default=State.OPEN, editable=False)

    class Meta:
        verbose_name = "회계연도"
        verbose_name_plural = "회계연도"
        ordering = ["-year"]
        permissions = [("approve_fiscalyear", "회계연도 마감과 초과 집행을 승인할 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=Q(year__range=(2000, 2100)),
                name="fiscalyear_in_range",
                violation_error_message="회계연도는 2000년에서 2100년 사이로 적어 주세요.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year}년도"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class LineQuerySet(models.QuerySet):
    def for_page(self) -> LineQuerySet:
        return self.select_related("project__parent__parent", "account", "year")


class Line(models.Model):
    """예산 과목: one 세부사업, year, 통계목 and source. Its row is the lock of everything that is posted on it.

    Without an account: money that is known for the project only, as in the plan's table.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="lines", verbose_name="세부사업")
    year = models.ForeignKey(FiscalYear, on_delete=models.PROTECT, related_name="lines", verbose_name="회계연도")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="lines", verbose_name="통계목"
    )
    source = models.CharField("재원", max_length=10, choices=Source)

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = "예산 과목"
        verbose_name_plural = "예산 과목"
        ordering = ["year", "project", "account", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "year", "account", "source"],
                nulls_distinct=False,
                name="line_once",
                violation_error_message="같은 사업·연도·통계목·재원의 과목이 이미 있습니다.",
            ),
        ]

    def __str__(self) -> str:
        account = f" {self.account}" if self.account else ""
        return f"{self.year} {self.project}{account} {self.get_source_display()}"
