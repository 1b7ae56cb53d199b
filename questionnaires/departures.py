"""Whoever leaves takes their answers and files along; asked by ``accounts.leaving``."""

from __future__ import annotations

from accounts import leaving
from accounts.models import Student
from lifecycle import destruction
from questionnaires import retention
from questionnaires.models import Attachment, Response


@leaving.also_forgets
def answers_of(student: Student) -> None:
    """Nobody needs them any more, so they do not wait for their day."""
    theirs = Response.objects.filter(student=student)
    for attachment in Attachment.objects.filter(response__in=theirs.values("pk")):
        destruction.on_request("questionnaires.file", attachment)
    for response in theirs:
        destruction.on_request("questionnaires.response", response)
    retention.destroy(theirs)
