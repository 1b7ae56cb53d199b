"""A form is drafted, changed step by step, and frozen when it is published."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from lifecycle.locks import Refused
from questionnaires import building, editing
from questionnaires.design import Question
from questionnaires.models import Questionnaire, Version

pytestmark = pytest.mark.django_db

WORDS = Question(key="words", kind="short", text="하고 싶은 말")


def test_a_new_form_is_an_empty_draft_that_cannot_be_published():
    draft = building.create("설문")
    assert draft.is_draft
    with pytest.raises(building.NotPublished):
        building.publish(draft, by=None)
    assert Version.objects.get().is_draft


def test_a_name_is_taken_once():
    building.create("설문")
    with pytest.raises(Refused, match="같은 이름"):
        building.create("설문")


def test_a_published_version_is_what_families_answer():
    draft = building.put(building.create("설문"), WORDS, section=0, revision=0)
    assert draft.questionnaire.current is None
    published = building.publish(draft, by=None)
    assert published.questionnaire.current == published
    assert building.publish(published, by=None).published_at == published.published_at


def test_a_published_version_is_changed_by_nobody(version):
    with pytest.raises(Refused, match="게시한 판"):
        building.put(version, WORDS, section=0, revision=version.revision)
    for act in (
        lambda: Version.objects.filter(pk=version.pk).update(title="다른 제목"),
        lambda: Version.objects.filter(pk=version.pk).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_the_next_version_starts_as_the_last_one_was_and_there_is_one_draft(version):
    draft = building.draft(version.questionnaire)
    assert (draft.number, draft.body) == (2, version.body)
    assert building.draft(version.questionnaire) == draft


def test_a_draft_is_thrown_away_but_never_the_first(version):
    building.discard(building.draft(version.questionnaire))
    assert version.questionnaire.draft is None
    with pytest.raises(Refused):
        building.discard(building.create("다른 설문"))


def test_who_saw_an_older_draft_does_not_overwrite(version):
    draft = building.draft(version.questionnaire)
    building.describe(draft, title="새 제목", introduction="", revision=draft.revision)
    with pytest.raises(Refused, match="다른 사람"):
        building.describe(draft, title="낡은 제목", introduction="", revision=draft.revision)
    assert Version.objects.get(pk=draft.pk).title == "새 제목"


def test_a_wrong_question_is_refused_with_the_reason(version):
    draft = building.draft(version.questionnaire)
    with pytest.raises(Refused, match="보기"):
        building.put(draft, replace(WORDS, kind="choice"), section=0, revision=draft.revision)


def test_moving_a_question_before_what_it_hangs_on_cannot_be_published(version):
    draft = building.draft(version.questionnaire)
    draft = building.change(draft, lambda old: editing.moved(old, "practical", -1), revision=draft.revision)
    with pytest.raises(building.NotPublished, match="앞에 있는"):
        building.publish(draft, by=None)


def test_a_copy_keeps_the_keys(version):
    copied = building.copy(version, "복사본")
    assert Questionnaire.objects.count() == 2
    assert [q.key for q in copied.design.questions] == [q.key for q in version.design.questions]
