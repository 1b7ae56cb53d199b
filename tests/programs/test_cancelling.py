"""Calling off one session, the rest, or the run: one message a family, nothing left half open."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centre.models import Room, RoomUse, Venue
from lifecycle.locks import Refused
from lifecycle.models import Transition
from notices.models import Notice
from programs import cancelling, enrolment, sessions
from programs.cancelling import LastSession
from programs.models import Participant, Run, RunOffer
from programs.repeating import Repeat
from programs.sessions import Where
from tests.programs import people

pytestmark = pytest.mark.django_db

WHY = "강사 사정"


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


@pytest.fixture
def clerk(db):
    return people.staff()


@pytest.fixture
def run(make_program, make_run, clerk) -> Run:
    """Four Saturdays from 12 December, in a room."""
    venue = Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 1, 1))
    room = Room.objects.create(venue=venue, name="강의실", capacity=20, first_day=date(2026, 1, 1))
    run = make_run(make_program(), capacity=20)
    sessions.make(run.pk, Repeat(date(2026, 12, 12), time(10), time(12), times=4), Where(room=room), by=clerk)
    return run


@pytest.fixture
def family(run):
    """A mother of two with a place each, one who waits, and one who gave up."""
    mother, waits, gone = people.parent(), people.parent("이대기"), people.parent("최포기")
    people.apply(run, mother, people.child(mother))
    people.apply(run, mother, people.child(mother, "김바다"))
    people.apply(run, waits, people.child(waits, "이하늘"), state="waiting")
    people.apply(run, gone, people.child(gone, "최하늘"), state="cancelled")
    return mother


def told(kind: str) -> list[str]:
    return list(Notice.objects.filter(kind=f"programs.{kind}").order_by("pk").values_list("recipient__name", flat=True))


def test_one_session(run, family, clerk):
    second = run.sessions.get(number=2)
    cancelling.cancel_session(second.pk, by=clerk, reason=WHY)

    second.refresh_from_db()
    assert second.cancelled_at == timezone.now() and second.cancelled_because == WHY
    assert not RoomUse.objects.of(second).exists() and RoomUse.objects.count() == 2
    assert told("session_cancelled") == ["김보호"]
    body = Notice.objects.get(kind="programs.session_cancelled").body
    for word in ("김하늘·김바다", "2026. 12. 19.(토) 10:00 ~ 12:00", WHY, "12. 12.(토) 10:00"):
        assert word in body
    run.refresh_from_db()
    assert run.state == "planned" and run.starts_at == at("2026-12-12 10:00")
    assert set(run.applications.filter(state="confirmed").values_list("sequence", flat=True)) == {1}
    with pytest.raises(Refused, match="이미 취소된 회기"):
        cancelling.cancel_session(second.pk, by=clerk, reason=WHY)


def test_the_run_shrinks_with_its_last_session(run, clerk):
    cancelling.cancel_session(run.sessions.get(number=4).pk, by=clerk, reason=WHY)
    run.refresh_from_db()
    assert run.ends_at == at("2026-12-26 12:00")


def test_a_session_can_be_cancelled_until_it_is_over(run, clerk, today):
    first = run.sessions.get(number=1)
    today.move_to("2026-12-12 12:00+09:00")
    with pytest.raises(Refused, match="이미 끝난"):
        cancelling.cancel_session(first.pk, by=clerk, reason=WHY)
    today.move_to("2026-12-12 11:59:59+09:00")
    cancelling.cancel_session(first.pk, by=clerk, reason=WHY)


def test_the_rest(run, family, clerk, today):
    today.move_to("2026-12-19 10:00+09:00")  # the second begins: it is held
    cancelling.cancel_rest(run.pk, by=clerk, reason=WHY)
    assert list(run.sessions.standing().values_list("number", flat=True)) == [1, 2]
    assert told("session_cancelled") == ["김보호"]
    body = Notice.objects.get(kind="programs.session_cancelled").body
    assert "2026. 12. 26.(토)" in body and "2027. 1. 2.(토)" in body and "다음 일정: 없음" in body
    assert run.applications.filter(state="confirmed").count() == 2
    with pytest.raises(Refused, match="남은 회기가 없습니다"):
        cancelling.cancel_rest(run.pk, by=clerk, reason=WHY)


def test_the_last_session_asks_for_the_run(run, family, clerk):
    with pytest.raises(LastSession, match="회차 취소"):
        cancelling.cancel_rest(run.pk, by=clerk, reason=WHY)
    for number in (1, 2, 3):
        cancelling.cancel_session(run.sessions.get(number=number).pk, by=clerk, reason=WHY)
    with pytest.raises(LastSession):
        cancelling.cancel_session(run.sessions.get(number=4).pk, by=clerk, reason=WHY)
    assert run.sessions.standing().count() == 1


def test_the_whole_run(run, family, clerk):
    waiting = run.applications.get(state="waiting")
    applied = people.apply(run, family, state="applied")
    offered = people.apply(run, people.parent("박제안"), state="offered")
    offer = RunOffer.objects.create(application=offered, deadline=timezone.now() + timedelta(hours=3))

    cancelling.cancel_run(run.pk, by=clerk, reason="최소 인원 미달")

    run.refresh_from_db()
    offer.refresh_from_db()
    assert (run.state, offer.state) == ("cancelled", "withdrawn")
    assert (
        not run.applications.live().exists()
        and not Participant.objects.filter(left_at=None, application__in=[waiting]).exists()
    )
    assert not run.sessions.standing().exists() and RoomUse.objects.count() == 0
    assert run.starts_at == at("2026-12-12 10:00")  # when it would have been
    assert sorted(told("run_cancelled")) == ["김보호", "박제안", "이대기"]  # each once, and not who gave up
    steps = Transition.objects.of(applied).values_list("from_state", "to_state", "by", "reason")
    assert list(steps) == [("applied", "cancelled", clerk.pk, "최소 인원 미달")]
    assert Transition.objects.of(offer).count() == Transition.objects.of(run).count() == 1
    with pytest.raises(Refused, match="이미 취소된"):
        cancelling.cancel_run(run.pk, by=clerk, reason=WHY)


def test_a_run_that_has_begun_is_not_called_off(run, clerk, today):
    today.move_to("2026-12-12 10:00+09:00")
    with pytest.raises(Refused, match="남은 회기 취소"):
        cancelling.cancel_run(run.pk, by=clerk, reason=WHY)
    today.move_to("2026-12-12 09:59:59+09:00")
    cancelling.cancel_run(run.pk, by=clerk, reason=WHY)


def test_nothing_is_cancelled_without_a_reason(run, clerk):
    for act, key in (
        (cancelling.cancel_run, run.pk),
        (cancelling.cancel_rest, run.pk),
        (cancelling.cancel_session, run.sessions.first().pk),
    ):
        with pytest.raises(Refused, match="사유를 적어"):
            act(key, by=clerk, reason="  ")
    assert run.sessions.standing().count() == 4


def test_the_preview_says_who_is_told(run, family):
    found = cancelling.preview(run, list(run.sessions.all()), whole=True)
    assert (found.states, found.people) == ({"참여 확정": 2, "대기": 1}, 2)
    assert cancelling.preview(run, list(run.sessions.all())[:1], whole=False).people == 1


def test_a_guardian_hears_of_the_own_children_alone(run, clerk):
    mother, other = people.parent(), people.parent("한이웃")
    people.apply(run, mother, people.child(mother))
    people.apply(run, other, people.child(other, "한바다"))
    cancelling.cancel_run(run.pk, by=clerk, reason=WHY)
    bodies = dict(Notice.objects.filter(kind="programs.run_cancelled").values_list("recipient__name", "body"))
    assert "김하늘" in bodies["김보호"] and "한바다" not in bodies["김보호"]
    assert "한바다" in bodies["한이웃"] and "김하늘" not in bodies["한이웃"]


def test_it_costs_the_same_for_many(make_program, make_run, clerk):
    costs = []
    for many in (2, 20):
        run = make_run(make_program())
        for _n in range(many):
            by = people.parent()
            people.apply(run, by, people.child(by))
        with CaptureQueriesContext(connection) as queries:
            cancelling.cancel_run(run.pk, by=clerk, reason=WHY)
        costs.append(len(queries))
    assert costs[0] == costs[1]


# --- Races -----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_nobody_is_left_in_a_run_that_is_called_off(open_run, make_family, applying, at_once, monkeypatch, guarded):
    """A newcomer looks, the run is called off, the newcomer writes: with the run's lock the one waits for the other.

    Without it on the newcomer's side (the control) somebody lives on in a run that does not take place.
    """
    run, clerk = open_run(), people.staff()
    student, mother = make_family()
    looked, called_off = threading.Event(), threading.Event()
    if not guarded:
        monkeypatch.setattr(enrolment.waiting, "lock", lambda queryset, pk: queryset.get(pk=pk))
    check = enrolment._check_clock

    def slowly(*args, **kwargs):
        check(*args, **kwargs)
        looked.set()
        called_off.wait(1)

    monkeypatch.setattr(enrolment, "_check_clock", slowly)

    def cancel():
        looked.wait(5)
        cancelling.cancel_run(run.pk, by=clerk, reason=WHY)
        called_off.set()

    done = at_once(cancel, lambda: applying(run, student, mother))
    assert [type(one).__name__ for one in done] == ["NoneType", "Application"]
    assert run.applications.live().count() == (0 if guarded else 1)
    assert Notice.objects.filter(kind="programs.run_cancelled").count() == (1 if guarded else 0)


@pytest.mark.django_db(transaction=True)
def test_who_comes_after_it_was_called_off_is_refused(open_run, make_family, applying):
    run, (student, mother) = open_run(), make_family()
    cancelling.cancel_run(run.pk, by=people.staff(), reason=WHY)
    with pytest.raises(Refused):
        applying(run, student, mother)


@pytest.mark.django_db(transaction=True)
def test_called_off_twice_at_once_it_is_said_once(make_program, make_run, at_once):
    run, clerk, mother = make_run(make_program()), people.staff(), people.parent()
    people.apply(run, mother, people.child(mother))
    done = at_once(*[lambda: cancelling.cancel_run(run.pk, by=clerk, reason=WHY)] * 2)
    assert sorted(type(one).__name__ for one in done) == ["Refused", "Run"]
    assert Notice.objects.filter(kind="programs.run_cancelled").count() == 1
