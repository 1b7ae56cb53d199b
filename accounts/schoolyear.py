"""The Korean school year (학년도): 1 March to the end of February, and what moves with it."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LAST_GRADE = 12


class Level(models.TextChoices):
    """학교급, by the number of years spent in school."""

    ELEMENTARY = "elementary", _("초등학교")
    MIDDLE = "middle", _("중학교")
    HIGH = "high", _("고등학교")


GRADES = [
    (n, f"{'초' if n <= 6 else '중' if n <= 9 else '고'}{n if n <= 6 else n - 6 if n <= 9 else n - 9}")
    for n in range(1, 13)
]


def school_year(day: date | None = None) -> int:
    """The school year that ``day`` (KST; today when left out) belongs to: 2026-02-28 → 2025."""
    day = day or timezone.localdate()
    return day.year if day.month >= 3 else day.year - 1


def level_of(grade: int) -> Level:
    """The school level of a grade counted from 1 (초1) to 12 (고3)."""
    return Level.ELEMENTARY if grade <= 6 else Level.MIDDLE if grade <= 9 else Level.HIGH


def age(birth_date: date, on: date | None = None) -> int:
    """만 나이 on a day (KST; today when left out). Born on 29 February: a year older on 1 March."""
    on = on or timezone.localdate()
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def is_under_14(birth_date: date, on: date | None = None) -> bool:
    """Whether a legal guardian's consent is needed (개인정보 보호법 제22조의2)."""
    return age(birth_date, on) < 14
