"""금빛학교: a call for schools (교육경비보조 사업 공고), what it asks for, and who reads what comes."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from budget.models.plan import Account, Line


class CallQuerySet(models.QuerySet):
    def published(self) -> CallQuerySet:
        return self.filter(published_at__isnull=False)


class GrantCall(models.Model):
    """A call. Whether it is open is said by the clock; its row is the lock of its money and its numbers."""

    class Stand(models.TextChoices):
        DRAFT = "draft", _("작성 중")
        COMING = "coming", _("접수예정")
        OPEN = "open", _("접수중")
        CLOSED = "closed", _("접수마감")

    title = models.CharField(_("공고 이름"), max_length=100)
    about = models.TextField(_("지원 내용"), max_length=3000, help_text="무엇을 지원하는지 학교가 읽습니다.")
    line = models.ForeignKey(
        Line, on_delete=models.PROTECT, related_name="grant_calls", verbose_name=_("예산 과목"),
        help_text="교부 결정은 이 과목의 원인행위로, 지급은 지출로 기록됩니다.",
    )  # fmt: skip
    budget_won = models.BigIntegerField(_("지원 총액(원)"), validators=[MinValueValidator(1)])
    ceiling_won = models.BigIntegerField(_("학교당 한도(원)"), validators=[MinValueValidator(1)])
    opens_at = models.DateTimeField(_("접수 시작"))
    closes_at = models.DateTimeField(_("접수 마감"), help_text="이 시각부터는 받지 않습니다.")
    settle_by = models.DateField(_("정산 보고 기한"), help_text="이날까지 정산 보고를 받습니다.")
    accounts = models.ManyToManyField(
        Account, verbose_name=_("신청할 수 있는 통계목"), related_name="+",
        help_text="학교는 이 통계목으로 예산을 나누어 적습니다.",
    )  # fmt: skip
    published_at = models.DateTimeField(_("공고 일시"), null=True, blank=True, editable=False)
    last_number = models.PositiveIntegerField(_("마지막 접수 번호"), default=0, editable=False)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("학교 보조금 공고")
        verbose_name_plural = _("학교 보조금 공고")
        ordering = ["-opens_at", "-pk"]
        permissions = [("review_grants", "보조금 신청을 심사할 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="grantcall_closes_after_opening",
                violation_error_message=_("접수 마감은 접수 시작보다 뒤여야 합니다."),
            ),
            models.CheckConstraint(
                condition=Q(ceiling_won__gt=0) & Q(budget_won__gte=F("ceiling_won")),
                name="grantcall_ceiling_within_budget",
                violation_error_message=_("학교당 한도는 지원 총액을 넘을 수 없습니다."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.settle_by and self.closes_at and self.settle_by <= timezone.localdate(self.closes_at):
            raise ValidationError({"settle_by": "정산 보고 기한은 접수 마감보다 뒤여야 합니다."})

    def stand_at(self, now: datetime) -> Stand:
        """From ``opens_at`` on and before ``closes_at`` it is open."""
        if self.published_at is None:
            return self.Stand.DRAFT
        if now < self.opens_at:
            return self.Stand.COMING
        return self.Stand.OPEN if now < self.closes_at else self.Stand.CLOSED

    @property
    def stand(self) -> Stand:
        return self.stand_at(timezone.now())

    @property
    def is_open(self) -> bool:
        return self.stand == self.Stand.OPEN


class GrantCriterion(models.Model):
    """What applications are judged by; the weights of a call make 100."""

    call = models.ForeignKey(GrantCall, on_delete=models.CASCADE, related_name="criteria", verbose_name=_("공고"))
    name = models.CharField(_("심사 기준"), max_length=100)
    weight = models.PositiveSmallIntegerField(
        _("배점"), validators=[MinValueValidator(1), MaxValueValidator(100)]
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("순서"), default=1)

    class Meta:
        verbose_name = _("심사 기준")
        verbose_name_plural = _("심사 기준")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(weight__range=(1, 100)), name="grantcriterion_weight_sane"),
            models.UniqueConstraint(fields=["call", "name"], name="grantcriterion_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.weight}점)"


class GrantPaper(models.Model):
    """A file that an application needs, such as 사업계획서."""

    call = models.ForeignKey(GrantCall, on_delete=models.CASCADE, related_name="papers", verbose_name=_("공고"))
    name = models.CharField(_("제출 서류"), max_length=100)
    required = models.BooleanField(_("꼭 필요함"), default=True)
    position = models.PositiveSmallIntegerField(_("순서"), default=1)

    class Meta:
        verbose_name = _("제출 서류")
        verbose_name_plural = _("제출 서류")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["call", "name"], name="grantpaper_once")]

    def __str__(self) -> str:
        return self.name


class GrantQuestion(models.Model):
    """A question of the application form, answered in words."""

    call = models.ForeignKey(GrantCall, on_delete=models.CASCADE, related_name="questions", verbose_name=_("공고"))
    text = models.CharField(_("질문"), max_length=200)
    required = models.BooleanField(_("꼭 답해야 함"), default=True)
    position = models.PositiveSmallIntegerField(_("순서"), default=1)

    class Meta:
        verbose_name = _("질문")
        verbose_name_plural = _("질문")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text


class GrantReviewer(models.Model):
    """A member of staff who reads the applications of a call."""

    call = models.ForeignKey(GrantCall, on_delete=models.CASCADE, related_name="reviewers", verbose_name=_("공고"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("심사위원")
    )

    class Meta:
        verbose_name = _("심사위원")
        verbose_name_plural = _("심사위원")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "user"],
                name="grantreviewer_once",
                violation_error_message=_("이미 심사위원으로 정한 사람입니다."),
            )
        ]

    def __str__(self) -> str:
        return str(self.user)
