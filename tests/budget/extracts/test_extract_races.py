"""The same file twice at once is posted once; the control takes lock, second look and unique line away."""

from __future__ import annotations

import itertools
from contextlib import contextmanager

import pytest
from django.db import transaction

from budget import balance
from budget.extracts import importing
from budget.models import ExtractRow
from lifecycle.locks import Refused
from tests.budget.extracts.sheets import as_csv, row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twice(funded, clerk):
    """Two uploads of one file."""
    return [importing.receive(as_csv([row()]), name="3월.csv", by=clerk) for _ in range(2)]


def test_two_people_post_the_same_file(twice, funded, clerk, at_once):
    ends = at_once(*[lambda one=one: importing.post(one, by=clerk) for one in twice])
    assert not [end for end in ends if isinstance(end, Exception) and not isinstance(end, Refused)]
    assert balance.of(funded.pk).paid == 100_000
    assert ExtractRow.objects.count() == 1


def test_a_double_click_posts_once(twice, funded, clerk, at_once):
    ends = at_once(*[lambda: importing.post(twice[0], by=clerk)] * 3)
    assert sum(isinstance(end, Refused) for end in ends) == 2
    assert balance.of(funded.pk).paid == 100_000


def test_control_without_lock_and_unique_line_it_is_posted_twice(
    twice, funded, clerk, at_once, meeting_point, monkeypatch
):
    @contextmanager
    def unheld(lines):
        with transaction.atomic():
            yield {}

    marks = itertools.count()
    keep = importing._keep

    def with_marks(extract, report):
        for fact in report.facts:
            fact.digest = f"{next(marks)}"
        keep(extract, report)

    monkeypatch.setattr(importing.ledger, "writing", _first(importing.ledger.writing, unheld))
    monkeypatch.setattr(importing, "_keep", with_marks)
    meeting_point(importing, "_nothing_wrong")
    at_once(*[lambda one=one: importing.post(one, by=clerk) for one in twice])
    assert balance.of(funded.pk).paid == 200_000


def _first(real, unheld):
    """Without locks for the file, with them for each posting."""
    import threading

    inside = threading.local()

    @contextmanager
    def writing(lines):
        if not getattr(inside, "yes", False):
            inside.yes = True
            try:
                with unheld(lines) as before:
                    yield before
            finally:
                inside.yes = False
        else:
            with real(lines) as before:
                yield before

    return writing
