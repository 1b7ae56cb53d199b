"""Many at once on a real database. Every guard has its control: without it the harm is seen."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from django.db import connection

from lifecycle import locks
from lifecycle.models import Transition
from notices.models import Notice
from questionnaires import answering, building, uploads
from questionnaires.models import Attachment, Questionnaire, Response, Version
from tests.questionnaires import files

pytestmark = pytest.mark.django_db(transaction=True)

State = Response.State
WISH = {"wish": "고민"}


@pytest.fixture
def without_lock_in(monkeypatch):
    return lambda module: monkeypatch.setattr(module, "lock", lambda queryset, pk: queryset.get(pk=pk))


def test_a_double_click_on_send_is_sent_once(at_once, case, version, parent):
    results = at_once(*[lambda: answering.send(case, version, WISH, by=parent, revision=0) for _ in range(4)])

    assert all(isinstance(result, Response) for result in results), results
    assert Response.objects.count() == 1
    assert Transition.objects.of(results[0]).filter(to_state=State.SENT).count() == 1
    assert Response.objects.get().revision == 1


def test_without_the_lock_it_is_written_twice_and_one_meets_an_error(
    at_once, case, version, parent, without_lock_in, meeting_point
):
    """The control."""
    answering.save(case, version, {}, by=parent, revision=0)
    without_lock_in(answering)
    meeting_point(answering, "_check")

    results = at_once(*[lambda: answering.send(case, version, WISH, by=parent, revision=1) for _ in range(2)])

    assert sum(isinstance(result, Exception) for result in results) == 1


def test_two_windows_that_save_at_once_keep_one_and_tell_the_other(at_once, case, version, parent):
    answering.save(case, version, {}, by=parent, revision=0)

    results = at_once(
        *[
            lambda words=words: answering.save(case, version, {"wish": words}, by=parent, revision=1)
            for words in ("하나", "둘")
        ]
    )

    assert sum(isinstance(result, answering.Changed) for result in results) == 1
    assert Response.objects.get().revision == 2


def test_without_the_lock_one_window_overwrites_the_other(
    at_once, case, version, parent, without_lock_in, meeting_point
):
    """The control."""
    answering.save(case, version, {}, by=parent, revision=0)
    without_lock_in(answering)
    meeting_point(answering, "_check")

    results = at_once(
        *[
            lambda words=words: answering.save(case, version, {"wish": words}, by=parent, revision=1)
            for words in ("하나", "둘")
        ]
    )

    assert all(isinstance(result, Response) for result in results)
    assert Response.objects.get().revision == 2  # two savings, and one is lost


def test_the_first_saving_in_two_windows_makes_one_form(at_once, case, version, parent):
    results = at_once(*[lambda: answering.save(case, version, WISH, by=parent, revision=0) for _ in range(4)])

    assert Response.objects.count() == 1
    assert sum(isinstance(result, Response) for result in results) == 1
    assert sum(isinstance(result, answering.Changed) for result in results) == 3


def test_without_the_index_there_would_be_two_forms(at_once, case, version, parent, meeting_point, monkeypatch):
    """The control."""
    index = next(c for c in Response._meta.constraints if c.name == "response_once_per_case")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Response, index)
    try:

        def look_then_make(**wanted):
            defaults = wanted.pop("defaults")
            if found := Response.objects.filter(**wanted).first():
                return found, False
            barrier(None)
            return Response.objects.create(**wanted, **defaults), True

        waiting = threading.Barrier(2, timeout=1)

        def barrier(_nothing):
            with suppress(threading.BrokenBarrierError):
                waiting.wait()

        monkeypatch.setattr(Response.objects, "get_or_create", look_then_make)
        at_once(*[lambda: answering.save(case, version, WISH, by=parent, revision=0) for _ in range(2)])
        assert Response.objects.count() == 2
    finally:
        Response.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Response, index)


def test_send_again_and_reopen_end_in_one_order(at_once, case, version, parent, counselor):
    response = answering.send(case, version, WISH, by=parent, revision=0)
    sent, reopened = at_once(
        lambda: answering.send(case, version, {"wish": "다시"}, by=parent, revision=1),
        lambda: answering.reopen(Response.objects.get(pk=response.pk), by=counselor.user, reason="고쳐 주세요"),
    )

    assert not isinstance(reopened, Exception)
    response.refresh_from_db()
    steps = [(step.from_state, step.to_state) for step in response.trail()]
    assert steps[:2] == [("draft", "sent"), ("sent", "reopened")]
    if response.state == State.SENT:  # the family came after the staff: their new words are the sent ones
        assert steps[2:] == [("reopened", "sent")]
        assert response.answers == {"wish": "다시"}
    else:
        assert steps[2:] == []
        assert response.answers == WISH
        assert sent.state == State.SENT


def test_two_who_reopen_tell_the_family_once(at_once, case, version, parent, counselor):
    response = answering.send(case, version, WISH, by=parent, revision=0)

    results = at_once(
        *[
            lambda: answering.reopen(Response.objects.get(pk=response.pk), by=counselor.user, reason="고쳐 주세요")
            for _ in range(4)
        ]
    )

    assert not any(isinstance(result, Exception) for result in results), results
    assert Notice.objects.filter(kind="questionnaires.reopened", channel="email").count() == 1


def test_checking_and_sending_back_end_in_sent_back_without_bytes(at_once, case, version, parent, counselor, storage):
    attachment = uploads.receive(case, version, "record", name="a.jpg", data=files.picture(), masked=True, by=parent)

    at_once(
        lambda: uploads.check(Attachment.objects.get(pk=attachment.pk), by=counselor.user),
        lambda: uploads.reject(Attachment.objects.get(pk=attachment.pk), by=counselor.user, reason="보입니다."),
    )

    attachment.refresh_from_db()
    assert (attachment.state, attachment.file.name) == ("rejected", "")
    assert [path for path in storage.rglob("*") if path.is_file()] == []


def test_the_last_place_for_a_file_is_taken_once(at_once, case, version, parent, monkeypatch, storage):
    monkeypatch.setattr(uploads, "MOST_PER_QUESTION", 1)
    data = files.pdf()

    results = at_once(
        *[
            lambda: uploads.receive(case, version, "record", name="a.pdf", data=data, masked=True, by=parent)
            for _ in range(3)
        ]
    )

    assert Attachment.objects.count() == 1, results
    assert len([path for path in storage.rglob("*") if path.is_file()]) == 1


def test_without_the_lock_more_files_come_in(
    at_once, case, version, parent, monkeypatch, without_lock_in, meeting_point
):
    """The control."""
    answering.save(case, version, {}, by=parent, revision=0)
    monkeypatch.setattr(uploads, "MOST_PER_QUESTION", 1)
    monkeypatch.setattr(
        uploads.inspection, "look", lambda data, today: uploads.inspection.Looked(data, "pdf", 1, False)
    )
    without_lock_in(answering)
    original, barrier = Attachment.save, threading.Barrier(2, timeout=1)

    def save(self, *args, **kwargs):
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        original(self, *args, **kwargs)

    monkeypatch.setattr(Attachment, "save", save)
    at_once(
        *[
            lambda: uploads.receive(case, version, "record", name="a.pdf", data=b"x", masked=True, by=parent)
            for _ in range(2)
        ]
    )

    assert Attachment.objects.count() == 2


def test_two_who_build_do_not_lose_each_others_question(at_once, version):
    draft = building.draft(version.questionnaire)

    results = at_once(
        *[
            lambda title=title: building.describe(
                Version.objects.get(pk=draft.pk), title=title, introduction="", revision=0
            )
            for title in ("하나", "둘")
        ]
    )

    assert sum(isinstance(result, locks.Refused) for result in results) == 1


def test_two_who_want_a_new_version_get_the_same(at_once, version):
    results = at_once(
        *[lambda: building.draft(Questionnaire.objects.get(pk=version.questionnaire_id)) for _ in range(4)]
    )

    assert len({result.pk for result in results}) == 1
