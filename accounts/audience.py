"""Which grades something is meant for, said once for programmes and for news."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from accounts.schoolyear import GRADES, LAST_GRADE, Level

LEVEL_GRADES = {Level.ELEMENTARY: (1, 6), Level.MIDDLE: (7, 9), Level.HIGH: (10, LAST_GRADE)}


class ForGrades(models.Model):
    """Meant for the grades from ``first_grade`` to ``last_grade`` (1 = 초1 … 12 = 고3); both empty: for all."""

    first_grade = models.PositiveSmallIntegerField(
        gettext_lazy("학년(부터)"), choices=GRADES, null=True, blank=True, help_text="비워 두면 모든 학년입니다."
    )
    last_grade = models.PositiveSmallIntegerField(gettext_lazy("학년(까지)"), choices=GRADES, null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(first_grade=None, last_grade=None)
                | Q(
                    first_grade__isnull=False,
                    last_grade__isnull=False,
                    first_grade__gte=1,
                    last_grade__lte=LAST_GRADE,
                    last_grade__gte=F("first_grade"),
                ),
                name="%(class)s_grades_in_order",
                violation_error_message="학년은 둘 다 고르거나 둘 다 비우고, 낮은 학년부터 적어 주세요.",
            )
        ]

    @staticmethod
    def reaching(level: str) -> Q:
        """Rows meant for at least one grade of this school level."""
        first, last = LEVEL_GRADES[Level(level)]
        return Q(first_grade=None) | Q(first_grade__lte=last, last_grade__gte=first)

    @property
    def grades_label(self) -> str:
        return grades_label(self.first_grade, self.last_grade)


def grades_label(first: int | None, last: int | None) -> str:
    """``전 학년``, ``중학생``, ``중·고등학생``, ``중2~고1``."""
    if (first, last) in _WHOLE:
        return str(_WHOLE[first, last])
    beginning, end = _NAMES[first], _NAMES[last]
    return beginning if beginning == end else f"{beginning}~{end}"


_NAMES = dict(GRADES)
_WHOLE = {
    (None, None): gettext_lazy("전 학년"),
    (1, 12): gettext_lazy("초·중·고등학생"),
    (1, 6): gettext_lazy("초등학생"),
    (7, 9): gettext_lazy("중학생"),
    (10, 12): gettext_lazy("고등학생"),
    (1, 9): gettext_lazy("초·중학생"),
    (7, 12): gettext_lazy("중·고등학생"),
}
