"""How long a camp's papers and people are kept, what people may read of them, and what goes with who leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts import disclosure, leaving
from accounts.models import Student, User
from lifecycle.retention import Kind, Period, register
from programs.models import Mentor, Program, Stay
from programs.questionnaires import SECOND
from questionnaires import uploads
from questionnaires.models import Attachment, Response

GONE = "탈퇴한 멘토"


def _papers(before: datetime) -> models.QuerySet[Response]:
    """Second forms of camps that were over, or that the child had left, and that still say something."""
    cases = SECOND.over(before).filter(run__program__kind=Program.Kind.CAMP)
    return Response.objects.filter(case_type=SECOND.content_type, case_id__in=cases.values("pk"), pruned_at=None)


def _forget(rows: models.QuerySet[Response]) -> int:
    """Take out whatever is personal; that the guardian agreed stays, as a proof."""
    now, responses = timezone.now(), list(rows.select_related("version"))
    uploads.destroy(Attachment.objects.filter(response__in=[response.pk for response in responses]))
    for response in responses:
        told = {one.key for one in response.version.design.questions if one.personal or one.is_brief}
        kept = {one.key for one in response.version.design.questions} - told
        response.answers = {key: answer for key, answer in response.answers.items() if key in kept}
        response.pruned_at = now
        response.save(update_fields=["answers", "pruned_at"])
    return len(responses)


CONTACTS = register(
    Kind(
        code="programs.camp_contacts",
        label="캠프 참가자의 비상 연락처와 건강 정보",
        basis="개인정보 보호법 제21조·제23조(처리 목적 달성), 캠프가 끝난 날부터 14일",
        period=Period(days=14),
        expired=_papers,
        born="created_at",
        destroy=_forget,
        method="봉인된 답과 첨부를 삭제(보호자 동의 여부만 남음)",
        automatic=True,
    )
)


def _mentors(before: datetime) -> models.QuerySet[Mentor]:
    return Mentor.objects.filter(run__ends_at__lt=before)


MENTORS = register(
    Kind(
        code="programs.camp_mentor",
        label="캠프 멘토의 이름, 역할과 성범죄 경력 조회 확인일",
        basis="청소년성보호법 제56조(확인 의무의 증명), 캠프가 끝난 날부터 1년",
        period=Period(years=1),
        expired=_mentors,
        born="created_at",
    )
)


def _mentoring(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    rows = Mentor.objects.filter(user=user).select_related("run__program").prefetch_related("teams").order_by("pk")
    return [
        {
            "캠프": str(row.run),
            "역할": row.get_role_display(),
            "성범죄 경력 조회 확인일": row.cleared_on,
            "조": [str(team) for team in row.teams.all()],
        }
        for row in rows
    ]


def _stays(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    mine = Q(participant__student__in=students) | Q(participant__user=user)
    rows = Stay.objects.filter(mine).select_related("participant__run__program", "participant__student", "room", "team")
    return [
        {
            "캠프": str(row.participant.run),
            "참가자": row.participant.called,
            "구분": row.get_kind_display(),
            "방": str(row.room or ""),
            "조": str(row.team or ""),
        }
        for row in rows.select_related("participant__user").order_by("pk")
    ]


disclosure.register("캠프 멘토", _mentoring)
disclosure.register("캠프 숙소와 조", _stays)


@leaving.also_forgets
def stays_of(student: Student) -> None:
    """What staff noted of the student; the place itself is given back by ``sweeping``."""
    Stay.objects.filter(participant__student=student).delete()


@leaving.also_ends
def mentoring_of(user: User) -> None:
    """The row stays as the proof of clearance; nobody can be called by it any more."""
    Stay.objects.filter(participant__user=user).delete()
    Mentor.objects.filter(user=user).update(user=None, name=GONE)
