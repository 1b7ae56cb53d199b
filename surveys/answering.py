"""Taking an answer: of an invitation is kept that it was used, of the answer nothing that says whose it is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lifecycle.locks import Refused
from surveys import screening
from surveys.models import Answer, Comment, Invitation, Spooled, Survey

PADDED = 8_192  # bytes: every sealed answer is as long as every other


class Gone(Refused):
    """Answered already, or no longer asked."""


@dataclass(frozen=True)
class Given:
    """What somebody chose (whole numbers) and wrote, by key of the question."""

    values: Mapping[int, int] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)

    def plain(self) -> dict[str, dict[str, Any]]:
        """As JSON keeps it."""
        texts = {str(key): text.strip() for key, text in self.texts.items() if text.strip()}
        return {"values": {str(key): value for key, value in self.values.items()}, "texts": texts}


def quarter_of(day: date) -> date:
    """The first day of the quarter."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def answer(invitation: Invitation, given: Given) -> uuid.UUID:
    """Take the answer of an invited person, once; return the key under which that browser may add to it.

    Raises:
        Gone: it was answered before.
        Refused: nothing was answered, or more was written than there is room for.
    """
    survey = invitation.survey
    _check(survey, given)
    with transaction.atomic():
        if not Invitation.objects.unanswered().filter(pk=invitation.pk).update(is_answered=True):
            raise Gone(_("이미 답해 주셨습니다. 고맙습니다."))
        if survey.is_named:
            return _kept_by_name(invitation, given)
        return _spool(survey, given, invitation.subject, invitation.level)


def visitor(survey: Survey, given: Given) -> uuid.UUID:
    """Take the answer of somebody who found the QR code; nobody knows whether they answer twice.

    Raises:
        Gone: the survey is closed.
        Refused: nothing was answered, or more was written than there is room for.
    """
    _check(survey, given)
    with transaction.atomic():
        if not Survey.objects.filter(pk=survey.pk, is_open=True, use=Survey.Use.VISITOR).exists():
            raise Gone(_("지금은 받지 않는 조사입니다."))
        return _spool(survey, given, "", "")


def add(key: uuid.UUID, survey: Survey, given: Given) -> None:
    """Add to an answer just given what the further questions asked, as long as it still waits.

    Raises:
        Gone: it has been counted with others already; nothing can be added to it.
        Refused: more was written than there is room for.
    """
    with transaction.atomic():
        if survey.is_named:
            _add_by_name(key, survey, given)
            return
        row = Spooled.objects.select_for_update().filter(pk=key).first()
        if row is None:
            raise Gone(_("앞서 주신 답은 이미 모았습니다. 고맙습니다."))
        content = row.content
        for part, more in given.plain().items():
            content[part] |= more
        row.content = _padded(content)
        row.save(update_fields=["content"])


def _check(survey: Survey, given: Given) -> None:
    if not given.values:
        raise Refused(_("답을 하나 골라 주세요."))


def _spool(survey: Survey, given: Given, subject: str, level: str) -> uuid.UUID:
    content = {
        "survey": survey.pk,
        "subject": subject,
        "level": level,
        "quarter": quarter_of(timezone.localdate()).isoformat(),
        **given.plain(),
    }
    return Spooled.objects.create(content=_padded(content)).pk


def _padded(content: dict[str, Any]) -> dict[str, Any]:
    """As long as every other, so that its length tells nothing.

    Raises:
        Refused: it does not fit.
    """
    bare = {name: value for name, value in content.items() if name != "padding"}
    length = len(json.dumps({**bare, "padding": ""}, ensure_ascii=False, separators=(",", ":")).encode())
    if length > PADDED:
        raise Refused(_("글이 너무 깁니다. 줄여서 적어 주세요."))
    return {**bare, "padding": "." * (PADDED - length)}


def _kept_by_name(invitation: Invitation, given: Given) -> uuid.UUID:
    """A named answer is kept at once, with its invitation: its page says so."""
    quarter = quarter_of(timezone.localdate())
    made = Answer.objects.create(
        survey=invitation.survey,
        subject=invitation.subject,
        level=invitation.level,
        quarter=quarter,
        values=given.plain()["values"],
        is_named=True,
        invitation=invitation,
    )
    keep_texts(invitation.survey_id, invitation.subject, quarter, given.plain()["texts"])
    return made.pk


def _add_by_name(key: uuid.UUID, survey: Survey, given: Given) -> None:
    row = Answer.objects.select_for_update().filter(pk=key, survey=survey, is_named=True).first()
    if row is None:
        raise Gone(_("앞서 주신 답을 찾을 수 없습니다."))
    row.values |= given.plain()["values"]
    row.save(update_fields=["values"])
    keep_texts(survey.pk, row.subject, row.quarter, given.plain()["texts"])


def keep_texts(survey_id: int, subject: str, quarter: date, texts: Mapping[str, str]) -> None:
    """What was written, each on its own, for somebody to look at before others read it."""
    Comment.objects.bulk_create(comments(survey_id, subject, quarter, texts))


def comments(survey_id: int, subject: str, quarter: date, texts: Mapping[str, str]) -> list[Comment]:
    return [
        Comment(
            survey_id=survey_id,
            question_id=int(key),
            subject=subject,
            quarter=quarter,
            text=text,
            suspicious=", ".join(screening.found(text)),
        )
        for key, text in texts.items()
    ]
