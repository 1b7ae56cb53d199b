"""Sessions from a rule, moved and taken out; whoever has a place is told once."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centre import rooms, shutting
from centre.models import Closure, Holiday, Room, RoomUse, Venue
from lifecycle.locks import Refused
from notices.models import Notice
from programs import sessions
from programs.models import Run, Session
from programs.repeating import Repeat
from programs.sessions import Altered, Changes, Where
from tests.programs import people

pytestmark = pytest.mark.django_db

SATURDAY = date(2026, 12, 12)
WEEKLY = Repeat(SATURDAY, time(10), time(12), times=4)


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


@pytest.fixture
def room(db) -> Room:
    venue = Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 1, 1))
    return Room.objects.create(venue=venue, name="강의실", capacity=20, first_day=date(2026, 1, 1))


@pytest.fixture
def run(make_program, make_run) -> Run:
    return make_run(make_program())


@pytest.fixture
def clerk(db):
    return people.staff()


def starts(run: Run) -> list[str]:
    return [f"{timezone.localtime(one.starts_at):%m-%d %H:%M}" for one in run.sessions.standing()]


def test_the_plan_passes_over_days_off_and_says_why(run, clerk):
    Holiday.objects.create(day=date(2026, 12, 19), name="임시공휴일")
    Closure.objects.create(first_day=date(2026, 12, 26), last_day=date(2026, 12, 27), reason="겨울 휴관")

    found = sessions.plan(run, WEEKLY, Where(), timezone.now())

    assert [line.day.day for line in found.kept] == [12]  # the session it has
    assert [(line.day.day, line.reason) for line in found.skipped] == [
        (19, "쉬는 날입니다(임시공휴일)."),
        (26, "쉬는 날입니다(겨울 휴관)."),
    ]
    assert [f"{line.day:%m-%d}" for line in found.new] == ["01-02", "01-09", "01-16"]  # four times are four

    sessions.make(run.pk, WEEKLY, Where(), by=clerk, expected=found.digest)
    assert starts(run) == ["12-12 10:00", "01-02 10:00", "01-09 10:00", "01-16 10:00"]
    run.refresh_from_db()
    assert run.ends_at == at("2027-01-16 12:00")
    assert list(run.sessions.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_done_twice_it_adds_nothing(run, clerk):
    sessions.make(run.pk, WEEKLY, Where(), by=clerk)
    assert sessions.make(run.pk, WEEKLY, Where(), by=clerk) == []
    assert run.sessions.count() == 4


def test_days_off_are_taken_when_asked_for(run):
    Holiday.objects.create(day=date(2026, 12, 19), name="임시공휴일")
    found = sessions.plan(run, WEEKLY, Where(on_days_off=True), timezone.now())
    assert found.skipped == []
    assert found.new[0].note == "쉬는 날입니다(임시공휴일)."


def test_what_is_over_is_not_made(run, today):
    today.move_to("2026-12-19 10:00+09:00")
    assert [line.day.day for line in sessions.plan(run, WEEKLY, Where(), timezone.now()).skipped] == [19]
    today.move_to("2026-12-19 09:59:59+09:00")
    assert sessions.plan(run, WEEKLY, Where(), timezone.now()).skipped == []


def test_a_taken_room_stops_it_unless_one_says_so(run, clerk, room):
    meeting = DateTimeTZRange(at("2026-12-19 11:00"), at("2026-12-19 13:00"), "[)")
    rooms.take(room, meeting, title="직원 회의", outside_hours=True)

    found = sessions.plan(run, WEEKLY, Where(room=room), timezone.now())
    assert [line.reason for line in found.conflicts] == [f"{room}: 11:00~13:00에 쓰는 일이 있습니다(직원 회의)."]
    with pytest.raises(Refused, match="직원 회의"):
        sessions.make(run.pk, WEEKLY, Where(room=room), by=clerk)
    assert run.sessions.count() == 1

    sessions.make(run.pk, WEEKLY, Where(room=room, without_room=True), by=clerk)
    assert [one.room for one in run.sessions.order_by("number")] == [None, None, room, room]


def test_a_room_is_free_until_the_minute_it_is_taken(run, room):
    meeting = DateTimeTZRange(at("2026-12-19 12:00"), at("2026-12-19 13:00"), "[)")
    rooms.take(room, meeting, title="직원 회의", outside_hours=True)
    assert sessions.plan(run, WEEKLY, Where(room=room), timezone.now()).conflicts == []


def test_what_was_seen_is_what_is_done(run, clerk, room):
    seen = sessions.plan(run, WEEKLY, Where(), timezone.now()).digest
    Holiday.objects.create(day=date(2026, 12, 19), name="임시공휴일")
    with pytest.raises(Altered):
        sessions.make(run.pk, WEEKLY, Where(), by=clerk, expected=seen)
    assert run.sessions.count() == 1


def test_a_plan_costs_the_same_however_long(run, room):
    for times in (2, 50):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            sessions.plan(run, Repeat(SATURDAY, time(10), time(12), times=times), Where(room=room), timezone.now())
        assert len(queries) <= 5


def test_moving_tells_a_family_once_with_both_times(run, clerk, room):
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    twin = people.apply(run, mother, people.child(mother, "김바다"))
    waits = people.parent("이대기")
    people.apply(run, waits, people.child(waits, "이하늘"), state="waiting")
    session = run.sessions.get()

    to = Changes(at("2026-12-13 14:00"), at("2026-12-13 16:00"), room=room)
    sessions.move(session.pk, to, by=clerk, reason="강사 사정")

    run.refresh_from_db()
    assert (run.starts_at, run.ends_at) == (to.starts_at, to.ends_at)
    assert RoomUse.objects.of(session).get().room == room
    (said,) = Notice.objects.filter(kind="programs.rescheduled")
    assert said.recipient == mother
    for word in ("김하늘·김바다", "12. 12.(토) 10:00 ~ 12:00 → 2026. 12. 13.(일) 14:00", "강의실", "강사 사정"):
        assert word in said.body
    twin.refresh_from_db()
    assert twin.sequence == 1

    # back and forth again: nothing that was said before silences it
    sessions.move(session.pk, Changes(at("2026-12-12 10:00"), at("2026-12-12 12:00")), by=clerk, reason="되돌림")
    sessions.move(session.pk, to, by=clerk, reason="다시")
    assert Notice.objects.filter(kind="programs.rescheduled").count() == 3


def test_a_new_title_is_told_nobody(run, clerk):
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    session = run.sessions.get()
    sessions.move(session.pk, Changes(session.starts_at, session.ends_at, title="개강"), by=clerk)
    assert Notice.objects.count() == 0
    assert run.sessions.get().title == "개강"


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        (("2026-11-24 10:00", "2026-11-24 12:00"), "지금보다 뒤"),
        (("2026-12-12 13:00", "2026-12-12 12:00"), "끝은 시작보다"),
        (("2026-12-19 11:00", "2026-12-19 13:00"), "다른 회기와 시간이 겹칩니다"),
    ],
)
def test_where_a_session_cannot_go(run, clerk, to, sentence):
    sessions.make(run.pk, Repeat(SATURDAY, time(10), time(12), times=2), Where(), by=clerk)
    first = run.sessions.order_by("number").first()
    with pytest.raises(Refused, match=sentence):
        sessions.move(first.pk, Changes(at(to[0]), at(to[1])), by=clerk)


def test_a_session_does_not_go_before_the_end_of_applications(run, clerk):
    session = run.sessions.get()
    with pytest.raises(Refused, match="접수 마감이 마지막 회기보다"):
        sessions.move(session.pk, Changes(at("2026-12-10 16:00"), at("2026-12-10 17:59")), by=clerk)
    sessions.move(session.pk, Changes(at("2026-12-10 16:00"), at("2026-12-10 18:00")), by=clerk)


def test_families_read_why(run, clerk):
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    session = run.sessions.get()
    to = Changes(session.starts_at, session.ends_at + timedelta(hours=1))
    with pytest.raises(Refused, match="사유를 적어"):
        sessions.move(session.pk, to, by=clerk, reason=" ")
    session.refresh_from_db()
    assert session.ends_at == at("2026-12-12 12:00")


def test_taking_a_session_out(run, clerk):
    with pytest.raises(Refused, match="하나는 있어야"):
        sessions.remove(run.sessions.get().pk, by=clerk)
    sessions.make(run.pk, WEEKLY, Where(), by=clerk)
    sessions.remove(run.sessions.get(number=1).pk, by=clerk)
    assert list(run.sessions.values_list("number", flat=True)) == [1, 2, 3]
    mother = people.parent()
    people.apply(run, mother, people.child(mother), state="cancelled")
    with pytest.raises(Refused, match="신청이 있는"):
        sessions.remove(run.sessions.get(number=1).pk, by=clerk)


def test_a_day_off_shows_the_sessions_that_it_hits(run, room):
    mother = people.parent()
    people.apply(run, mother, people.child(mother))
    off = Closure(first_day=SATURDAY, last_day=SATURDAY, reason="점검")
    (hit,) = shutting.hits(off)
    assert hit.sentence == "프로그램 회기 1개가 쉬는 날에 있습니다(참가자 1명)."
    assert shutting.hits(Closure(first_day=date(2026, 12, 13), last_day=date(2026, 12, 13), reason="점검")) == []
    assert shutting.hits(Closure(first_day=SATURDAY, last_day=SATURDAY, reason="점검", venue=room.venue)) == []
    Session.objects.filter(run=run).update(room=room)
    assert len(shutting.hits(Closure(first_day=SATURDAY, last_day=SATURDAY, reason="점검", venue=room.venue))) == 1


# --- Races -----------------------------------------------------------------------------------
def _rivals(make_program, make_run, at_once, room) -> list:
    """Two runs want one room at one time."""
    program, clerk = make_program(), people.staff()
    runs = [make_run(program, title, starts_at="2027-01-09 10:00", ends_at="2027-01-09 11:00") for title in "가나"]
    done = at_once(*(lambda run=run: sessions.make(run.pk, WEEKLY, Where(room=room), by=clerk) for run in runs))
    assert RoomUse.objects.count() in {0, 4}
    return done


@pytest.mark.django_db(transaction=True)
def test_two_runs_never_have_one_room(make_program, make_run, at_once, room):
    done = _rivals(make_program, make_run, at_once, room)
    assert sorted(type(one).__name__ for one in done) == ["Refused", "list"]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_constraint_still_holds(make_program, make_run, at_once, room, monkeypatch):
    """The control of the lock: the loser is then stopped by the exclusion, and reads that it was busy."""
    met = threading.Barrier(2, timeout=5)
    monkeypatch.setattr(sessions, "lock", lambda queryset, pk: queryset.get(pk=pk))
    look = sessions.plan

    def widened(*args):
        found = look(*args)
        met.wait()
        return found

    monkeypatch.setattr(sessions, "plan", widened)
    done = _rivals(make_program, make_run, at_once, room)
    refused = [one for one in done if isinstance(one, Refused)]
    assert [str(one) for one in refused] == [sessions.BUSY]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_the_same_button_pressed_twice(make_program, make_run, at_once, monkeypatch, guarded):
    """With the run's lock the second finds them made; without it (the control) it runs into the constraint."""
    run, clerk = make_run(make_program()), people.staff()
    if not guarded:
        met = threading.Barrier(2, timeout=5)
        monkeypatch.setattr(sessions, "lock", lambda queryset, pk: queryset.get(pk=pk))
        look = sessions.plan
        monkeypatch.setattr(sessions, "plan", lambda *args: (look(*args), met.wait())[0])
    done = at_once(*[lambda: sessions.make(run.pk, WEEKLY, Where(), by=clerk)] * 2)
    assert run.sessions.count() == 4
    lengths = sorted(len(one) if isinstance(one, list) else -1 for one in done)
    assert lengths == ([0, 3] if guarded else [-1, 3])
