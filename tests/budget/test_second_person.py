"""Overruns and the ends of years need a second person."""

from __future__ import annotations

from datetime import date

import pytest

from budget import balance, ledger, overrun, years
from budget.ledger import NotEnough, NotPosted, Posting
from budget.models import Entry, FiscalYear, Stage
from lifecycle import approval
from lifecycle.models import Approval

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
DAY = date(2026, 3, 2)


def test_an_overrun_is_written_with_the_name_of_who_agreed(funded, clerk, boss):
    posting = Posting(funded, Stage.COMMITMENT, 1_000_500, DAY, "긴급 대관")
    with pytest.raises(NotEnough):
        ledger.post(posting, by=clerk)
    proposal = overrun.propose(posting, by=clerk, reason="추경 전 긴급")
    assert balance.of(funded.pk).committed == 0  # asking writes nothing

    asked = Approval.objects.of(proposal).get()
    assert asked.contents["넘는 금액"] == "500원"
    approval.approve(asked, by=boss, seen=asked.digest)
    proposal.refresh_from_db()
    assert (proposal.entry.approval, proposal.entry.recorded_by) == (asked, clerk)
    assert balance.of(funded.pk).left == -500


def test_nobody_agrees_to_their_own_overrun(funded, boss):
    proposal = overrun.propose(Posting(funded, Stage.COMMITMENT, 2_000_000, DAY, "대관"), by=boss, reason="급함")
    asked = Approval.objects.of(proposal).get()
    with pytest.raises(approval.NotApproved, match="스스로"):
        approval.approve(asked, by=boss, seen=asked.digest)
    assert not Entry.objects.filter(stage=Stage.COMMITMENT).exists()


def test_an_overdrawn_line_can_be_mended_but_not_made_worse(funded, put, clerk, boss):
    proposal = overrun.propose(Posting(funded, Stage.COMMITMENT, 1_000_500, DAY, "대관"), by=clerk, reason="급함")
    asked = Approval.objects.of(proposal).get()
    approval.approve(asked, by=boss, seen=asked.digest)
    with pytest.raises(NotEnough, match="남은 금액은 0원"):
        put(funded, Stage.COMMITMENT, 1)
    put(funded, Stage.REVISION, 200)
    put(funded, Stage.REVISION, 300)
    assert balance.of(funded.pk).left == 0


def closed(year, clerk, boss, reason="결산"):
    asked = years.ask_to_close(year, by=clerk, reason=reason)
    return approval.approve(asked, by=boss, seen=asked.digest)


def test_closing_writes_what_lapses_and_reopening_takes_it_back(funded, put, clerk, boss):
    commitment = put(funded, Stage.COMMITMENT, 600_000)
    year = funded.year
    with pytest.raises(NotPosted, match="600,000원"):
        years.ask_to_close(year, by=clerk, reason="결산")
    ledger.pay(commitment, 600_000, effective_on=DAY, reason="대금", by=clerk)

    closed(year, clerk, boss)
    year.refresh_from_db()
    assert not year.is_open
    found = balance.of(funded.pk)
    assert (found.lapsed, found.to_lapse, found.left) == (400_000, 0, 0)
    with pytest.raises(NotPosted, match="마감되었습니다"):
        put(funded, Stage.COMMITMENT, 1)

    asked = years.ask_to_reopen(year, by=clerk, reason="정정")
    approval.approve(asked, by=boss, seen=asked.digest)
    year.refresh_from_db()
    assert year.is_open
    assert balance.of(funded.pk).left == 400_000
    put(funded, Stage.COMMITMENT, 1)
    assert Entry.objects.filter(stage=Stage.LAPSE).count() == 2  # and both stay to be seen


def test_a_posting_after_the_request_voids_the_closing(funded, put, clerk, boss):
    asked = years.ask_to_close(funded.year, by=clerk, reason="결산")
    put(funded, Stage.REVISION, 1)
    with pytest.raises(approval.NotApproved, match="무효"):
        approval.approve(asked, by=boss, seen=asked.digest)
    assert FiscalYear.objects.get().is_open
