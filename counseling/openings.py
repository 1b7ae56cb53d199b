"""누가 이 기록을 열었나: every opening of a record is a row of the access log, found again here."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpRequest

from accounts.models import Student
from counseling.models import Record
from lifecycle import access
from lifecycle.models import AccessLog

PREFIX = "상담 기록 "


def opened(request: HttpRequest, record: Record, how: str, *, reason: str = "") -> None:
    """Say that the logged-in user saw this record; the person whose data it is, is the student."""
    access.viewed(request, record.booking.student, f"{PREFIX}{record.pk}: {how}", reason=reason)


def opened_by_family(request: HttpRequest, records: Iterable[Record]) -> None:
    """Say that a guardian saw what is shared. Students who read about themselves are not written down (고시 제8조)."""
    kind = ContentType.objects.get_for_model(Student)
    seen = [record for record in records if record.booking.student.user_id != request.user.pk]
    AccessLog.objects.bulk_create(
        AccessLog(
            by=request.user,
            ip=access.client_ip(request),
            act=AccessLog.Act.VIEW,
            what=f"{PREFIX}{record.pk}: 공유된 내용",
            subject_type=kind,
            subject_id=record.booking.student_id,
        )
        for record in seen
    )


def changed(request: HttpRequest, record: Record) -> None:
    """Say that the logged-in user saved this record."""
    what = f"{PREFIX}{record.pk}: {record.version}판 저장"
    access.record(request, AccessLog.Act.CHANGE, what, subject=record.booking.student)


def found(*, record: int | None = None, students: Iterable[Student] | None = None) -> models.QuerySet[AccessLog]:
    """Openings, the latest first: of one record, of some students, or all."""
    kind = ContentType.objects.get_for_model(Student)
    rows = AccessLog.objects.filter(subject_type=kind, what__startswith=PREFIX).exclude(subject_id=None)
    if record is not None:
        rows = rows.filter(what__startswith=f"{PREFIX}{record}:")
    if students is not None:
        rows = rows.filter(subject_id__in=[student.pk for student in students])
    return rows.select_related("by").order_by("-at", "-pk")
