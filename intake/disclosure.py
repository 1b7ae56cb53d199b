"""What this room keeps about a person, for the copy of their own data that they may take away (법 제35조)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts import disclosure
from accounts.models import Student, User
from intake.models import Strike


def _strikes(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    mine = Strike.objects.filter(student__in=students).select_related("student").order_by("pk")
    return [
        {
            "학생": strike.student.name,
            "내용": strike.what,
            "일시": strike.missed_at,
            "상태": strike.get_state_display(),
        }
        for strike in mine
    ]


disclosure.register("불참 기록", _strikes)
