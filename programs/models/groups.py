"""Places of a run that are kept for some."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.audience import ForGrades
from programs.drawing import WEIGHT_MOST
from programs.models.runs import Run


class Group(ForGrades):
    """Places of a run kept for some (그룹 정원): of certain grades, or of those with priority.

    Every application belongs to the first group, by ``position``, that suits all its students; the group's places
    cap it as the run's capacity caps all. Whoever suits none has the run's capacity alone.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="groups", verbose_name=_("회차"))
    name = models.CharField(_("그룹"), max_length=40, help_text="예: 중학교 1학년")
    capacity = models.PositiveIntegerField(_("정원(명)"), validators=[MinValueValidator(1)])
    for_priority = models.BooleanField(
        "우선 지원 학생", default=False, help_text="누가 그런 학생인지는 어떤 화면에도 나오지 않습니다."
    )
    weight = models.PositiveSmallIntegerField(
        "추첨 가중치", default=1, validators=[MinValueValidator(1), MaxValueValidator(WEIGHT_MOST)]
    )
    position = models.PositiveSmallIntegerField("순서", default=0)

    class Meta(ForGrades.Meta):
        verbose_name = _("그룹")
        verbose_name_plural = _("그룹")
        ordering = ["position", "pk"]
        constraints = [
            *ForGrades.Meta.constraints,
            models.UniqueConstraint(fields=["run", "name"], name="group_name_once"),
            models.CheckConstraint(
                condition=Q(capacity__gte=1, weight__range=(1, WEIGHT_MOST)), name="group_numbers_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.name
