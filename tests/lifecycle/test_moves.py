from __future__ import annotations

import pytest
from django.apps import apps

from lifecycle.models import DestructionPlan, IllegalMove, Lifecycle, StaleState, Transition
from lifecycle.models.states import move_all

MACHINES = [model for model in apps.get_models() if issubclass(model, Lifecycle)]
State = DestructionPlan.State


@pytest.fixture
def plan(officer):
    return DestructionPlan.objects.create(kind="tests.some", label="시험 자료", count=0, requested_by=officer)


@pytest.mark.parametrize("model", MACHINES, ids=lambda model: model._meta.label)
def test_every_state_has_its_arrows_and_every_arrow_ends_in_a_state(model):
    assert set(model.MOVES) == set(model.State)
    assert set().union(*model.MOVES.values()) <= set(model.State)
    assert all(state not in targets for state, targets in model.MOVES.items())


@pytest.mark.parametrize("model", MACHINES, ids=lambda model: model._meta.label)
def test_every_state_fits_the_trail_and_has_a_korean_name(model):
    length = Transition._meta.get_field("to_state").max_length
    for state in model.State:
        assert len(state.value) <= length
        assert any("가" <= letter <= "힣" for letter in str(state.label))


def test_a_move_leaves_one_row_of_trail(plan, officer):
    plan.move(State.REJECTED, by=officer, reason="아직 필요합니다")

    step = plan.trail().get()
    assert (step.from_state, step.to_state, step.by, step.reason) == ("drafted", "rejected", officer, "아직 필요합니다")
    assert step.step_label == "승인 대기 → 반려"


def test_a_move_without_an_arrow_is_refused(plan):
    plan.move(State.REJECTED, by=None)
    with pytest.raises(IllegalMove):
        plan.move(State.DONE, by=None)


@pytest.mark.parametrize("model", MACHINES, ids=lambda model: model._meta.label)
def test_no_machine_replaces_the_guarded_move(model):
    assert model.move is Lifecycle.move


def test_a_stale_copy_cannot_move(plan):
    copy = DestructionPlan.objects.get(pk=plan.pk)
    plan.move(State.REJECTED, by=None)

    with pytest.raises(StaleState):
        copy.move(State.REJECTED, by=None)
    assert Transition.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_moves(plan, at_once):
    copies = [DestructionPlan.objects.get(pk=plan.pk) for _ in range(8)]

    results = at_once(*(lambda copy=copy: copy.move(State.REJECTED, by=None) for copy in copies))

    assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["StaleState"] * 7
    assert Transition.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_guard_all_eight_do(plan, at_once):
    """The control: a look and then a write, as a bare save() would do it."""
    copies = [DestructionPlan.objects.get(pk=plan.pk) for _ in range(8)]

    def unguarded(copy):
        assert copy.state == State.DRAFTED
        DestructionPlan.objects.filter(pk=copy.pk).update(state=State.REJECTED)
        Transition.objects.create(subject=copy, from_state=copy.state, to_state=State.REJECTED)

    at_once(*(lambda copy=copy: unguarded(copy) for copy in copies))

    assert Transition.objects.count() == 8


def plans(officer, number=3):
    return [
        DestructionPlan.objects.create(kind=f"tests.some{n}", label=f"시험 자료 {n}", count=0, requested_by=officer)
        for n in range(number)
    ]


def test_many_move_at_once_with_a_row_of_trail_each(officer):
    rows = plans(officer)

    move_all(rows, State.REJECTED, by=officer, reason="아직 필요합니다")

    assert {row.state for row in rows} == {State.REJECTED}
    assert [row.trail().get().step_label for row in rows] == ["승인 대기 → 반려"] * 3
    move_all([], State.REJECTED, by=officer)  # nobody to move is no fault


def test_one_without_an_arrow_keeps_all_where_they_are(officer):
    rows = plans(officer)
    rows[1].move(State.REJECTED, by=None)

    with pytest.raises(IllegalMove):
        move_all(rows, State.REJECTED, by=officer)
    assert DestructionPlan.objects.filter(state=State.REJECTED).count() == 1


def test_one_stale_copy_keeps_all_where_they_are(officer):
    rows = plans(officer)
    DestructionPlan.objects.get(pk=rows[1].pk).move(State.REJECTED, by=None)

    with pytest.raises(StaleState):
        move_all(rows, State.REJECTED, by=officer)
    assert DestructionPlan.objects.filter(state=State.REJECTED).count() == 1
    assert Transition.objects.count() == 1
