"""How long it is known who was asked about what (``centre`` prints it in the privacy policy)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import models

from lifecycle.retention import Kind, Period, erase, register
from surveys.models import Asked, Comment, Invitation
from surveys.results import half_of


def _over(before: datetime) -> models.QuerySet:
    return Invitation.objects.filter(invited_at__lt=before)


def _destroy(rows: models.QuerySet) -> int:
    """How many were asked stays: without it no rate of answers could be told any more."""
    numbers: Counter[tuple] = Counter()
    for survey, day, subject, level in rows.values_list("survey_id", "used_on", "subject", "level"):
        numbers[survey, half_of(day), subject, level] += 1
    for (survey, half, subject, level), number in sorted(numbers.items()):
        row, _ = Asked.objects.get_or_create(
            survey_id=survey, half=half, subject=subject, level=level, defaults={"invited": 0}
        )
        Asked.objects.filter(pk=row.pk).update(invited=models.F("invited") + number)
    return erase(rows)


def _comments(before: datetime) -> models.QuerySet:
    return Comment.objects.filter(quarter__lt=before.date(), is_published=False)


register(
    Kind(
        code="surveys.invitation",
        label="만족도 조사 요청(누구에게 물었는지)",
        basis="개인정보 보호법 제21조(처리 목적 달성), 물은 날부터 1년",
        period=Period(years=1),
        expired=_over,
        born="invited_at",
        destroy=_destroy,
    )
)
register(
    Kind(
        code="surveys.comment",
        label="만족도 조사에 적은 글(공개하지 않은 것)",
        basis="개인정보 보호법 제21조(처리 목적 달성), 분기의 첫날부터 3년",
        period=Period(years=3),
        expired=_comments,
        born="quarter",
    )
)
