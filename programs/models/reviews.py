"""Choosing by reading (심사): what is looked at, the points, and what was decided before families know it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from lifecycle.models import Lifecycle
from programs.models.applications import Application
from programs.models.runs import Run

POINTS_MOST = 100


class ReviewQuerySet(models.QuerySet):
    def due(self, now: datetime) -> ReviewQuerySet:
        """Those to be announced by the clock at ``now``."""
        return self.filter(announced_at=None, announce_at__lte=now).exclude(run__state=Run.State.CANCELLED)

    def announced(self) -> ReviewQuerySet:
        return self.filter(announced_at__isnull=False)


class Review(models.Model):
    """The review of one run: when its decisions are announced, and when they were. Announced once and for all."""

    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="review", verbose_name="회차")
    announce_at = models.DateTimeField("발표 예정 일시", null=True, blank=True, editable=False)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    announced_at = models.DateTimeField("발표 일시", null=True, editable=False)
    announced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text="비어 있으면 예정한 때에 시스템이 발표했습니다.",
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = "심사"
        verbose_name_plural = "심사"
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [
            ("score_application", "심사 점수를 줄 수 있음"),
            ("announce_review", "심사 결과를 정하고 발표할 수 있음"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="announced_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF OLD.announced_at IS NOT NULL AND NEW.announced_at IS DISTINCT FROM OLD.announced_at THEN
                        RAISE EXCEPTION 'review % is announced', OLD.id USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.run} 심사"


class Criterion(models.Model):
    """One thing that is looked at, with the most points that it may get."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="criteria")
    name = models.CharField("심사 기준", max_length=60)
    most = models.PositiveSmallIntegerField(
        "만점", validators=[MinValueValidator(1), MaxValueValidator(POINTS_MOST)], default=10
    )
    position = models.PositiveSmallIntegerField("순서", default=0)

    class Meta:
        verbose_name = "심사 기준"
        verbose_name_plural = "심사 기준"
        ordering = ["position", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["review", "name"], name="criterion_name_once"),
            models.CheckConstraint(condition=Q(most__range=(1, POINTS_MOST)), name="criterion_points_in_range"),
        ]

    def __str__(self) -> str:
        return self.name


class Score(models.Model):
    """The points that one member of staff gave one application for one criterion."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="scores")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField("점수")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "심사 점수"
        verbose_name_plural = "심사 점수"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["application", "criterion", "by"], name="score_once_of_each"),
            models.CheckConstraint(condition=Q(points__lte=POINTS_MOST), name="score_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion} {self.points}"


class Decision(Lifecycle):
    """What will become of an application once the review is announced. Its trail is staff's alone."""

    class State(models.TextChoices):
        SELECTED = "selected", "선정"
        RESERVE = "reserve", "예비"
        OUT = "out", "미선정"

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.SELECTED: frozenset({State.RESERVE, State.OUT}),
        State.RESERVE: frozenset({State.SELECTED, State.OUT}),
        State.OUT: frozenset({State.SELECTED, State.RESERVE}),
    }

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="decision")
    state = models.CharField("심사 결정", max_length=10, choices=State)

    class Meta:
        verbose_name = "심사 결정"
        verbose_name_plural = "심사 결정"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["selected", "reserve", "out"]), name="decision_is_one_of")
        ]

    def __str__(self) -> str:
        return self.get_state_display()
