"""Decision, payment, settlement and return: every won in the ledger, every step said."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from budget import balance, ledger
from budget.grants import applying, deciding, paying, register, settling
from budget.grants.applying import NotNow
from budget.ledger import NotEnough, NotPosted
from budget.models import Entry, GrantApplication, Stage
from lifecycle import approval
from lifecycle.approval import NotApproved
from lifecycle.models import Approval
from notices.models import Notice
from tests.budget.grants.granting import asked, paid, rate, reported

pytestmark = pytest.mark.django_db
State = GrantApplication.State


def test_a_decision_binds_the_money_and_tells_everybody(sent, call, reviewer, clerk, head):
    first, second = sent(), sent("온누리중학교")
    rate(first, reviewer, 40, 60)
    rate(second, reviewer, 10, 10)
    request = asked(call, clerk, (first, 1_500_000), (second, 0))
    assert "1위" in str(request.contents)
    with pytest.raises(NotApproved, match="스스로"):
        approval.approve(request, by=clerk, seen=request.digest)
    approval.approve(request, by=head, seen=request.digest)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.granted_won, first.commitment.amount_won) == (State.GRANTED, 1_500_000, 1_500_000)
    assert (second.state, second.commitment, second.decided_because) == (State.REJECTED, None, "순위 밖")
    assert balance.of(call.line_id).committed == 1_500_000
    assert Notice.objects.filter(recipient=first.written_by, body__contains="1,500,000원의 교부가 결정").exists()
    assert Notice.objects.filter(recipient=second.written_by, body__contains="순위 밖").exists()


def test_nothing_is_decided_before_the_readers_are_done_or_beyond_the_call(sent, call, reviewer, clerk):
    first, second = sent(won=2_000_000), sent("온누리중학교", won=2_000_000)
    with pytest.raises(NotNow, match="심사가 모두"):
        asked(call, clerk, (first, 1))
    for one in (first, second):
        rate(one, reviewer, 1, 1)
    with pytest.raises(NotNow, match="남은 금액은 3,000,000원"):
        asked(call, clerk, (first, 2_000_000), (second, 1_000_001))
    with pytest.raises(NotNow, match="한도"):
        asked(call, clerk, (first, 2_000_001))


def test_a_score_changed_after_the_request_voids_it(sent, call, reviewer, clerk, head):
    found = sent()
    rate(found, reviewer, 40, 60)
    request = asked(call, clerk, (found, 1_000_000))
    rate(found, reviewer, 1, 1)
    with pytest.raises(NotApproved, match="무효"):
        approval.approve(request, by=head, seen=request.digest)
    found.refresh_from_db()
    assert found.state == State.SUBMITTED
    assert not Entry.objects.filter(stage=Stage.COMMITMENT).exists()


def test_when_the_line_is_spent_nothing_is_granted_to_anybody(sent, call, reviewer, clerk, head, put):
    first, second = sent(), sent("온누리중학교")
    for one in (first, second):
        rate(one, reviewer, 1, 1)
    request = asked(call, clerk, (first, 1_500_000), (second, 1_500_000))
    put(call.line, Stage.COMMITMENT, 8_000_000)
    with pytest.raises(NotEnough):
        approval.approve(request, by=head, seen=request.digest)
    assert set(GrantApplication.objects.values_list("state", flat=True)) == {State.SUBMITTED}
    assert Approval.objects.get(pk=request.pk).state == Approval.State.PENDING


def test_a_late_correction_can_only_be_refused(sent, call, reviewer, clerk, head):
    found = sent()
    until = timezone.now() + timedelta(days=1)
    applying.ask_correction(found, what="고쳐 주세요.", until=until, by=clerk)
    other = sent("온누리중학교")
    rate(other, reviewer, 1, 1)
    call.reviewers.get().readings.create(application=found)
    with pytest.raises(NotNow, match="결정할 수 있는 신청이 아닙니다"):
        asked(call, clerk, (found, 0))
    with time_machine.travel(until, tick=False):
        request = asked(call, clerk, (found, 0))
        approval.approve(request, by=head, seen=request.digest)
    found.refresh_from_db()
    assert found.state == State.REJECTED


def test_parts_are_paid_out_of_the_commitment_and_no_more(granted, clerk):
    paid(granted, clerk, 700_000)
    with pytest.raises(NotNow, match="500,000원까지"):
        paying.ask(granted, 500_001, remark="나머지", by=granted.written_by)
    payment = paying.ask(granted, 500_000, remark="나머지", by=granted.written_by)
    with pytest.raises(NotNow, match="처리되고"):
        paying.ask(granted, 1, remark="또", by=granted.written_by)
    paying.pay(payment, effective_on=timezone.localdate(), document_no="지급-2", by=clerk)
    with pytest.raises(NotNow, match="이미 처리된"):
        paying.pay(payment, effective_on=timezone.localdate(), document_no="지급-2", by=clerk)
    assert granted.paid_won == 1_200_000
    assert balance.of(granted.call.line_id).paid == 1_200_000


def test_a_declined_request_says_why_and_another_may_follow(granted, clerk):
    payment = paying.ask(granted, 1_000, remark="연필", by=granted.written_by)
    paying.decline(payment, reason="사업과 관계없습니다.", by=clerk)
    assert Notice.objects.filter(body__contains="사업과 관계없습니다").exists()
    again = paying.ask(granted, 1_000, remark="강사비", by=granted.written_by)
    paying.take_back(again, by=granted.written_by)
    assert paying.take_back(again, by=granted.written_by).state == "withdrawn"
    assert granted.paid_won == 0


def test_what_is_left_comes_back_and_the_interest_stands_beside_it(granted, clerk):
    paid(granted, clerk)
    found = reported(granted, 1_000_000, interest=123)
    settling.accept(found, by=clerk)
    found.refresh_from_db()
    assert (found.state, settling.to_return(found)) == (State.RETURNING, 200_000)
    day = timezone.localdate()
    with pytest.raises(NotNow, match="이자"):
        settling.take_return(found, effective_on=day, document_no="반납-1", by=clerk)
    settling.take_return(found, effective_on=day, document_no="반납-1", by=clerk, interest_no="세외-9")
    found.refresh_from_db()
    assert (found.state, found.returned_won, found.report.interest_no) == (State.SETTLED, 200_000, "세외-9")
    left = balance.of(found.call.line_id)
    assert (left.paid, left.committed, left.unpaid) == (1_000_000, 1_000_000, 0)  # interest is nowhere in it
    with pytest.raises(NotNow, match="정산 완료"):
        settling.take_return(found, effective_on=day, document_no="반납-2", by=clerk)


def test_several_payments_are_given_back_newest_first(granted, clerk):
    paid(granted, clerk, 1_100_000)
    paid(granted, clerk, 100_000)
    found = reported(granted, 1_050_000)
    settling.accept(found, by=clerk)
    settling.take_return(
        GrantApplication.objects.get(pk=found.pk), effective_on=timezone.localdate(), document_no="반납", by=clerk
    )
    back = Entry.objects.filter(stage=Stage.RETURN).order_by("pk").values_list("amount_won", flat=True)
    assert list(back) == [100_000, 50_000]


def test_a_report_without_rest_is_settled_at_once(granted, clerk):
    paid(granted, clerk)
    found = settling.accept(reported(granted, 1_200_000), by=clerk)
    assert found.state == State.SETTLED
    assert not Entry.objects.filter(stage=Stage.RETURN).exists()


def test_a_report_needs_all_payments_evidence_and_no_more_than_was_paid(granted, clerk):
    user, line = granted.written_by, granted.lines.get()
    words = {"done": "했습니다.", "interest_won": 0, "by": user}
    paid(granted, clerk, 1_000_000)
    with pytest.raises(NotNow, match="모두 지급받은"):
        settling.report(granted, {line.pk: 1}, **words)
    paid(granted, clerk, 200_000)
    with pytest.raises(NotNow, match="넘습니다"):
        settling.report(granted, {line.pk: 1_200_001}, **words)
    with pytest.raises(NotNow, match="증명하는 파일"):
        settling.report(granted, {line.pk: 1_200_000}, **words)
    with pytest.raises(NotNow, match="모든 항목"):
        settling.report(granted, {}, **words)


def test_a_report_sent_back_can_be_mended(granted, clerk):
    paid(granted, clerk)
    found = settling.ask_again(reported(granted, 1_200_000), what="영수증이 흐립니다.", by=clerk)
    assert found.state == State.REWORK
    assert reported(found, 1_199_999).state == State.REPORTED
    assert settling.to_return(GrantApplication.objects.get(pk=found.pk)) == 1


def test_cancelling_frees_the_money_unless_something_was_paid(granted, clerk, call):
    deciding.cancel(granted, by=clerk, reason="학교가 포기함")
    assert balance.of(call.line_id).committed == 0
    assert deciding.left(call) == call.budget_won
    assert Notice.objects.filter(body__contains="교부가 취소되었습니다").exists()


def test_what_was_paid_cannot_be_cancelled(granted, clerk):
    paid(granted, clerk, 1)
    with pytest.raises(NotNow, match="정산과 반납"):
        deciding.cancel(granted, by=clerk, reason="변심")


def test_the_public_list_reads_the_ledger(granted, clerk):
    payment = paid(granted, clerk)
    (row,) = register.granted().rows
    assert row.label == "새빛중학교"
    assert row.cells[3:6] == (1_200_000, 1_200_000, 0)
    ledger.reverse(payment.entry, reason="잘못 지급", by=clerk)
    (row,) = register.granted(granted.call.line.year.year).rows
    assert row.cells[3:6] == (1_200_000, 0, 0)
    assert not register.granted(1999)


def test_the_ledger_refuses_a_payment_dated_in_another_year(granted, clerk):
    payment = paying.ask(granted, 1_000, remark="강사비", by=granted.written_by)
    before = timezone.localdate().replace(year=2025)
    with pytest.raises(NotPosted, match="안의 날짜"):
        paying.pay(payment, effective_on=before, document_no="", by=clerk)
    payment.refresh_from_db()
    assert payment.state == "asked"
