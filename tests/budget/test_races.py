"""Many at once: the lock of the line decides. The controls take the lock away and see the harm."""

from __future__ import annotations

from datetime import date

import pytest

from budget import balance, ledger, years
from budget.ledger import NotEnough, NotPosted, Posting
from budget.models import Entry, FiscalYear, Stage
from lifecycle import approval

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 2)


@pytest.fixture
def nearly_spent(funded, put):
    """A line with 1,000 won left."""
    put(funded, Stage.COMMITMENT, 999_000)
    return funded


def commit(line, clerk):
    return lambda: ledger.post(Posting(line, Stage.COMMITMENT, 1_000, DAY, "마지막"), by=clerk)


def test_of_fifty_who_want_the_last_thousand_one_gets_it(nearly_spent, clerk, at_once):
    ends = at_once(*[commit(nearly_spent, clerk) for _ in range(50)])
    won = [end for end in ends if isinstance(end, Entry)]
    assert len(won) == 1
    assert {type(end) for end in ends if end not in won} <= {NotEnough, NotPosted}
    assert balance.of(nearly_spent.pk).left == 0


def test_control_without_the_lock_the_last_thousand_is_bound_twice(
    nearly_spent, clerk, at_once, meeting_point, monkeypatch
):
    monkeypatch.setattr(ledger, "lock_all", lambda rows, keys: list(rows.filter(pk__in=keys)))
    monkeypatch.setattr(ledger, "_check", _blind(ledger._check))
    meeting_point(ledger.balance, "of_lines")
    at_once(commit(nearly_spent, clerk), commit(nearly_spent, clerk))
    assert balance.of(nearly_spent.pk).left < 0


def _blind(check):
    """The check by what was read before writing, as it would be without partial sums that make writers wait."""

    def by_what_was_read(before, lines, *, approval):
        for key in lines:
            if before[key].left < 1_000:
                raise NotEnough("모자람", before[key].left)

    return by_what_was_read


def test_nothing_is_written_into_a_year_while_it_closes(funded, clerk, boss, at_once):
    asked = years.ask_to_close(funded.year, by=clerk, reason="결산")
    ends = at_once(
        lambda: approval.approve(asked, by=boss, seen=asked.digest),
        *[lambda: ledger.post(Posting(funded, Stage.REVISION, 1, DAY, "추경"), by=clerk) for _ in range(6)],
    )
    year = FiscalYear.objects.get()
    late = Entry.objects.filter(stage=Stage.REVISION).count()
    found = balance.of(funded.pk)
    if year.is_open:  # a posting came first and voided the request
        assert isinstance(ends[0], approval.NotApproved)
    else:
        assert late == 0
        assert found.to_lapse == 0
