"""Last year's runs a year later: weekdays kept, days off flagged, nobody's application copied."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Partner
from centre import rooms
from centre.models import Holiday, Room, RoomUse, Venue
from intake.models import RuleSet
from lifecycle.locks import Refused
from programs import copying, sessions
from programs.models import Program, Run
from programs.repeating import Repeat
from programs.sessions import Altered, Where
from questionnaires.models import Questionnaire
from tests.programs import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(db):
    return people.staff()


@pytest.fixture
def run(make_program, make_run, clerk) -> Run:
    """Three Saturdays from 12 December 2026 in a room, with everything that can be copied."""
    venue = Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 1, 1))
    room = Room.objects.create(venue=venue, name="강의실", capacity=20, first_day=date(2026, 1, 1))
    form = Questionnaire.objects.create(name="건강 상태")
    run = make_run(
        make_program(),
        "2026년 겨울 1회",
        capacity=20,
        min_participants=5,
        decide_at="2026-12-11 09:00",
        rules=RuleSet.objects.create(name="중학생"),
        second_form=form,
        second_form_until="2026-12-11 18:00",
        admission="draw",
    )
    run.groups.create(name="중1", capacity=5, first_grade=7, last_grade=7, weight=2)
    run.partners.add(Partner.objects.create(name="별빛대학교", kind="university"))
    run.sessions.update(room=room)
    sessions.make(run.pk, Repeat(date(2026, 12, 12), time(10), time(12), times=3), Where(room=room), by=clerk)
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    return Run.objects.select_related("program").get(pk=run.pk)


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def test_every_column_of_a_run_was_thought_of():
    names = {field.name for field in Run._meta.concrete_fields}
    assert names == {*copying.AS_IT_IS, *copying.SHIFTED, *copying.NOT_COPIED}
    assert {field.name for field in Run._meta.many_to_many} == {"partners"}


def test_a_year_later(run, clerk):
    weeks = copying.weeks_to([run], date(2027, 12, 8))
    assert weeks == 52
    seen = copying.plan([run], weeks)

    (made,) = copying.copy([run.pk], weeks, by=clerk, expected=seen.digest)

    made.refresh_from_db()
    assert (made.title, made.source, made.state, made.published_at) == ("2027년 겨울 1회", run, "planned", None)
    assert [one.starts_at for one in made.sessions.all()] == [at(f"2027-12-{day} 10:00") for day in (11, 18, 25)]
    assert (made.opens_at, made.closes_at) == (at("2027-11-30 09:00"), at("2027-12-09 18:00"))
    assert (made.decide_at, made.second_form_until) == (at("2027-12-10 09:00"), at("2027-12-10 18:00"))
    for name in copying.AS_IT_IS:
        assert getattr(made, name) == getattr(run, name)
    assert [(one.name, one.capacity, one.weight) for one in made.groups.all()] == [("중1", 5, 2)]
    assert [one.name for one in made.partners.all()] == ["별빛대학교"]
    assert not made.applications.exists()
    assert RoomUse.objects.count() == 6
    assert run.groups.count() == 1 and run.sessions.count() == 3


def test_what_falls_on_a_day_off_or_into_a_taken_room_is_flagged(run, clerk):
    Holiday.objects.create(day=date(2027, 12, 25), name="성탄절")
    room = run.sessions.first().room
    rooms.take(
        room, DateTimeTZRange(at("2027-12-18 11:00"), at("2027-12-18 13:00"), "[)"), title="회의", outside_hours=True
    )
    (copy,) = copying.plan([run], 52).copies
    flags = [meeting.flag for meeting in copy.meetings]
    assert flags[0] == ""
    assert "회의" in flags[1] and "방 없이 베낍니다" in flags[1]
    assert flags[2] == "쉬는 날입니다(성탄절)."
    (made,) = copying.copy([run.pk], 52, by=clerk)
    assert [one.room for one in made.sessions.order_by("number")] == [room, None, room]


def test_done_twice_it_adds_nothing(run, clerk):
    copying.copy([run.pk], 52, by=clerk)
    assert copying.plan([run], 52).copies[0].reason == "같은 때로 이미 베낀 회차입니다."
    with pytest.raises(Refused, match="베낄 회차가 없습니다"):
        copying.copy([run.pk], 52, by=clerk)
    copying.copy([run.pk], 53, by=clerk)  # the control: another week is another run
    assert Run.objects.count() == 3


def test_what_was_seen_is_what_is_done(run, clerk):
    seen = copying.plan([run], 52).digest
    Holiday.objects.create(day=date(2027, 12, 25), name="성탄절")
    with pytest.raises(Altered):
        copying.copy([run.pk], 52, by=clerk, expected=seen)
    assert Run.objects.count() == 1


def test_cancelled_sessions_are_left_out_but_not_of_a_run_that_was_called_off(run, clerk):
    run.sessions.filter(number=2).update(cancelled_at=timezone.now())
    assert len(copying.plan([run], 52).copies[0].meetings) == 2
    run.sessions.update(cancelled_at=timezone.now())
    assert len(copying.plan([run], 52).copies[0].meetings) == 3


def test_copies_of_one_go_do_not_take_each_others_room(run, clerk, make_run):
    """One that was called off, and the one that took its place in the same room at the same time."""
    run.sessions.update(cancelled_at=timezone.now())
    instead = make_run(run.program, "대신")
    instead.sessions.update(room=run.sessions.first().room)
    copies = copying.plan([run, instead], 52).copies
    assert [bool(one.flag) for copy in copies for one in copy.meetings] == [False, False, False, True]
    copying.copy([run.pk, instead.pk], 52, by=clerk)


def test_a_programme_under_a_new_name(run, clerk):
    Program.objects.filter(pk=run.program_id).update(plan_key="stars", plan_text="맞춤형", body="## 준비물")
    made = copying.copy_program(run.program_id, " 별 관찰 교실 심화 ", by=clerk)
    assert (made.title, made.body, made.plan_key, made.plan_text, made.published_at) == (
        "별 관찰 교실 심화",
        "## 준비물",
        None,
        "",
        None,
    )
    assert made.audience == ["student"]
    with pytest.raises(Refused, match="같은 이름"):
        copying.copy_program(run.program_id, "별 관찰 교실 심화", by=clerk)
    (copied,) = copying.copy([run.pk], 52, by=clerk, into=made)
    assert copied.program == made


def test_a_look_costs_the_same_for_many(run, make_run):
    costs = []
    for _round in (1, 2):
        with CaptureQueriesContext(connection) as queries:
            copying.plan(Run.objects.select_related("program"), 52)
        costs.append(len(queries))
        for n in range(10):
            make_run(run.program, f"{n}회")
    assert costs[0] == costs[1] <= 7
