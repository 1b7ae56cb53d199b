"""What families answered about rosters, and what a partner's own people took, for the copy of their data (법 제35조)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from accounts import disclosure
from accounts.models import Student, User
from programs.models import HandOver, RosterAnswer, Visit


def _answers(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    mine = RosterAnswer.objects.filter(Q(by=user) | Q(application__participants__student__in=students)).distinct()
    return [
        {
            "회차": str(row.share.run),
            "받는 기관": row.share.partner.name,
            "이용 목적": row.share.purpose,
            "답": "동의" if row.agreed else "동의하지 않음",
            "일시": row.at,
        }
        for row in mine.select_related("share__run__program", "share__partner").order_by("at", "pk")
    ]


def _taken(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    rows = HandOver.objects.filter(by=user).select_related("run__program", "partner").order_by("at", "pk")
    return [
        {
            "일시": row.at,
            "회차": str(row.run),
            "기관": row.partner.name,
            "방법": row.get_act_display(),
            "인원": row.people,
        }
        for row in rows
    ]


def _visits(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    return [
        {
            "학교": str(visit.school),
            "프로그램": visit.program.title,
            "학급": visit.class_name,
            "인원": visit.headcount,
            "연락처": visit.phone,
            "남긴 말": visit.remark,
            "상태": str(visit.get_state_display()),
            "신청 일시": visit.asked_at,
        }
        for visit in Visit.objects.filter(asked_by=user).for_page().order_by("pk")
    ]


disclosure.register("학교 방문 신청", _visits)
disclosure.register("명단 제공 동의", _answers)
disclosure.register("협력 기관으로 받은 명단", _taken)
