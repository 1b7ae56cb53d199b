"""What this room keeps about a person (법 제35조): that somebody was asked; of an anonymous answer nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts import disclosure
from accounts.models import Student, User
from surveys.models import Invitation


def _asked(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    rows = Invitation.objects.filter(person=user).select_related("survey", "answer").order_by("invited_at", "pk")
    return [
        {
            "조사": row.survey.title,
            "이용한 날": row.used_on,
            "물은 일시": row.invited_at,
            "답": _answer(row) if row.survey.is_named else ("답함(무기명)" if row.is_answered else "답하지 않음"),
        }
        for row in rows
    ]


def _answer(row: Invitation) -> dict[str, Any] | str:
    answer = getattr(row, "answer", None)
    return answer.values if answer else "답하지 않음"


disclosure.register("만족도 조사", _asked)
