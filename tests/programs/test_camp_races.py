"""The last bed, asked for at once; and the control: without the run's lock two sleep in it."""

from __future__ import annotations

import pytest

from lifecycle import locks
from programs import camps
from programs.camps import Change, NotPlaced
from programs.models import Program, Run, Stay
from tests.programs.people import apply, child, parent, staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def camp(make_program, make_run):
    run = make_run(make_program("별 따는 기숙사", kind=Program.Kind.CAMP))
    people = []
    for number in (1, 2, 3):
        by = parent("김보호", number)
        people.append(apply(run, by, child(by)).participants.get())
    return run, people, camps.put_room(run.pk, name="301호", capacity=1), staff(9)


def tries(run, people, room, by):
    return [lambda one=one: camps.assign(run.pk, [Change(one.pk, "", room.pk, None)], by=by) for one in people]


def test_the_last_bed_has_one_sleeper(at_once, camp):
    results = at_once(*tries(*camp))
    assert sorted(map(str, results))[0] == "1"
    assert sum(isinstance(one, NotPlaced) for one in results) == 2
    assert Stay.objects.filter(room=camp[2]).count() == 1


def test_without_the_lock_two_sleep_in_it(at_once, camp, monkeypatch, meeting_point):
    """The control."""
    monkeypatch.setattr(camps, "lock", lambda rows, pk: rows.get(pk=pk) if rows.model is Run else locks.lock(rows, pk))
    meeting_point(camps, "_check_rooms")
    run, people, room, by = camp
    at_once(*tries(run, people[:2], room, by))
    assert Stay.objects.filter(room=room).count() == 2


def test_a_room_made_smaller_and_a_bed_taken_at_once_agree(at_once, camp):
    run, people, room, by = camp
    camps.put_room(run.pk, pk=room.pk, name=room.name, capacity=2)
    camps.assign(run.pk, [Change(people[0].pk, "", room.pk, None)], by=by)
    at_once(
        lambda: camps.put_room(run.pk, pk=room.pk, name=room.name, capacity=1),
        lambda: camps.assign(run.pk, [Change(people[1].pk, "", room.pk, None)], by=by),
    )
    room.refresh_from_db()
    assert room.stays.count() <= room.capacity
