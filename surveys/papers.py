"""What surveys say, on paper: all tables of a half-year."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q

from documents import issue, kinds
from documents.kinds import Kind
from documents.models import IssuedDocument
from surveys import results
from surveys.models import Survey

if TYPE_CHECKING:
    from accounts.models import User

READ = "surveys.view_results"


def _for(user: User) -> Q:
    return Q() if user.is_staff and user.has_perm(READ) else kinds.NOBODY


RESULTS = kinds.register(
    Kind(
        code="surveys.results",
        label="만족도 조사 결과",
        series="만족도",
        template="documents/figures.html",
        visible=_for,
        slow=True,
    )
)


def publish(survey: Survey, half: date, *, by: User) -> IssuedDocument:
    """The results of a half-year as a paper. Asked again with the same answers, it is the same paper."""
    title = f"{results.half_label(half)} {survey.title} 결과"
    return issue.issue(RESULTS.code, {"tables": results.tables(survey, half)}, title=title, by=by)
