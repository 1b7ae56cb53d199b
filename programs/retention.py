"""How long applications are kept (``centre`` prints it in the privacy policy)."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from lifecycle.retention import Kind, Period, erase, register
from programs.models import Application, RunInvitation, RunOffer


def _seated(before: datetime) -> models.QuerySet:
    """Whoever had a place is kept like everybody who came."""
    return Application.objects.filter(state__in=Application.SEATED, run__ends_at__lt=before)


def _others(before: datetime) -> models.QuerySet:
    """Wishes that came to nothing; nobody is in a run that is over and still waits."""
    return Application.objects.exclude(state__in=Application.SEATED).filter(run__ends_at__lt=before)


def _destroy(rows: models.QuerySet) -> int:
    """The application with its people and what was offered to it."""
    RunOffer.objects.filter(application__in=rows.values("pk")).delete()
    return erase(rows)


def _invitations(before: datetime) -> models.QuerySet:
    return RunInvitation.objects.filter(run__ends_at__lt=before)


register(
    Kind(
        code="programs.application",
        label="프로그램 참가 신청·참여 기록",
        basis="개인정보 보호법 제21조, 개인정보 처리방침(행사가 끝난 날부터 3년)",
        period=Period(years=3),
        expired=_seated,
        born="applied_at",
        destroy=_destroy,
    )
)
register(
    Kind(
        code="programs.not_taken",
        label="참여로 이어지지 않은 프로그램 신청",
        basis="개인정보 보호법 제21조, 개인정보 처리방침(행사가 끝난 날부터 1년)",
        period=Period(years=1),
        expired=_others,
        born="applied_at",
        destroy=_destroy,
    )
)
register(
    Kind(
        code="programs.invitation",
        label="행사 초대(이름과 연락처)",
        basis="개인정보 보호법 제21조(처리 목적 달성), 행사가 끝난 날부터 30일",
        period=Period(days=30),
        expired=_invitations,
        born="invited_at",
    )
)
