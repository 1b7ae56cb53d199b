"""Random ledgers: whatever officials do in whatever order, the identities of the tables and balances hold."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budget import balance, doctor, ledger, moves
from budget.ledger import NotPosted, Posting
from budget.models import Account, Carry, Entry, FiscalYear, Line, Source, Stage
from budget.sums import Known, sums
from budget.tables import EXECUTION, execution, monthly, plan_table
from tables.values import Ratio, Unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
LAST = date(2026, 11, 24)
won = st.integers(1, 500_000)
day = st.integers(0, (LAST - date(2026, 1, 1)).days).map(lambda days: date(2026, 1, 1) + timedelta(days))
spot = st.integers(0, 3)
acts = st.one_of(
    st.tuples(st.just("need"), spot, won, day),
    st.tuples(st.just("budget"), spot, won, day),
    st.tuples(st.just("revision"), spot, st.integers(-200_000, 200_000).filter(bool), day),
    st.tuples(st.just("allotment"), spot, won, day),
    st.tuples(st.just("commitment"), spot, won, day),
    st.tuples(st.just("pay"), spot, won, day),
    st.tuples(st.just("give_back"), spot, won, day),
    st.tuples(st.just("reverse"), st.integers(0, 20), won, day),
    st.tuples(st.just("shift"), spot, won, day),
    st.tuples(st.just("carry"), spot, won, day),
    st.tuples(st.just("accident"), spot, won, day),
)


@pytest.fixture
def lines(detail):
    year = FiscalYear.objects.create(year=2026)
    accounts = [Account.objects.create(code=f"201-0{number}", name="과목") for number in (1, 2)]
    return [
        Line.objects.create(project=detail, year=year, account=account, source=source)
        for account in accounts
        for source in (Source.CITY, Source.DISTRICT)
    ]


def act(what, number, amount, when, lines, by):
    """One step; a refusal is an answer like any other."""
    line = lines[number % len(lines)]
    entries = list(Entry.objects.filter(line__in=lines).order_by("pk"))
    of = [entry for entry in entries if entry.line_id == line.pk]
    try:
        if what in Stage.values:
            ledger.post(Posting(line, Stage(what), amount, when, "기록"), by=by)
        elif what == "pay" and (bound := [one for one in of if one.stage == Stage.COMMITMENT and one.amount_won > 0]):
            ledger.pay(bound[amount % len(bound)], amount, effective_on=when, reason="대금", by=by)
        elif what == "give_back" and (paid := [one for one in of if one.stage == Stage.PAYMENT and one.amount_won > 0]):
            ledger.give_back(paid[amount % len(paid)], amount, effective_on=when, reason="반납", by=by)
        elif what == "reverse" and entries:
            ledger.reverse(entries[number % len(entries)], reason="취소", by=by)
        elif what == "shift":
            moves.shift(line, lines[(number + 2) % len(lines)], amount, effective_on=when, reason="전용", by=by)
        elif what == "carry":
            moves.carry(line, amount, Carry.EXPRESS, effective_on=when, reason="이월", by=by)
        elif what == "accident" and (
            bound := [one for one in of if one.stage == Stage.COMMITMENT and one.amount_won > 0]
        ):
            moves.carry(line, amount, Carry.ACCIDENT, effective_on=when, reason="이월", by=by, commitment=bound[0])
    except NotPosted:
        return


def check(lines):
    assert doctor.check() == []
    everything = Known(date(2030, 1, 1))
    for line in Line.objects.all():
        found = balance.of(line.pk)
        assert found.left >= 0
        assert 0 <= found.paid <= found.committed
        assert found.current == found.paid + found.carried_out + found.lapsed + found.to_lapse
    # what the partial sums say is what the entries say, as of any day
    for known in (everything, Known(LAST), Known(date(2026, 6, 30)), Known(date(2026, 1, 1))):
        by = ["line", "month", "stage"]
        assert sums(known, by) == sums(Known(known.day, 10**15), by)
    table = plan_table(Known(LAST), range(2022, 2027))
    for row in table.rows:
        funds, spent = row.cells[2::2], row.cells[3::2]
        assert row.cells[0] == sum(cell or 0 for cell in funds)
        assert row.cells[1] == sum(cell or 0 for cell in spent)
    for column in zip(*(row.cells for row in table.rows), strict=True):
        assert column[0] == sum(cell or 0 for cell in column[1:])
    parts = execution(everything, 2026, "source", {one.value: one.label for one in Source}, head="재원", unit=Unit.WON)
    if parts:
        total, *rest = parts.rows
        for place, column in enumerate(EXECUTION[:4]):
            assert (total.cells[place] or 0) == sum(row.cells[place] or 0 for row in rest), column.label
        known_at_all = (total.cells[0], total.cells[2]) != (None, None)
        assert total.cells[4] == (Ratio(total.cells[2] or 0, total.cells[0] or 0) if known_at_all else None)
    months = monthly(everything, 2026)
    assert months.rows[0].cells[1] == sum(row.cells[1] or 0 for row in months.rows[1:])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(acts, min_size=5, max_size=20))
def test_every_identity_holds_whatever_is_posted(lines, clerk, steps):

    with transaction.atomic():
        for step in steps:
            act(*step, lines, clerk)
        check(lines)
        transaction.set_rollback(True)


def test_control_the_doctor_sees_a_sum_that_drifted(lines, clerk):

    act("budget", 0, 100, LAST, lines, clerk)
    assert doctor.check() == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_monthsum SET amount_won = amount_won + 1")
    (finding,) = doctor.check()
    assert "월별 합계" in finding


def test_control_the_doctor_sees_an_overdrawn_line_and_a_lonely_leg(lines, clerk):
    line = lines[0]
    common = {"line": line, "effective_on": LAST, "reason": "몰래", "recorded_by": clerk}
    Entry.objects.create(stage=Stage.COMMITMENT, amount_won=5, **common)
    Entry.objects.create(stage=Stage.SHIFT_IN, amount_won=3, pair="00000000-0000-0000-0000-000000000001", **common)
    found = doctor.check()
    assert any("승인 없이 2원" in finding for finding in found)
    assert any("두 쪽의 금액" in finding for finding in found)
