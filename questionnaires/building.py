"""Making a form: drafting a version, changing it question by question, publishing it for good.

Guard: the draft's row is locked, and its ``revision`` must be the one that the editor saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from lifecycle.locks import Refused, contended, lock
from questionnaires import editing
from questionnaires.design import Design, Question, Section, question_faults
from questionnaires.models import Questionnaire, Version

if TYPE_CHECKING:
    from accounts.models import User

BUSY = "방금 다른 사람이 같은 질문지를 고쳤습니다. 화면을 새로 열어 확인해 주세요."
FIRST_SECTION = "질문"


class NotPublished(Refused):
    """The draft still has faults; the words list them."""


def create(name: str, *, title: str = "", introduction: str = "") -> Version:
    """A new form with an empty draft.

    Raises:
        Refused: the name is taken.
    """
    with contended("같은 이름의 질문지가 있습니다. 다른 이름을 적어 주세요."), transaction.atomic():
        return begin(Questionnaire.objects.create(name=name), title=title, introduction=introduction)


def begin(questionnaire: Questionnaire, *, title: str = "", introduction: str = "") -> Version:
    """The first draft of a form that has no version yet."""
    body = Design((Section(title=FIRST_SECTION),)).body()
    return Version.objects.create(
        questionnaire=questionnaire, number=1, title=title or questionnaire.name, introduction=introduction, body=body
    )


def copy(version: Version, name: str) -> Version:
    """Another form that starts with the same questions. Keys stay, so answers of last time are found there too."""
    with contended("같은 이름의 질문지가 있습니다. 다른 이름을 적어 주세요."), transaction.atomic():
        questionnaire = Questionnaire.objects.create(name=name)
        return Version.objects.create(
            questionnaire=questionnaire,
            number=1,
            title=version.title,
            introduction=version.introduction,
            body=version.body,
        )


def draft(questionnaire: Questionnaire) -> Version:
    """The version to change: the draft there is, else a new one that starts as the published one is."""
    with contended(BUSY), transaction.atomic():
        questionnaire = lock(Questionnaire.objects, questionnaire.pk)
        if waiting := questionnaire.draft:
            return waiting
        newest = questionnaire.versions.order_by("-number").first()
        return Version.objects.create(
            questionnaire=questionnaire,
            number=newest.number + 1,
            title=newest.title,
            introduction=newest.introduction,
            body=newest.body,
        )


def discard(version: Version) -> None:
    """Throw a draft away. The first one stays: a form without any version would be nothing.

    Raises:
        Refused: published, or the only one.
    """
    with contended(BUSY), transaction.atomic():
        version = lock(Version.objects, version.pk)
        if not version.is_draft or version.number == 1:
            raise Refused("게시한 판이나 첫 판은 버릴 수 없습니다.")
        version.delete()


def describe(version: Version, *, title: str, introduction: str, revision: int) -> Version:
    """Title and introduction, as the family reads them."""
    return _change(version, revision, lambda design: design, title=title, introduction=introduction)


def put(version: Version, question: Question, *, section: int, revision: int) -> Version:
    """Add or replace a question.

    Raises:
        Refused: something is wrong with it where it stands, or somebody changed the draft meanwhile.
    """

    def changed(design: Design) -> Design:
        new = editing.put(design, question, section)
        keys = [one.key for one in new.questions]
        earlier = {one.key: one for one in new.questions[: keys.index(question.key)]}
        if faults := list(question_faults(question, earlier)):
            raise Refused(" ".join(faults))
        return new

    return _change(version, revision, changed)


def change(version: Version, step: Callable[[Design], Design], *, revision: int) -> Version:
    """Any other step of ``questionnaires.design``: move, remove, sections."""
    return _change(version, revision, step)


def publish(version: Version, *, by: User | None) -> Version:
    """From now on families answer this version; nobody changes it any more. Twice is once.

    Raises:
        NotPublished: it has faults.
    """
    with contended(BUSY), transaction.atomic():
        version = lock(Version.objects, version.pk)
        if not version.is_draft:
            return version
        if faults := version.design.faults():
            raise NotPublished(" ".join(faults))
        version.published_at, version.published_by = timezone.now(), by
        version.save(update_fields=["published_at", "published_by"])
        return version


def _change(version: Version, revision: int, step: Callable[[Design], Design], **fields: Any) -> Version:
    with contended(BUSY), transaction.atomic():
        version = lock(Version.objects, version.pk)
        if not version.is_draft:
            raise Refused("게시한 판은 고칠 수 없습니다. 새 판을 만들어 주세요.")
        if version.revision != revision:
            raise Refused(BUSY)
        values: Mapping[str, Any] = {**fields, "body": step(version.design).body(), "revision": revision + 1}
        for name, value in values.items():
            setattr(version, name, value)
        version.save(update_fields=list(values))
        del version.design
        return version
