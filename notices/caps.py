"""How many login codes may be asked for in a day: by one number, from one network address, by everybody.

A code costs money and rings a stranger's phone. One conditional UPSERT counts and refuses in the
same statement, so two requests at one instant cannot both take the last one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from lifecycle.locks import Refused
from notices.models import CodeAllowance


class TooManyCodes(Refused):
    """Today's allowance is used up."""


def spend(addresses: Iterable[str], asked_from: str | None) -> None:
    """Count one code for each address, for the asker and for the house.

    Raises:
        TooManyCodes: one of the three has had enough for today.
    """
    numbers = sorted(set(addresses))
    for number in numbers:
        _take(f"number:{_unrecognisable(number)}", settings.CODES_PER_NUMBER_A_DAY, 1)
    if asked_from:
        _take(f"asker:{_unrecognisable(asked_from)}", settings.CODES_PER_ADDRESS_A_DAY, len(numbers))
    _take("house", settings.CODES_A_DAY, len(numbers))


def _take(who: str, limit: int, count: int) -> None:
    table = connection.ops.quote_name(CodeAllowance._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS had (day, who, asked) SELECT %s, %s, %s WHERE %s <= %s "
            "ON CONFLICT (day, who) DO UPDATE SET asked = had.asked + EXCLUDED.asked "
            "WHERE had.asked + EXCLUDED.asked <= %s RETURNING asked",
            [timezone.localdate(), who, count, count, limit, limit],
        )
        if cursor.fetchone() is None:
            raise TooManyCodes(
                _("오늘 받을 수 있는 인증번호를 모두 쓰셨습니다. 내일 다시 시도하시거나 센터로 전화해 주세요.")
            )


def _unrecognisable(value: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"notices.caps:{value}".encode(), hashlib.sha256).hexdigest()[:40]


def forget() -> None:
    """Drop the counts of days gone by."""
    CodeAllowance.objects.filter(day__lt=timezone.localdate()).delete()
