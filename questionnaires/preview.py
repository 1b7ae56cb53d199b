"""A version as the family will see it, before anybody answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from questionnaires import retention
from questionnaires.forms import AnswerForm
from questionnaires.models import Version


@dataclass(frozen=True)
class Blank:
    """A sheet about nothing."""

    version: Version
    answers: dict[str, Any] = field(default_factory=dict)
    last_time: dict[str, Any] = field(default_factory=dict)
    response: None = None
    revision: int = 0
    closes_at: None = None

    def files_of(self, key: str) -> list[Any]:
        return []


def context(version: Version) -> dict[str, Any]:
    """What ``questionnaires/fill.html`` needs."""
    sheet = Blank(version)
    return {
        "preview": True,
        "sheet": sheet,
        "form": AnswerForm(sheet=sheet),
        "errors": [],
        "title": "미리 보기",
        "back": "",
        "privacy": retention.privacy(version),
        "standard": retention.words(retention.ANSWERS),
    }
