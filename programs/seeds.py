"""Public numbers that nobody knows beforehand: what a draw's seed is made of besides its own list.

Both are published by others, at a known time, for everybody to look up, and neither is in the centre's hands. Why
these two: ``docs/decisions/0080-draws.md``.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from django.db import models

LOTTO_NUMBERS, LOTTO_LAST = 7, 45
_WON = re.compile(r"\d{1,3}(,?\d{3})*\.\d{2}")


class Unreadable(ValueError):
    """What was typed is no number of this kind; the text says how to write it."""


class Source(models.TextChoices):
    LOTTO = "lotto", "동행복권 로또 6/45 당첨번호"
    KOSPI = "kospi", "코스피 종가"

    @property
    def hour(self) -> int:
        """The hour of the day (KST) at which the number is out: the lottery draws on television before nine in the
        evening, the exchange closes at half past three."""
        return {Source.LOTTO: 21, Source.KOSPI: 16}[self]

    @property
    def patience(self) -> int:
        """Days after which a number that did not come is replaced by the one named beforehand."""
        return {Source.LOTTO: 7, Source.KOSPI: 1}[self]

    def says(self, number: int | None, day: str) -> str:
        if self == Source.LOTTO:
            return f"동행복권 로또 6/45 제{number}회 당첨번호와 보너스 번호({day} 추첨)"
        return f"{day} 한국거래소 코스피(KOSPI) 종가"

    def falls_back(self, number: int | None) -> str:
        """The number that stands in when the first is never published."""
        if self == Source.LOTTO:
            return f"그날 추첨이 없으면 제{number}회로 처음 발표되는 당첨번호"
        return "그날 장이 열리지 않으면 그 뒤 처음으로 장이 열린 날의 코스피 종가"

    @property
    def how(self) -> str:
        """How to type it."""
        if self == Source.LOTTO:
            return "당첨번호 여섯 개와 보너스 번호를 이 순서로 적습니다. 예: 3 11 19 25 33 41 7"
        return "소수점 아래 두 자리까지 적습니다. 예: 2,534.34"

    def read(self, typed: str) -> str:
        """The number in the one way in which it stands in a seed: ``03-11-19-25-33-41+07``, ``2534.34``.

        Raises:
            Unreadable: it is no such number.
        """
        return _lotto(typed) if self == Source.LOTTO else _kospi(typed)


def _lotto(typed: str) -> str:
    numbers = [int(part) for part in re.findall(r"\d+", typed)]
    sane = len(numbers) == LOTTO_NUMBERS == len(set(numbers)) and all(1 <= one <= LOTTO_LAST for one in numbers)
    if not sane or re.sub(r"[\d\s,+\-]", "", typed):
        raise Unreadable(f"1부터 45까지 서로 다른 숫자 일곱 개를 적어 주세요. {Source.LOTTO.how}")
    first, bonus = sorted(numbers[:-1]), numbers[-1]
    return "-".join(f"{one:02d}" for one in first) + f"+{bonus:02d}"


def _kospi(typed: str) -> str:
    typed = typed.strip()
    try:
        if not _WON.fullmatch(typed):
            raise InvalidOperation
        value = Decimal(typed.replace(",", ""))
    except InvalidOperation:
        raise Unreadable(f"지수를 적어 주세요. {Source.KOSPI.how}") from None
    return f"{value:.2f}"
