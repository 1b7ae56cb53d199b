"""성적 등급: a value that carries its scale.

In 2026 고3 and 졸업생 are graded on nine steps and younger pupils on five (2028 대입제도 개편), so a bare
number says nothing, and a mean over both scales is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

SCALES = (5, 9)
CENT = Decimal("0.01")


class MixedScales(ValueError):
    """Grades of two scales were to become one number."""


@dataclass(frozen=True)
class Grade:
    """``value`` from 1 (best) to ``scale``, with at most two decimals, as averages are printed on reports.

    Raises:
        ValueError: no such scale, outside of it, or too many decimals.
    """

    scale: int
    value: Decimal

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ValueError(f"no scale of {self.scale} steps")
        if not self.value.is_finite() or not 1 <= self.value <= self.scale:
            raise ValueError(f"{self.value} lies outside of 1 to {self.scale}")
        if self.value != self.value.quantize(CENT):
            raise ValueError(f"{self.value} has more than two decimals")

    def __str__(self) -> str:
        return f"{self.value.normalize():f}등급 ({self.scale}등급제)"

    @classmethod
    def parse(cls, kept: Any) -> Grade:
        """From ``{"scale": 9, "value": "2.35"}``, as answers keep it."""
        try:
            return cls(kept["scale"], Decimal(kept["value"]))
        except (TypeError, KeyError, InvalidOperation) as error:
            raise ValueError(f"not a grade: {kept!r}") from error

    def keep(self) -> dict[str, Any]:
        return {"scale": self.scale, "value": str(self.value)}


def mean(grades: Iterable[Grade]) -> Grade | None:
    """The average of grades of one scale, half up to two decimals; ``None`` of no grades.

    Raises:
        MixedScales: they are not all of one scale.
    """
    grades = list(grades)
    if not grades:
        return None
    if len(scales := {grade.scale for grade in grades}) > 1:
        raise MixedScales(f"scales {sorted(scales)} have no common mean")
    total = sum((grade.value for grade in grades), Decimal(0))
    return Grade(grades[0].scale, (total / len(grades)).quantize(CENT, ROUND_HALF_UP))
