"""What is left on a line, and what binds the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from budget.models import CURRENT, Carry, MonthSum, Stage


@dataclass(frozen=True)
class Balance:
    """One line, or several together, in won, as everything recorded says, whatever day it takes effect on.

    ``current`` is 예산현액: 편성 ± 추경 + 이월 전입 ± 전용·이용. ``committed`` is what is bound: commitments less
    what came back and less what a 사고이월 took into the next year. ``paid`` is what was paid less what came back.
    """

    current: int = 0
    allotted: int = 0
    committed: int = 0
    paid: int = 0
    carried_out: int = 0
    lapsed: int = 0
    needed: int = 0

    @property
    def ceiling(self) -> int:
        """What may be bound altogether: 예산현액 less what left this year, and within 배정 where there is any."""
        free = self.current - self.carried_out - self.lapsed
        return min(free, self.allotted) if self.allotted else free

    @property
    def left(self) -> int:
        """What can still be committed (원인행위 가능액); negative after an approved overrun."""
        return self.ceiling - self.committed

    @property
    def unpaid(self) -> int:
        """Bound and not paid yet."""
        return self.committed - self.paid

    @property
    def unspent(self) -> int:
        """집행잔액: 예산현액 less 지출."""
        return self.current - self.paid

    @property
    def to_lapse(self) -> int:
        """불용액 if the year closed now: 예산현액 − 지출액 − 다음연도 이월액, less what has lapsed already."""
        return self.current - self.paid - self.carried_out - self.lapsed


def of_lines(lines: Iterable[int]) -> dict[int, Balance]:
    """The balance of each line by its key, in one query; ask under the line's lock where it decides."""
    keys = list(lines)
    sums = (
        MonthSum.objects.filter(line__in=keys)
        .order_by()
        .values_list("line", "stage", "carry")
        .annotate(Sum("amount_won"))
    )
    parts: dict[int, dict[str, int]] = {key: {} for key in keys}
    for line, stage, carry, amount in sums:
        for name, value in shares(stage, amount, carry):
            parts[line][name] = parts[line].get(name, 0) + value
    return {key: Balance(**part) for key, part in parts.items()}


def of(line: int) -> Balance:
    return of_lines([line])[line]


def shares(stage: str, amount: int, carry: str = "") -> list[tuple[str, int]]:
    """What ``amount`` of one stage adds to, by the name of the balance's part; tables and balances both ask here.

    Without ``carry`` a commitment counts in the year that made it, as 집행 현황 does, though a 사고이월 took it along.
    """
    if stage in CURRENT:
        return [("current", CURRENT[Stage(stage)] * amount)]
    accident = [("committed", -amount)] if carry == Carry.ACCIDENT else []
    return {
        Stage.NEED: [("needed", amount)],
        Stage.ALLOTMENT: [("allotted", amount)],
        Stage.COMMITMENT: [("committed", amount)],
        Stage.PAYMENT: [("paid", amount)],
        Stage.RETURN: [("paid", -amount), ("committed", -amount)],
        Stage.CARRIED_OUT: [("carried_out", amount), *accident],
        Stage.LAPSE: [("lapsed", amount)],
    }[Stage(stage)]
