"""What this room keeps about a person, for the copy of their own data that they may take away (법 제35조)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts import disclosure
from accounts.models import Student, User
from questionnaires.models import Response


def _responses(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    mine = Response.objects.filter(student__in=students).select_related("version", "student")
    return [
        {
            "학생": response.student.name,
            "질문지": response.version.title,
            "상태": response.get_state_display(),
            "저장한 때": response.saved_at,
            "보낸 때": response.sent_at,
            "답": {
                question.text: [said, *(file.name for file in files)] if files else said
                for _title, rows in response.said
                for question, said, files in rows
                if said or files
            },
        }
        for response in mine.prefetch_related("attachments").order_by("pk")
    ]


disclosure.register("질문지", _responses)
