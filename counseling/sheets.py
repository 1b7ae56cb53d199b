"""상담 결과지: what a counsellor shared, on paper, for the student and the family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Student
from counseling.models import Record, RecordVersion
from documents import issue, kinds
from documents.kinds import Kind
from documents.models import IssuedDocument
from krds.dates import kdate, kperiod

if TYPE_CHECKING:
    from accounts.models import User


def _visible(user: User) -> Q:
    """Families while they see the record, staff who may open it; nobody once it is shared no more."""
    shared = Record.objects.filter(state=Record.State.SHARED)
    family = Record.objects.shared_with(user).order_by().values("pk")
    staff = Record.objects.readable_by(user).order_by().values("pk")
    return kinds.of(shared.filter(Q(pk__in=family) | Q(pk__in=staff)))


def _student(record: Record) -> Student:
    return record.booking.student


SHEET = kinds.register(
    Kind(
        code="counseling.sheet",
        label=_("상담 결과지"),
        series="결과",
        template="documents/counseling/sheet.html",
        visible=_visible,
        person=_student,
        sealed=True,
    )
)


def of(records: models.QuerySet | list[Record]) -> models.QuerySet[IssuedDocument]:
    """The sheets of these records that hold."""
    kind = ContentType.objects.get_for_model(Record)
    keys = [record.pk for record in records]
    return IssuedDocument.objects.standing().filter(kind=SHEET.code, subject_type=kind, subject_id__in=keys)


def give_out(record: Record, *, by: User) -> IssuedDocument:
    """The sheet of the version that is shared; sheets of earlier versions are withdrawn. Outside any transaction.

    Raises:
        RenderError: the sheet cannot be printed; the sentence says why.
        Refused: too many wait for a number.
    """
    version = record.shown()
    paper = issue.issue(
        SHEET.code,
        figures(record, version),
        title="상담 결과지",
        by=by,
        subject=record,
        to=record.booking.student.name,
        known_until=version.at,
    )
    take_back(record, by=by, reason="고친 내용을 다시 공유하여 새 결과지를 발급함", but=paper)
    return paper


def take_back(record: Record, *, by: User, reason: str, but: IssuedDocument | None = None) -> None:
    """Declare the sheets of a record void."""
    for paper in of([record]).exclude(pk=but.pk if but else None):
        issue.withdraw(paper, by=by, reason=reason)


def figures(record: Record, version: RecordVersion) -> dict[str, Any]:
    """What the sheet says: of the counsellor's memo, nothing."""
    booking = record.booking
    facts = [
        ["학생", f"{booking.student.name} ({booking.student.grade_label})"],
        ["상담 일시", kperiod(booking.starts_at, booking.ends_at)],
        ["상담 주제", booking.topic.name],
        ["상담 방식", booking.get_mode_display()],
        ["상담사", booking.slot.counselor.name],
    ]
    following = []
    if version.next_on:
        following.append(["제안한 날", kdate(version.next_on)])
    if version.next["topic_name"]:
        following.append(["상담 주제", version.next["topic_name"]])
    if version.next["note"]:
        following.append(["준비할 것", version.next["note"]])
    return {
        "facts": facts,
        "summary": [line for line in version.summary.splitlines() if line.strip()],
        "items": [item["text"] for item in version.items],
        "following": following,
    }
