"""The list, the page and ``rules.places`` say the same of a run's places."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from programs import rules
from programs.finding import Wish, find
from programs.models import Application, Group, Run, RunOffer, Status
from programs.shown import shown

State = Application.State


@pytest.fixture
def apply(db):
    """Put an application of so many places into a run as it stands, by no use case: only its counting is looked at."""
    by = User.objects.create_user("somebody@example.com", name="한별")
    numbers = iter(range(1, 1000))

    def make(run: Run, state: str, places: int = 1, group: Group | None = None) -> Application:
        now = timezone.now()
        return Application.objects.create(
            run=run,
            number=next(numbers),
            applicant=by,
            state=state,
            places=places,
            group=group,
            waiting_since=now if state == State.WAITING else None,
            confirmed_at=now if state == State.CONFIRMED else None,
        )

    return make


def said(run: Run) -> set[Status]:
    """What everybody says of it; one word when they agree."""
    now = timezone.now()
    return {
        find(Wish()).programs[0].status,
        shown(run.program, AnonymousUser()).status,
        run.status_at(now, rules.places([run], now)[run.pk]),
    }


@pytest.mark.parametrize(
    ("fields", "there", "status"),
    [
        ({"capacity": 2}, [(State.CONFIRMED, 1)], Status.OPEN),
        ({"capacity": 2}, [(State.CONFIRMED, 1), (State.ACCEPTED, 1)], Status.WAITING),
        ({"capacity": 2}, [(State.CONFIRMED, 2), (State.CANCELLED, 2)], Status.WAITING),
        ({"capacity": 2, "waiting_most": 0}, [(State.CONFIRMED, 2)], Status.CLOSED),
        ({"capacity": 2, "waiting_most": 2}, [(State.CONFIRMED, 2), (State.WAITING, 1)], Status.WAITING),
        ({"capacity": 2, "waiting_most": 2}, [(State.CONFIRMED, 2), (State.WAITING, 2)], Status.CLOSED),
        ({"capacity": 3}, [(State.CONFIRMED, 2), (State.WAITING, 2)], Status.WAITING),  # a pair waits for two
        ({"capacity": None}, [(State.CONFIRMED, 9)], Status.OPEN),
        ({"capacity": 2, "admission": "draw"}, [(State.APPLIED, 9)], Status.OPEN),
        ({"capacity": 2, "admission": "review"}, [(State.CONFIRMED, 2)], Status.OPEN),
        ({"capacity": 2, "state": "cancelled"}, [], Status.CANCELLED),
    ],
)
def test_places_decide_while_people_apply(make_program, make_run, apply, fields, there, status):
    run = make_run(make_program(), opens_at="2026-11-01 09:00", **fields)
    for state, places in there:
        apply(run, state, places)

    assert said(run) == {status}
    assert [one.status for one in find(Wish(status=status)).programs] == [status]


def test_an_offer_keeps_its_place_until_its_deadline(make_program, make_run, apply, today):
    run = make_run(make_program(), opens_at="2026-11-01 09:00", capacity=1)
    offered = apply(run, State.OFFERED)
    deadline = timezone.now() + timedelta(hours=1)
    RunOffer.objects.create(application=offered, deadline=deadline)

    today.move_to(deadline - timedelta(seconds=1))
    assert said(run) == {Status.WAITING}
    today.move_to(deadline)
    assert said(run) == {Status.OPEN}


@pytest.mark.parametrize(
    ("seated", "waiting", "status"),
    [
        ((1, 1), (0, 0), Status.WAITING),  # every group is full
        ((1, 0), (0, 0), Status.OPEN),
        ((1, 0), (1, 0), Status.OPEN),  # who waits, waits for a full group
        ((1, 0), (0, 1), Status.WAITING),  # who waits comes before
    ],
)
def test_groups_are_full_by_themselves(make_program, make_run, apply, seated, waiting, status):
    run = make_run(make_program(), opens_at="2026-11-01 09:00", capacity=10)
    groups = [Group.objects.create(run=run, name=name, capacity=1, position=n) for n, name in enumerate("가나")]
    for group, taken, line in zip(groups, seated, waiting, strict=True):
        for state, number in ((State.CONFIRMED, taken), (State.WAITING, line)):
            if number:
                apply(run, state, number, group)

    assert said(run) == {status}


def test_a_full_run_is_no_reason_to_hide_an_open_one(make_program, make_run, apply):
    program = make_program()
    apply(make_run(program, "1회", opens_at="2026-11-01 09:00", capacity=1), State.CONFIRMED)
    free = make_run(program, "2회", opens_at="2026-11-01 09:00", capacity=5)

    [listed] = find(Wish()).programs
    assert (listed.status, listed.left) == (Status.OPEN, "5자리 남음 (정원 5명)")
    assert shown(program, AnonymousUser()).status == Status.OPEN
    assert free.capacity == 5


def test_the_page_tells_places_groups_and_who_waits(client, make_program, make_run, apply):
    program = make_program()
    run = make_run(program, opens_at="2026-11-01 09:00", capacity=2)
    group = Group.objects.create(run=run, name="중학교 1학년", capacity=1, first_grade=7, last_grade=7)
    Group.objects.create(run=run, name="먼저 오는 아이들", capacity=1, for_priority=True)
    apply(run, State.CONFIRMED, 1, group)
    apply(run, State.WAITING, 1, group)

    page = client.get(program.get_absolute_url()).content.decode()

    assert "1자리 남음 (정원 2명) 대기 1명" in page
    assert "중학교 1학년: 정원 1명이 모두 찼습니다. 대기 1명" in page
    assert "먼저 오는 아이들" not in page
    assert "먼저 신청한 순서대로(선착순)" in page
