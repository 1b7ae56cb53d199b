"""How long answers and files are kept, counted from the end of what they were about."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import models
from django.utils import timezone

from lifecycle import retention
from lifecycle.retention import Kind, Period, register
from questionnaires import cases, uploads
from questionnaires.models import Attachment, Response, Version

BASIS = "개인정보 보호법 제21조(처리 목적 달성)"


def _files(before: datetime) -> models.QuerySet:
    return Attachment.objects.filter(response__in=Response.objects.filter(cases.over(before)).values("pk"))


def _brief(before: datetime) -> models.QuerySet:
    return Response.objects.filter(cases.over(before), has_brief=True, pruned_at=None)


def _drafts(before: datetime) -> models.QuerySet:
    return Response.objects.filter(cases.over(before), state=Response.State.DRAFT)


def _answers(before: datetime) -> models.QuerySet:
    return Response.objects.filter(cases.over(before)).exclude(state=Response.State.DRAFT)


def prune(rows: models.QuerySet[Response]) -> int:
    """Take the answers out that are kept only briefly."""
    now, responses = timezone.now(), list(rows.select_related("version"))
    for response in responses:
        brief = {question.key for question in response.version.design.questions if question.is_brief}
        response.answers = {key: answer for key, answer in response.answers.items() if key not in brief}
        response.pruned_at = now
        response.save(update_fields=["answers", "pruned_at"])
    return len(responses)


def destroy(rows: models.QuerySet[Response]) -> int:
    """Answers with their files; how many forms went."""
    uploads.destroy(Attachment.objects.filter(response__in=list(rows.values_list("pk", flat=True))))
    return retention.erase(rows)


FILES = register(
    Kind(
        code="questionnaires.file",
        label="질문지 첨부 파일(생활기록부·성적표 등)",
        basis=f"{BASIS}, 상담이 끝난 날부터 30일",
        period=Period(days=30),
        expired=_files,
        born="uploaded_at",
        destroy=uploads.destroy,
        method="데이터베이스와 저장소에서 삭제(복구 불가)",
        automatic=True,
    )
)
BRIEF = register(
    Kind(
        code="questionnaires.brief",
        label="질문지에서 곧 지우기로 한 답",
        basis=f"{BASIS}, 상담이 끝난 날부터 30일",
        period=Period(days=30),
        expired=_brief,
        born="created_at",
        destroy=prune,
        automatic=True,
    )
)
DRAFTS = register(
    Kind(
        code="questionnaires.draft",
        label="보내지 않은 질문지",
        basis=BASIS,
        period=Period(days=30),
        expired=_drafts,
        born="created_at",
        destroy=destroy,
        automatic=True,
    )
)
ANSWERS = register(
    Kind(
        code="questionnaires.response",
        label="작성한 질문지",
        basis="개인정보 보호법 제21조, 다음 상담 때 지난번 답변을 보여 주려고 1년",
        period=Period(years=1),
        expired=_answers,
        born="created_at",
        destroy=destroy,
        method="데이터베이스와 저장소에서 삭제(복구 불가)",
    )
)


def words(kind: Kind) -> str:
    """``상담이 끝난 뒤 30일``: what the family reads."""
    return f"상담이 끝난 뒤 {kind.period}"


def privacy(version: Version) -> list[tuple[str, str, str]]:
    """What personal data the form asks, for what, and how long they are kept: derived from its questions."""
    return [
        (question.text, question.purpose, words(BRIEF if question.is_brief else ANSWERS))
        for question in version.design.questions
        if question.personal or question.is_file
    ]


def files_go_on(response: Response) -> date | None:
    """The day on which the files of a response go by themselves; ``None`` when its case is gone already."""
    case = response.case
    if case is None:
        return None
    return _after(cases.of(case).ended_at(case), FILES.period)


def _after(moment: datetime, period: Period) -> date:
    local = timezone.localtime(moment) + timedelta(days=period.days)
    try:
        return local.replace(year=local.year + period.years).date()
    except ValueError:  # 29 February
        return local.replace(year=local.year + period.years, month=3, day=1).date()
