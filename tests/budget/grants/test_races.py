"""Many at once: the call's last won, the second click, the deadline. Each control removes the guard."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from budget.grants import applying, deciding, filing, paying
from budget.grants.applying import NotNow
from budget.models import Entry, GrantApplication, GrantCall, GrantPayment, Stage
from lifecycle import approval
from lifecycle.locks import Refused
from tests.budget.grants.granting import asked, draft, pdf, rate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_decisions(sent, call, reviewer, clerk):
    """3,000,000 won, and two requests for 2,000,000 each."""
    found = [sent(won=2_000_000), sent("온누리중학교", won=2_000_000)]
    for one in found:
        rate(one, reviewer, 1, 1)
    return [asked(call, clerk, (one, 2_000_000)) for one in found]


def approve(request, head):
    return lambda: approval.approve(request, by=head, seen=request.digest)


def test_of_two_decisions_about_the_last_money_one_is_carried_out(two_decisions, call, head, at_once):
    ends = at_once(*[approve(one, head) for one in two_decisions])
    assert sum(isinstance(end, Refused) for end in ends) == 1
    assert deciding.granted(call) == 2_000_000


def test_control_without_the_call_s_lock_more_is_granted_than_there_is(
    two_decisions, call, head, at_once, meeting_point, monkeypatch
):
    monkeypatch.setattr(deciding, "lock", lambda rows, key: rows.get(pk=key))
    meeting_point(deciding, "left")
    at_once(*[approve(one, head) for one in two_decisions])
    assert deciding.granted(call) == 4_000_000


def half(granted):
    return paying.ask(granted, 500_000, remark="강사비", by=granted.written_by)


def pay(payment, clerk):
    return lambda: paying.pay(payment, effective_on=timezone.localdate(), document_no="지급-1", by=clerk)


def test_a_double_click_pays_once(granted, clerk, at_once):
    payment = half(granted)
    ends = at_once(pay(payment, clerk), pay(payment, clerk), pay(payment, clerk))
    assert sum(isinstance(end, GrantPayment) for end in ends) == 1
    assert Entry.objects.filter(stage=Stage.PAYMENT).count() == 1


def test_control_without_lock_and_state_a_double_click_pays_twice(granted, clerk, at_once, meeting_point, monkeypatch):
    payment = half(granted)

    @contextmanager
    def unheld(application):
        with transaction.atomic():
            yield GrantApplication.objects.for_page().get(pk=application.pk)

    def careless(self, to, *, by, reason="", **fields):
        GrantPayment.objects.filter(pk=self.pk).update(state=to, **fields)

    monkeypatch.setattr(paying, "held", unheld)
    monkeypatch.setattr(paying, "lock", lambda rows, key: rows.get(pk=key))
    monkeypatch.setattr(GrantPayment, "move", careless)
    meeting_point(paying, "_waits")
    at_once(pay(payment, clerk), pay(payment, clerk))
    assert Entry.objects.filter(stage=Stage.PAYMENT).count() == 2


@pytest.fixture
def complete(call, make_school):
    school, user = make_school()
    found = applying.start(call, school, by=user)
    filing.receive(found, paper=call.papers.get(), name="a.pdf", data=pdf(), by=user)
    return found


def close(call):
    """Staff move the deadline into the past, under the call's row as the admin does."""

    def act():
        with transaction.atomic():
            row = applying.lock(GrantCall.objects.all(), call.pk)
            row.closes_at = timezone.now() - timedelta(seconds=1)
            row.save(update_fields=["closes_at"])
        return timezone.now()

    return act


def test_nothing_is_sent_once_the_deadline_is_drawn_in(complete, call, at_once):
    end, _closed = at_once(lambda: applying.submit(complete, draft(complete), by=complete.written_by), close(call))
    complete.refresh_from_db()
    call.refresh_from_db()
    if isinstance(end, NotNow):
        assert complete.number is None
    else:
        assert complete.submitted_at <= call.closes_at + timedelta(seconds=1)


def test_control_without_the_lock_it_is_sent_after_the_deadline_was_drawn_in(complete, call, at_once, monkeypatch):
    looked, closed = threading.Event(), threading.Event()

    @contextmanager
    def unheld(application):
        with transaction.atomic():
            yield GrantApplication.objects.for_page().get(pk=application.pk)

    def slow(found, draft):
        looked.set()  # past the look at the clock
        closed.wait(5)
        return []

    def later():
        looked.wait(5)
        close(call)()
        closed.set()

    monkeypatch.setattr(applying, "held", unheld)
    monkeypatch.setattr(applying, "_missing", slow)
    at_once(lambda: applying.submit(complete, draft(complete), by=complete.written_by), later)
    complete.refresh_from_db()
    call.refresh_from_db()
    assert closed.is_set()
    assert complete.state == GrantApplication.State.SUBMITTED
    assert call.closes_at < timezone.now()


def test_two_colleagues_begin_one_application(call, make_school, at_once):
    school, user = make_school()
    ends = at_once(*[lambda: applying.start(call, school, by=user) for _ in range(4)])
    assert {end.pk for end in ends} == {GrantApplication.objects.get().pk}
