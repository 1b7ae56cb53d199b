"""What this room keeps about a person, for the copy of their own data that they may take away (법 제35조)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts import disclosure
from accounts.models import Student, User
from intake.models import Priority, Referral, Strike


def _strikes(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    mine = Strike.objects.filter(student__in=students).select_related("student", "appeal").order_by("pk")
    return [
        {
            "학생": strike.student.name,
            "내용": strike.what,
            "일시": strike.missed_at,
            "상태": strike.get_state_display(),
            "알려 주신 사정": strike.appeal.text if hasattr(strike, "appeal") else "",
            "답변": strike.appeal.answer if hasattr(strike, "appeal") else "",
        }
        for strike in mine
    ]


def _referrals(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    """What teachers wrote about one's children, and what one wrote as a teacher."""
    about = Referral.objects.filter(student__in=students).select_related("student")
    rows = [{"학생": row.student.name, "내용": row.what, "사유": row.reason, "일시": row.asked_at} for row in about]
    own = Referral.objects.filter(teacher=user)
    return rows + [{"학생": "", "내용": row.what, "사유": row.reason, "일시": row.asked_at} for row in own]


def _priorities(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    mine = Priority.objects.filter(student__in=students).select_related("student").order_by("pk")
    return [
        {"학생": row.student.name, "근거": row.reason, "시작일": row.first_day, "마지막 날": row.last_day}
        for row in mine
    ]


disclosure.register("불참 기록", _strikes)
disclosure.register("교사 의뢰", _referrals)
disclosure.register("우선 지원", _priorities)
