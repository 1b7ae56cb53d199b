"""Months compared and signed off; a later change voids what was signed, and shows."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import Permission

from accounts.models import User
from budget import ledger
from budget.extracts import importing, reconciling
from budget.extracts.reconciling import Match, NotSigned
from budget.ledger import Posting
from budget.models import Stage
from lifecycle import approval
from tests.budget.extracts.sheets import as_csv, row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
MARCH = date(2026, 3, 1)


@pytest.fixture
def signer(db):
    user = User.objects.create_user("signer@example.com", name="구팀장", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="approve_reconciliation"))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def spend(funded, clerk):
    def spend(number: str, won: int, day: date = date(2026, 3, 2)):
        return ledger.spend(Posting(funded, Stage.PAYMENT, won, day, "강사료", number), by=clerk)

    return spend


@pytest.fixture
def march(spend, clerk):
    """One of each: the same, another sum, only here, only there."""
    spend("지-1", 100_000)
    extract = importing.receive(
        as_csv([row(), row(지급결의번호="지-2"), row(지급결의번호="지-4")]), name="3월.csv", by=clerk
    )
    importing.keep(extract, by=clerk)
    spend("지-2", 99_999)
    spend("지-3", 5_000)


def test_four_kinds_of_pairs(march):
    found = {pair.document_no: pair.match for pair in reconciling.compare(MARCH)}
    assert found == {
        "지-1": Match.MATCHED,
        "지-2": Match.DIFFERENT,
        "지-3": Match.ONLY_HERE,
        "지-4": Match.ONLY_THERE,
    }
    assert next(iter(found)) == "지-2"  # differences come first


def test_a_month_ends_before_the_next(spend, clerk):
    spend("지-8", 1, date(2026, 3, 31))
    spend("지-9", 1, date(2026, 4, 1))
    assert [pair.document_no for pair in reconciling.compare(MARCH)] == ["지-8"]
    assert reconciling.next_month(date(2026, 12, 1)) == date(2027, 1, 1)


def test_what_was_reversed_is_not_here(spend, clerk):
    payment = spend("지-7", 1_000)
    ledger.reverse(payment, reason="잘못", by=clerk)
    assert reconciling.compare(MARCH) == []


def test_signed_off_by_a_second_person_and_void_after_a_change(march, spend, clerk, signer):
    assert reconciling.standing(MARCH).label == "확정 전"
    asked = reconciling.ask_to_sign(MARCH, by=clerk, reason="지-2는 수수료 차이")
    assert asked.contents["다른 금액"] == "1건"
    assert reconciling.standing(MARCH).label == "결재 중"
    approval.approve(asked, by=signer, seen=asked.digest)
    assert reconciling.standing(MARCH).label == "확정"
    with pytest.raises(NotSigned, match="이미 확정"):
        reconciling.ask_to_sign(MARCH, by=clerk, reason="또")
    spend("지-5", 1)
    assert reconciling.standing(MARCH).label == "확정 뒤 바뀜(무효)"
    again = reconciling.ask_to_sign(MARCH, by=clerk, reason="지-5를 더함")
    approval.approve(again, by=signer, seen=again.digest)
    assert reconciling.standing(MARCH).holds


def test_a_change_while_it_waits_voids_the_request(march, spend, clerk, signer):
    asked = reconciling.ask_to_sign(MARCH, by=clerk, reason="대사")
    spend("지-5", 1)
    with pytest.raises(approval.NotApproved, match="무효"):
        approval.approve(asked, by=signer, seen=asked.digest)
    assert not reconciling.standing(MARCH).holds


def test_nobody_signs_a_month_that_goes_on_or_of_which_nothing_is_known(march, clerk):
    with time_machine.travel("2026-03-31 23:00+09:00", tick=False), pytest.raises(NotSigned, match="끝나지 않은"):
        reconciling.ask_to_sign(MARCH, by=clerk, reason="대사")
    with pytest.raises(NotSigned, match="먼저 올려"):
        reconciling.ask_to_sign(date(2026, 2, 1), by=clerk, reason="대사")


def test_the_file_says_the_differences(march):
    table = reconciling.table(MARCH, reconciling.compare(MARCH))
    assert [(row.label, row.cells[4]) for row in table.rows][:3] == [("지-2", -1), ("지-3", 5_000), ("지-4", -100_000)]
