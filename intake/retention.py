"""How long no-shows are kept (``centre`` prints it in the privacy policy)."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from intake.models import Strike
from lifecycle.retention import Kind, Period, register

BASIS = "개인정보 보호법 제21조(처리 목적 달성)"


def _strikes(before: datetime) -> models.QuerySet:
    return Strike.objects.filter(missed_at__lt=before)


register(
    Kind(
        code="intake.strike",
        label="불참 기록",
        basis=BASIS,
        period=Period(years=3),
        expired=_strikes,
        born="recorded_at",
    )
)
