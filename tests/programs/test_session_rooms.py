"""Sessions and the one table of room use cannot disagree; a run always meets at least once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from centre import rooms
from centre.models import Room, RoomUse, Venue
from programs.models import Run, Session

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db) -> Room:
    venue = Venue.objects.create(name="새벽관", address="새벽로 1", first_day=date(2026, 1, 1))
    return Room.objects.create(venue=venue, name="강의실", first_day=date(2026, 1, 1))


@pytest.fixture
def session(make_program, make_run) -> Session:
    return make_run(make_program()).sessions.get()


def uses(session: Session) -> list[tuple[int, datetime, datetime]]:
    return [(use.room_id, use.starts_at, use.ends_at) for use in RoomUse.objects.of(session)]


def test_a_session_has_its_room_and_gives_it_back(session, room):
    Session.objects.filter(pk=session.pk).update(room=room)
    assert uses(session) == [(room.pk, session.starts_at, session.ends_at)]

    later = session.ends_at + timedelta(hours=1)
    Session.objects.filter(pk=session.pk).update(ends_at=later)
    assert uses(session) == [(room.pk, session.starts_at, later)]

    Session.objects.filter(pk=session.pk).update(cancelled_at=timezone.now())
    assert uses(session) == []

    Session.objects.filter(pk=session.pk).update(cancelled_at=None)
    assert len(uses(session)) == 1
    session.delete()
    assert RoomUse.objects.count() == 0


def test_a_room_in_use_cannot_be_had_by_a_session(session, room):
    rooms.take(room, DateTimeTZRange(session.starts_at, session.ends_at, "[)"), title="회의", outside_hours=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.filter(pk=session.pk).update(room=room)
    # the control: right after it, the room is free
    Session.objects.filter(pk=session.pk).update(
        room=room, starts_at=session.ends_at, ends_at=session.ends_at + timedelta(hours=1)
    )


def test_nobody_takes_the_room_of_a_session_away_by_hand(session, room):
    Session.objects.filter(pk=session.pk).update(room=room)
    with pytest.raises(DatabaseError), transaction.atomic():
        RoomUse.objects.of(session).delete()
    assert rooms.titles(RoomUse.objects.of(session)) == {
        RoomUse.objects.of(session).get().pk: "별 관찰 교실 · 1회",
    }


@pytest.mark.django_db(transaction=True)
def test_a_run_without_a_session_meets_once(make_program):
    program, now = make_program(), timezone.now()
    period = {"starts_at": now, "ends_at": now + timedelta(hours=2)}
    alone = Run.objects.create(program=program, title="하나", **period)
    assert [(s.number, s.starts_at, s.ends_at) for s in alone.sessions.all()] == [(1, now, now + timedelta(hours=2))]

    with transaction.atomic():  # whoever gives it sessions in the same breath has just those
        several = Run.objects.create(program=program, title="둘", **period)
        for number, days in ((1, 0), (2, 7)):
            several.sessions.create(
                number=number, starts_at=now + timedelta(days=days), ends_at=now + timedelta(days=days, hours=1)
            )
        gone = Run.objects.create(program=program, title="없음", **period)
        gone.delete()
    several.refresh_from_db()
    assert several.sessions.count() == 2
    assert several.ends_at == now + timedelta(days=7, hours=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM programs_session")
        assert cursor.fetchone() == (3,)
