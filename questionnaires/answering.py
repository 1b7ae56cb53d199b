"""Answering a form: saved as a draft, sent once, opened again by staff.

Guard: the response's row is locked, after the unique index (one response per form and case) has made it
the only one. A page carries the ``revision`` that it showed; a later saving elsewhere makes it stale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lifecycle.locks import Refused, contended, lock
from questionnaires import cases, notices
from questionnaires.models import Attachment, Response, Version

if TYPE_CHECKING:
    from accounts.models import User

State = Response.State
BUSY = gettext_lazy("같은 질문지를 다른 창에서 저장하고 있습니다. 잠시 뒤에 다시 눌러 주세요.")


class Closed(Refused):
    """Nothing can be written any more: sent already, too late, or the case is over."""


class Changed(Refused):
    """Another page saved in between. What is stored now comes along."""

    def __init__(self, sentence: str, stored: Response) -> None:
        super().__init__(sentence)
        self.stored = stored


class Incomplete(Refused):
    """Required questions without an answer: ``keys``."""

    def __init__(self, sentence: str, keys: list[str]) -> None:
        super().__init__(sentence)
        self.keys = keys


@dataclass(frozen=True)
class Sheet:
    """A form about one case as it lies before the person who answers.

    ``answers`` are what was saved, or before the first saving what was answered ``last_time``, by key.
    """

    kind: cases.Kind
    case: Any
    version: Version
    response: Response | None
    answers: dict[str, Any]
    last_time: dict[str, datetime] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)

    @property
    def revision(self) -> int:
        return self.response.revision if self.response else 0

    @property
    def closes_at(self) -> datetime:
        return self.kind.closes_at(self.case)

    def is_open(self, now: datetime) -> bool:
        return not self.why_closed(now)

    def why_closed(self, now: datetime) -> str:
        """A sentence; empty while it may be written."""
        if self.response is not None and not self.response.is_open:
            return str(_("이미 보낸 질문지입니다."))
        return _why_closed(self.kind, self.case, now)

    def files_of(self, key: str) -> list[Attachment]:
        return [file for file in self.attachments if file.question == key]


def sheet(case: models.Model, *, fresh: bool = False) -> Sheet | None:
    """What there is to answer about ``case``; ``None`` when nothing is asked.

    Args:
        fresh: start empty in place of the answers of last time.
    """
    kind = cases.of(case)
    response = _response(kind, case)
    if response is not None:
        files = list(response.attachments.all())
        return Sheet(kind, case, response.version, response, dict(response.answers), attachments=files)
    questionnaire = kind.form_of(case)
    version = questionnaire.current if questionnaire is not None and questionnaire.active else None
    if version is None:
        return None
    answers, since = ({}, {}) if fresh else _last_time(version, kind.student_of(case))
    return Sheet(kind, case, version, None, answers, since)


def save(case: models.Model, version: Version, answers: Mapping[str, Any], *, by: User, revision: int) -> Response:
    """Keep a draft. Answers to questions that are not asked at the moment are kept too, until it is sent.

    Raises:
        Changed: another page saved in between.
        Closed: it cannot be written any more.
    """
    with contended(str(BUSY), Closed), transaction.atomic():
        response = _hold(case, version, by=by)
        if not response.is_open:
            raise Closed(_("이미 보낸 질문지입니다. 고치시려면 센터로 연락해 주세요."))
        _check(response, case, revision)
        _write(response, {**answers}, by=by)
    return response


def send(case: models.Model, version: Version, answers: Mapping[str, Any], *, by: User, revision: int) -> Response:
    """Save and hand in. Sent twice it is sent once; what was not asked is not kept.

    Raises:
        Changed, Closed: as ``save``.
        Incomplete: required questions have no answer.
    """
    with contended(str(BUSY), Closed), transaction.atomic():
        response = _hold(case, version, by=by)
        if response.state == State.SENT:
            return response
        _check(response, case, revision)
        files = set(response.attachments.standing().values_list("question", flat=True))
        design = response.version.design
        if missing := design.missing(answers, files):
            raise Incomplete(_("필수 문항에 답해 주세요."), [question.key for question in missing])
        kept = design.kept(answers)
        _write(response, kept, by=by)
        brief = any(question.key in kept for question in design.questions if question.is_brief)
        response.move(State.SENT, by=by, sent_at=response.saved_at, has_brief=brief)
        _then(cases.of(case).sent, case, by)
    return response


def reopen(response: Response, *, by: User, reason: str) -> Response:
    """Let the family write again, and tell them why. Opened already it stays open and nobody is told twice.

    Raises:
        Closed: it was never sent, or the case is over.
    """
    with contended(str(BUSY), Closed), transaction.atomic():
        response = lock(Response.objects.select_related("version"), response.pk)
        if response.state == State.REOPENED:
            return response
        case = response.case
        if case is None or response.state != State.SENT:
            raise Closed("보낸 질문지만 다시 열 수 있습니다.")
        if why := _why_closed(cases.of(case), case, timezone.now()):
            raise Closed(why)
        response.move(State.REOPENED, by=by, reason=reason)
        added = _then(cases.of(case).reopened, case, by)
        notices.reopened(response, case, reason=f"{reason} {added}".strip())
    return response


def ensure(case: models.Model, version: Version, *, by: User) -> Response:
    """The response to hang a file on, made if need be.

    Raises:
        Closed: it cannot be written any more.
    """
    with contended(str(BUSY), Closed), transaction.atomic():
        response = _hold(case, version, by=by)
        if not response.is_open:
            raise Closed(_("이미 보낸 질문지입니다. 고치시려면 센터로 연락해 주세요."))
        if why := _why_closed(cases.of(case), case, timezone.now()):
            raise Closed(why)
    return response


def _then(brings: Callable[[Any, User], str | None] | None, case: models.Model, by: User) -> str:
    """What sending or opening again brings about where the case is at home; what there is to say of it."""
    try:
        return (brings and brings(case, by)) or ""
    except Refused as refused:
        raise Closed(str(refused)) from refused


def _hold(case: models.Model, version: Version, *, by: User) -> Response:
    """The one response to this form and case, locked until commit."""
    kind = cases.of(case)
    student = kind.student_of(case)
    response, _made = Response.objects.get_or_create(
        questionnaire=version.questionnaire,
        case_type=kind.content_type,
        case_id=case.pk,
        student=student,
        defaults={"version": version, "written_by": by},
    )
    return lock(Response.objects.select_related("version"), response.pk)


def _check(response: Response, case: models.Model, revision: int) -> None:
    now = timezone.now()
    if why := _why_closed(cases.of(case), case, now):
        raise Closed(why)
    if response.revision != revision:
        sentence = _("다른 창이나 다른 기기에서 먼저 저장했습니다. 아래에서 견주어 보고 다시 저장해 주세요.")
        raise Changed(sentence, response)


def _why_closed(kind: cases.Kind, case: models.Model, now: datetime) -> str:
    if not kind.is_live(case):
        return str(_("취소되었거나 끝난 일이어서 작성할 수 없습니다."))
    if now >= kind.closes_at(case):
        return str(_("작성할 수 있는 기한이 지났습니다."))
    return ""


def _write(response: Response, answers: dict[str, Any], *, by: User) -> None:
    response.answers, response.written_by = answers, by
    response.revision += 1
    response.saved_at = timezone.now()
    response.save(update_fields=["answers", "written_by", "revision", "saved_at"])


def _response(kind: cases.Kind, case: models.Model) -> Response | None:
    """What was begun about this case for its student of today; a sibling who came in between starts anew.

    Its own form stays, whichever form the kind names today.
    """
    begun = (
        Response.objects.of_case(case)
        .filter(student=kind.student_of(case))
        .select_related("version__questionnaire")
        .prefetch_related("attachments")
    )
    asked = kind.form_of(case)
    found = list(begun.order_by("pk"))
    return next((one for one in found if asked is not None and one.questionnaire_id == asked.pk), None) or (
        found[0] if found else None
    )


def _last_time(version: Version, student: Any) -> tuple[dict[str, Any], dict[str, datetime]]:
    """The same person's newest sent answers to the same questions, where they still fit; never files."""
    answers: dict[str, Any] = {}
    since: dict[str, datetime] = {}
    before = Response.objects.filter(student=student, state=State.SENT).select_related("version")
    wanted = {question.key: question for question in version.design.questions if not question.is_file}
    for response in before.order_by("-sent_at")[:5]:
        for key, question in wanted.items():
            then = response.version.design.find(key)
            if key in answers or then is None or then.kind != question.kind:
                continue
            if (answer := question.tidy(response.answers.get(key))) is not None:
                answers[key], since[key] = answer, response.sent_at
    return answers, since
