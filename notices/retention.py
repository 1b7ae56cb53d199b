"""How long said words are kept."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from lifecycle.retention import Kind, Period, register
from notices.models import Addressee, Mailing, Notice


def _over(before: datetime) -> models.QuerySet:
    return Notice.objects.filter(created_at__lt=before).exclude(state__in=[Notice.State.DUE, Notice.State.HANDING])


def _erase(rows: models.QuerySet) -> int:
    return rows.delete()[1].get(Notice._meta.label, 0)  # without the sandbox's copies, which go along


register(
    Kind(
        code="notices.said",
        label="보낸 문자와 이메일",
        basis="개인정보 보호법 제21조제1항, 표준 개인정보 보호지침 제10조",
        period=Period(years=1),
        expired=_over,
        born="created_at",
        destroy=_erase,
    )
)


def _over_of_mailings(before: datetime) -> models.QuerySet:
    going = [Mailing.State.SENDING, Mailing.State.PAUSED]
    return Addressee.objects.filter(added_at__lt=before).exclude(mailing__state__in=going)


register(
    Kind(
        code="notices.addressee",
        label="여러 사람에게 보낸 메시지의 받는 사람",
        basis="개인정보 보호법 제21조제1항, 표준 개인정보 보호지침 제10조",
        period=Period(years=1),
        expired=_over_of_mailings,
        born="added_at",
    )
)
