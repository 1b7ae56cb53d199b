"""Go or no-go: staff are asked once when the time has come, and decide; nothing is called off by itself."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lifecycle.locks import Refused
from notices.models import Notice
from programs import cancelling, deciding
from programs.models import Run
from tests.programs import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(make_program, make_run) -> Run:
    return make_run(make_program(), capacity=20, min_participants=2, decide_at="2026-12-10 18:00")


@pytest.fixture
def clerk(db):
    clerk = people.staff()
    clerk.groups.add(Group.objects.get_or_create(name="프로그램 담당")[0])
    return clerk


def test_the_time_comes_and_goes(run, today):
    assert deciding.undecided(timezone.now()).get() == run
    for moment, number in (
        ("2026-12-10 17:59:59+09:00", 0),
        ("2026-12-10 18:00+09:00", 1),
        ("2026-12-12 09:59:59+09:00", 1),
        ("2026-12-12 10:00+09:00", 0),
    ):
        today.move_to(moment)
        assert deciding.due(timezone.now()).count() == number


def test_staff_are_asked_once(run, clerk, today):
    people.staff()  # programmes are not this one's work
    assert deciding.sweep() == 0
    today.move_to("2026-12-10 18:00+09:00")
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    people.apply(run, mother, people.child(mother, "김바다"), state="waiting")

    assert [deciding.sweep(), deciding.sweep()] == [1, 0]

    said = Notice.objects.get()
    assert said.recipient == clerk
    assert "별 관찰 교실 1회" in said.body and "1명(최소 2명)" in said.body and "/admin/" in said.body
    assert run.state == "planned"


def test_confirming_tells_who_has_a_place(run, clerk):
    mother, waits = people.parent(), people.parent("이대기")
    people.apply(run, mother, people.child(mother))
    people.apply(run, mother, people.child(mother, "김바다"))
    people.apply(run, waits, people.child(waits), state="waiting")

    deciding.confirm(run.pk, by=clerk)

    run.refresh_from_db()
    assert run.state == "confirmed"
    said = Notice.objects.get(kind="programs.run_confirmed")
    assert said.recipient == mother and "김하늘·김바다" in said.body
    with pytest.raises(Refused, match="이미 ‘개설 확정’"):
        deciding.confirm(run.pk, by=clerk)


def test_below_the_minimum_a_reason_is_needed(run, clerk):
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    with pytest.raises(Refused, match="1명으로 최소 인원 2명보다 적습니다"):
        deciding.confirm(run.pk, by=clerk)
    deciding.confirm(run.pk, by=clerk, reason="소규모로 진행")
    assert run.trail().get().reason == "소규모로 진행"


def test_what_is_decided_is_not_asked_again(run, clerk, today):
    cancelling.cancel_run(run.pk, by=clerk, reason="최소 인원 미달")
    today.move_to("2026-12-10 18:00+09:00")
    assert deciding.sweep() == 0


def test_the_places_of_many_runs_cost_one_query(make_program, make_run):
    program = make_program()
    for n in range(5):
        run = make_run(program, f"{n}회", min_participants=2, decide_at="2026-12-10 18:00")
        by = people.parent()
        people.apply(run, by, people.child(by))
    with CaptureQueriesContext(connection) as queries:
        rows = list(deciding.with_taken(deciding.undecided(timezone.now()), timezone.now()))
    assert len(queries) == 1
    assert [row.taken for row in rows] == [1] * 5


@pytest.mark.django_db(transaction=True)
def test_confirmed_or_called_off_never_both(make_program, make_run, at_once):
    run, clerk = make_run(make_program(), min_participants=1, decide_at="2026-12-10 18:00"), people.staff()
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    done = at_once(
        lambda: deciding.confirm(run.pk, by=clerk), lambda: cancelling.cancel_run(run.pk, by=clerk, reason="미달")
    )
    run.refresh_from_db()
    kinds = list(Notice.objects.order_by("pk").values_list("kind", flat=True))
    # confirmed first, then called off, is allowed and told in this order; the other way round is refused
    assert run.state == "cancelled"
    assert kinds in (["programs.run_cancelled"], ["programs.run_confirmed", "programs.run_cancelled"])
    assert len(kinds) == 1 + sum(isinstance(one, Run) for one in done[:1])
