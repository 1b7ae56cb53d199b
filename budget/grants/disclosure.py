"""What a school's person wrote about grants, for the copy of their data (법 제35조)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts import disclosure
from accounts.models import Student, User
from budget.models import GrantApplication


def _applications(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    rows = GrantApplication.objects.filter(written_by=user).for_page().order_by("pk")
    return [
        {
            "공고": row.call.title,
            "학교": row.school.name,
            "사업": row.title,
            "상태": str(row.get_state_display()),
            "작성 시작": row.created_at,
            "제출 일시": row.submitted_at,
        }
        for row in rows
    ]


disclosure.register("학교 보조금 신청(담당자로서)", _applications)
