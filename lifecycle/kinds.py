"""The kinds of data that this room keeps itself."""

from __future__ import annotations

from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.db import models

from lifecycle.models import AccessLog, Transition, Work
from lifecycle.retention import Kind, Period, register


def _access(before: datetime) -> models.QuerySet:
    return AccessLog.objects.filter(at__lt=before)


def _trail(before: datetime) -> models.QuerySet:
    return Transition.objects.filter(at__lt=before)


def _history(before: datetime) -> models.QuerySet:
    return LogEntry.objects.filter(action_time__lt=before)


def _work(before: datetime) -> models.QuerySet:
    return Work.objects.filter(ended_at__lt=before)


register(
    Kind(
        code="lifecycle.access",
        label="개인정보 접속기록",
        basis="개인정보의 안전성 확보조치 기준 제8조제1항(민감정보를 다루므로 2년 이상)",
        period=Period(years=2),
        expired=_access,
        born="at",
    )
)
register(
    Kind(
        code="lifecycle.trail",
        label="상태 변경 이력",
        basis="개인정보 보호법 제21조(대상 기록의 보존 기간에 맞춤)",
        period=Period(years=3),
        expired=_trail,
        born="at",
    )
)
register(
    Kind(
        code="lifecycle.history",
        label="업무 화면 입력·수정 이력",
        basis="개인정보의 안전성 확보조치 기준 제8조, 개인정보 보호법 제21조",
        period=Period(years=3),
        expired=_history,
        born="action_time",
    )
)
register(
    Kind(
        code="lifecycle.work",
        label="오래 걸리는 작업",
        basis="개인정보 보호법 제21조(끝난 날부터 1년)",
        period=Period(years=1),
        expired=_work,
        born="started_at",
    )
)
