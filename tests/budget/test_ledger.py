"""What the ledger lets through, what it refuses, and that it never forgets."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from budget import balance, ledger, moves
from budget.ledger import NotEnough, NotPosted, Posting
from budget.models import Carry, Entry, FiscalYear, MonthSum, Source, Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
DAY = date(2026, 3, 2)


def pay(commitment, won, clerk, day=DAY):
    return ledger.pay(commitment, won, effective_on=day, reason="대금", by=clerk)


def test_the_balance_follows_every_stage(funded, put, clerk):
    put(funded, Stage.REVISION, 200_000)
    put(funded, Stage.REVISION, -50_000)
    put(funded, Stage.ALLOTMENT, 900_000)
    commitment = put(funded, Stage.COMMITMENT, 300_000)
    payment = pay(commitment, 250_000, clerk)
    ledger.give_back(payment, 20_000, effective_on=DAY, reason="정산 반납", by=clerk)

    found = balance.of(funded.pk)
    assert (found.current, found.allotted, found.committed, found.paid) == (1_150_000, 900_000, 280_000, 230_000)
    assert (found.left, found.unpaid, found.unspent) == (620_000, 50_000, 920_000)


def test_the_last_won_can_be_bound_and_not_one_more(funded, put):
    put(funded, Stage.COMMITMENT, 999_999)
    with pytest.raises(NotEnough, match="남은 금액은 1원") as refused:
        put(funded, Stage.COMMITMENT, 2)
    assert refused.value.left == 1
    put(funded, Stage.COMMITMENT, 1)
    with pytest.raises(NotEnough, match="남은 금액은 0원"):
        put(funded, Stage.COMMITMENT, 1)
    assert Entry.objects.filter(stage=Stage.COMMITMENT).count() == 2


def test_the_allotment_caps_what_can_be_bound_and_is_capped_itself(funded, put):
    with pytest.raises(NotPosted, match="예산현액"):
        put(funded, Stage.ALLOTMENT, 1_000_001)
    put(funded, Stage.ALLOTMENT, 400_000)
    with pytest.raises(NotEnough, match="배정 400,000원"):
        put(funded, Stage.COMMITMENT, 400_001)
    put(funded, Stage.COMMITMENT, 400_000)


def test_a_reduction_cannot_take_what_is_bound(funded, put):
    put(funded, Stage.COMMITMENT, 700_000)
    with pytest.raises(NotEnough):
        put(funded, Stage.REVISION, -300_001)
    put(funded, Stage.REVISION, -300_000)


def test_nobody_pays_more_than_the_commitment_or_gets_back_more_than_was_paid(funded, put, clerk):
    commitment = put(funded, Stage.COMMITMENT, 300_000)
    payment = pay(commitment, 200_000, clerk)
    with pytest.raises(NotPosted, match="100,000원"):
        pay(commitment, 100_001, clerk)
    with pytest.raises(NotPosted, match="200,000원"):
        ledger.give_back(payment, 200_001, effective_on=DAY, reason="반납", by=clerk)
    pay(commitment, 100_000, clerk)
    assert ledger.unsettled(commitment) == 0


def test_a_small_thing_is_committed_and_paid_in_one_go(funded, clerk):
    payment = ledger.spend(Posting(funded, Stage.PAYMENT, 30_000, DAY, "다과"), by=clerk)
    assert payment.settles.stage == Stage.COMMITMENT
    found = balance.of(funded.pk)
    assert (found.committed, found.paid, found.left) == (30_000, 30_000, 970_000)
    ledger.reverse(payment, reason="잘못 적음", by=clerk)
    found = balance.of(funded.pk)
    assert (found.committed, found.paid, found.left) == (0, 0, 1_000_000)


def test_a_reversal_mirrors_the_entry_once_and_only_once(funded, put, clerk):
    commitment = put(funded, Stage.COMMITMENT, 300_000)
    (mirror,) = ledger.reverse(commitment, reason="계약 해지", by=clerk)
    assert (mirror.amount_won, mirror.effective_on, mirror.reverses) == (-300_000, commitment.effective_on, commitment)
    assert balance.of(funded.pk).left == 1_000_000
    for one in (commitment, mirror):
        with pytest.raises(NotPosted, match="이미 취소"):
            ledger.reverse(one, reason="다시", by=clerk)
    with pytest.raises(NotPosted, match="0원"):
        pay(commitment, 1, clerk)


def test_what_something_was_built_on_is_not_reversed_before_it(funded, put, clerk):
    commitment = put(funded, Stage.COMMITMENT, 300_000)
    payment = pay(commitment, 100_000, clerk)
    with pytest.raises(NotPosted, match="그 기록부터"):
        ledger.reverse(commitment, reason="해지", by=clerk)
    ledger.reverse(payment, reason="이중 지급", by=clerk)
    ledger.reverse(commitment, reason="해지", by=clerk)
    assert balance.of(funded.pk).left == 1_000_000


def test_money_that_is_bound_is_not_reversed_away(funded, put, clerk):
    put(funded, Stage.COMMITMENT, 1_000_000)
    granted = Entry.objects.get(stage=Stage.BUDGET)
    with pytest.raises(NotEnough):
        ledger.reverse(granted, reason="잘못 편성", by=clerk)


def test_a_correction_is_a_reversal_and_a_new_entry_or_nothing(funded, put, clerk):
    wrong = put(funded, Stage.COMMITMENT, 100_000)
    right = Posting(funded, Stage.COMMITMENT, 110_000, DAY, "바른 금액")
    ledger.correct(wrong, right, reason="오기", by=clerk)
    assert [one.amount_won for one in Entry.objects.filter(stage=Stage.COMMITMENT)] == [100_000, -100_000, 110_000]
    again = Entry.objects.get(amount_won=110_000)
    with pytest.raises(NotEnough):
        ledger.correct(again, Posting(funded, Stage.COMMITMENT, 2_000_000, DAY, "큰 금액"), reason="오기", by=clerk)
    assert Entry.objects.filter(stage=Stage.COMMITMENT).count() == 3


def test_the_two_legs_of_a_shift_balance_and_stay_in_the_source(funded, make_line, clerk):
    other = make_line(account="201-01")
    out, into = moves.shift(funded, other, 250_000, effective_on=DAY, reason="전용", by=clerk)
    assert (out.stage, into.stage, out.pair) == (Stage.SHIFT_OUT, Stage.SHIFT_IN, into.pair)
    assert (balance.of(funded.pk).current, balance.of(other.pk).current) == (750_000, 250_000)
    assert moves.unbalanced() == []
    with pytest.raises(NotEnough):
        moves.shift(funded, other, 750_001, effective_on=DAY, reason="전용", by=clerk)
    with pytest.raises(NotPosted, match="재원"):
        city = make_line(account="201-02", source=Source.CITY)
        moves.shift(funded, city, 1, effective_on=DAY, reason="전용", by=clerk)
    ledger.reverse(into, reason="잘못 보냄", by=clerk)  # whichever leg is named, both go
    assert (balance.of(funded.pk).current, balance.of(other.pk).current) == (1_000_000, 0)
    assert moves.unbalanced() == []


def test_between_two_policies_it_is_a_transfer(funded, make_line, clerk, detail):
    policy = detail._meta.model.objects.create(level=1, name="다른 정책")
    unit = detail._meta.model.objects.create(level=2, name="다른 단위", parent=policy)
    far = detail._meta.model.objects.create(level=3, name="다른 사업", parent=unit)
    out, into = moves.shift(funded, make_line(project=far), 1_000, effective_on=DAY, reason="이용", by=clerk)
    assert (out.stage, into.stage) == (Stage.TRANSFER_OUT, Stage.TRANSFER_IN)


def test_what_is_carried_over_arrives_in_the_next_year(funded, put, clerk):
    put(funded, Stage.COMMITMENT, 600_000)
    last = date(2026, 11, 20)
    with pytest.raises(NotEnough):
        moves.carry(funded, 400_001, Carry.EXPRESS, effective_on=last, reason="이월", by=clerk)
    _, into = moves.carry(funded, 400_000, Carry.EXPRESS, effective_on=last, reason="이월", by=clerk)
    assert into.line.year.year == 2027
    assert into.effective_on == date(2027, 1, 1)
    assert balance.of(into.line_id).left == 400_000
    found = balance.of(funded.pk)
    assert (found.left, found.to_lapse) == (0, 600_000)
    assert moves.unbalanced() == []


def test_an_unpaid_commitment_is_carried_with_its_money(funded, put, clerk):
    commitment = put(funded, Stage.COMMITMENT, 600_000)
    pay(commitment, 100_000, clerk)
    last = date(2026, 11, 20)
    with pytest.raises(NotPosted, match="원인행위를 골라"):
        moves.carry(funded, 1, Carry.ACCIDENT, effective_on=last, reason="이월", by=clerk)
    with pytest.raises(NotPosted, match="500,000원"):
        moves.carry(funded, 500_001, Carry.ACCIDENT, effective_on=last, reason="이월", by=clerk, commitment=commitment)
    _, into = moves.carry(
        funded, 500_000, Carry.ACCIDENT, effective_on=last, reason="공사 지연", by=clerk, commitment=commitment
    )
    here, there = balance.of(funded.pk), balance.of(into.line_id)
    assert (here.unpaid, here.left, here.to_lapse) == (0, 400_000, 400_000)
    assert (there.current, there.committed, there.left, there.unpaid) == (500_000, 500_000, 0, 500_000)
    ledger.reverse(into, reason="이월 취소", by=clerk)
    assert balance.of(funded.pk).unpaid == 500_000
    assert balance.of(into.line_id) == balance.Balance()


@pytest.mark.parametrize(
    ("stage", "day", "sentence"),
    [
        (Stage.COMMITMENT, date(2026, 11, 25), "앞날"),
        (Stage.COMMITMENT, date(2025, 12, 31), "2026년 안"),
        (Stage.REVISION, date(2027, 1, 1), "2026년 안"),
    ],
)
def test_days_that_cannot_be(funded, put, stage, day, sentence):
    with pytest.raises(NotPosted, match=sentence):
        put(funded, stage, 1, day)


def test_today_and_the_first_and_last_day_of_the_year_can_be(funded, put):
    put(funded, Stage.COMMITMENT, 1, date(2026, 11, 24))
    put(funded, Stage.COMMITMENT, 1, date(2026, 1, 1))
    put(funded, Stage.REVISION, 1, date(2026, 12, 31))
    put(funded, Stage.BUDGET, 1, date(2025, 12, 20))  # decided by the council before the year


@pytest.mark.parametrize(("won", "stage"), [(0, Stage.BUDGET), (-1, Stage.COMMITMENT), (-1, Stage.BUDGET)])
def test_no_amount_and_minus_are_refused(line, put, won, stage):
    with pytest.raises(NotPosted):
        put(line, stage, won)


def test_the_database_refuses_what_no_use_case_writes(funded):
    entry = Entry.objects.get()
    for change in (
        lambda: Entry.objects.update(amount_won=1),
        entry.delete,
        lambda: Entry.objects.create(line=funded, stage=Stage.COMMITMENT, amount_won=-5, effective_on=DAY, reason="x"),
        lambda: Entry.objects.create(line=funded, stage=Stage.SHIFT_IN, amount_won=5, effective_on=DAY, reason="x"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert Entry.objects.get().amount_won == 1_000_000


def test_partial_sums_agree_with_the_entries(funded, put, clerk):
    commitment = put(funded, Stage.COMMITMENT, 300_000)
    pay(commitment, 100_000, clerk, date(2026, 4, 1))
    ledger.reverse(put(funded, Stage.COMMITMENT, 7), reason="오기", by=clerk)
    sums = {(one.stage, one.effective_month): (one.amount_won, one.entries) for one in MonthSum.objects.all()}
    assert sums == {
        ("budget", date(2026, 3, 1)): (1_000_000, 1),
        ("commitment", date(2026, 3, 1)): (300_000, 3),
        ("payment", date(2026, 4, 1)): (100_000, 1),
    }
    assert {one.recorded_month for one in MonthSum.objects.all()} == {date(2026, 11, 1)}


def test_a_recorded_day_is_the_korean_one(funded, put, today):
    today.move_to("2026-11-30 15:00+00:00")  # midnight in Seoul
    assert put(funded, Stage.COMMITMENT, 1).recorded_on == date(2026, 12, 1)
    today.move_to("2026-11-30 14:59:59+00:00")
    assert put(funded, Stage.COMMITMENT, 1).recorded_on == date(2026, 11, 30)


def test_a_closed_year_takes_nothing(funded, put, clerk):
    FiscalYear.objects.update(state=FiscalYear.State.CLOSED)
    with pytest.raises(NotPosted, match="마감되었습니다"):
        put(funded, Stage.COMMITMENT, 1)
    with pytest.raises(NotPosted, match="마감되었습니다"):
        ledger.reverse(Entry.objects.get(), reason="취소", by=clerk)
