"""How long what schools send about grants is kept."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from budget.grants import filing
from budget.models import GrantApplication, GrantFile
from lifecycle.retention import Kind, Period, register

State = GrantApplication.State


def _over(before: datetime) -> models.QuerySet:
    """Files of applications that came to nothing or were settled before; drafts end with their call."""
    never = Q(application__state__in=[State.WITHDRAWN, State.REJECTED, State.CANCELLED, State.DRAFT])
    return GrantFile.objects.filter(
        Q(application__settled_at__lt=before) | (never & Q(application__call__closes_at__lt=before))
    )


register(
    Kind(
        code="budget.grant_file",
        label="학교 보조금 신청·정산 파일",
        basis="지방보조금 관리 및 기준에 관한 법률(정산 증빙의 보관), 개인정보 보호법 제21조",
        period=Period(years=5),
        expired=_over,
        born="uploaded_at",
        destroy=filing.destroy,
        method="봉인한 파일과 행을 삭제(복구 불가)",
    )
)
