"""Show an issued paper to citizens, and take it down again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from budget.models import Release
from budget.reports import REPORTS
from documents.models import IssuedDocument
from lifecycle.locks import Refused

if TYPE_CHECKING:
    from accounts.models import User

KINDS = {f"budget.{report.code}" for report in REPORTS.values() if report.public}


def obstacle(paper: IssuedDocument) -> str:
    """Why this paper cannot lie open, as a sentence; empty when it can."""
    if paper.kind not in KINDS:
        return "적요나 문서번호가 담긴 문서는 주민 화면에 싣지 않습니다. 집행 현황이나 연차별 표를 실어 주세요."
    if paper.is_withdrawn:
        return "회수한 문서는 실을 수 없습니다."
    return "" if paper.is_ready else "아직 만들고 있는 문서입니다. 다 되면 다시 눌러 주세요."


def release(paper: IssuedDocument, *, by: User) -> Release:
    """Put ``paper`` on the citizens' page. The caller has checked that ``by`` may.

    Raises:
        Refused: a kind that may name people, withdrawn, not made yet, or there already.
    """
    if why := obstacle(paper):
        raise Refused(why)
    try:
        with transaction.atomic():
            return Release.objects.create(paper=paper, released_by=by)
    except IntegrityError as error:
        raise Refused("이미 주민 화면에 있는 문서입니다.") from error


def take_down(paper: IssuedDocument, *, by: User) -> None:
    """Raises ``Refused`` when it is not there."""
    gone = Release.objects.filter(paper=paper, ended_at=None).update(ended_at=timezone.now(), ended_by=by)
    if not gone:
        raise Refused("주민 화면에 없는 문서입니다.")
