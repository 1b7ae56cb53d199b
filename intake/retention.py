"""How long no-shows, referrals and priorities are kept (``centre`` prints it in the privacy policy)."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone

from intake.models import Appeal, Priority, Referral, ReferralCode, Strike
from lifecycle.retention import Kind, Period, register

BASIS = "개인정보 보호법 제21조(처리 목적 달성)"


def _appeals(before: datetime) -> models.QuerySet:
    return Appeal.objects.filter(strike__missed_at__lt=before)


def _strikes(before: datetime) -> models.QuerySet:
    """Only those whose explanation went before: it hangs on them."""
    return Strike.objects.filter(missed_at__lt=before, appeal=None)


def _referrals(before: datetime) -> models.QuerySet:
    return Referral.objects.filter(valid_until__lt=before)


def _priorities(before: datetime) -> models.QuerySet:
    return Priority.objects.filter(last_day__lt=timezone.localdate(before))


def _codes(before: datetime) -> models.QuerySet:
    return ReferralCode.objects.filter(valid_until__lt=before)


register(
    Kind(
        code="intake.appeal",
        label="불참 소명",
        basis=BASIS,
        period=Period(years=1),
        expired=_appeals,
        born="asked_at",
    )
)
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
register(
    Kind(
        code="intake.referral",
        label="교사 의뢰",
        basis=BASIS,
        period=Period(years=1),
        expired=_referrals,
        born="asked_at",
    )
)
register(
    Kind(
        code="intake.priority",
        label="우선 지원",
        basis=BASIS,
        period=Period(years=1),
        expired=_priorities,
        born="given_at",
    )
)
register(
    Kind(
        code="intake.referral_code",
        label="교사에게 줄 의뢰 번호",
        basis=BASIS,
        period=Period(days=5),
        expired=_codes,
        born="made_at",
        automatic=True,
    )
)
