"""How long data about partners' people and the hand-overs to them are kept."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q

from lifecycle.retention import Kind, Period, register
from programs.models import ContactPerson, HandOver, RosterAnswer, Visit


def _gone(before: datetime) -> models.QuerySet:
    return ContactPerson.objects.filter(ended_at__lt=before)


def _handed(before: datetime) -> models.QuerySet:
    return HandOver.objects.filter(at__lt=before)


def _answered(before: datetime) -> models.QuerySet:
    """Answers about runs that are over; the answer that holds goes no earlier than those it replaced."""
    later = RosterAnswer.objects.filter(share=OuterRef("share"), application=OuterRef("application"), at__gte=before)
    return RosterAnswer.objects.filter(at__lt=before, share__run__ends_at__lt=before).exclude(Exists(later))


register(
    Kind(
        code="programs.contact",
        label="협력 기관·학교 담당자 연락처(그만둔 사람)",
        basis="개인정보 보호법 제21조(처리 목적 달성, 지체 없이)",
        period=Period(days=5),
        expired=_gone,
        born="created_at",
        automatic=True,
    )
)
register(
    Kind(
        code="programs.hand_over",
        label="명단 제공·위탁 기록",
        basis="개인정보의 안전성 확보조치 기준 제8조제1항(접속기록과 같은 2년)",
        period=Period(years=2),
        expired=_handed,
        born="at",
    )
)
register(
    Kind(
        code="programs.roster_answer",
        label="명단 제공 동의",
        basis="개인정보 보호법 제17조, 제22조(동의 사실의 증명)",
        period=Period(years=3),
        expired=_answered,
        born="at",
    )
)


def _visited(before: datetime) -> models.QuerySet:
    """Requests whose last moment is past and that still hold what the day needed."""
    said = ~Q(phone="", remark="")
    held = Q(run__ends_at__lt=before) | Q(run=None, ended_at__lt=before)
    return Visit.objects.filter(said & held)


def _forget_day(rows: models.QuerySet) -> int:
    return rows.update(phone="", remark="")


register(
    Kind(
        code="programs.visit_day",
        label="학교 방문의 당일 연락처와 남긴 말",
        basis="개인정보 보호법 제21조(처리 목적 달성)",
        period=Period(days=30),
        expired=_visited,
        born="asked_at",
        destroy=_forget_day,
        method="연락처와 남긴 말만 지움(방문 실적은 남음)",
        automatic=True,
    )
)
