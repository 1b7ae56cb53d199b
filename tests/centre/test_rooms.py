"""One table of room use: taken under the room's lock, given back, never twice."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse
from django.utils import timezone

from centre import doctor, rooms
from centre.models import Closure, Holiday, Room, RoomUse
from lifecycle.locks import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel("2026-11-23 09:00+09:00", tick=False):
        yield


@pytest.fixture
def room(venue):
    return Room.objects.create(venue=venue, name="상담실 1", capacity=4, first_day=date(2026, 1, 1))


def at(starts: str, ends: str, day: str = "2026-11-25") -> DateTimeTZRange:
    """Half-open KST times of one day, a Wednesday unless said otherwise."""
    moments = [timezone.make_aware(datetime.fromisoformat(f"{day} {clock}")) for clock in (starts, ends)]
    return DateTimeTZRange(*moments, "[)")


def test_a_room_is_taken_and_given_back(room):
    use = rooms.take(room, at("10:00", "11:00"), title="직원 회의")
    assert rooms.free_rooms(at("10:30", "11:30")) == []

    assert rooms.give_back(use) == 1
    assert rooms.give_back(use) == 0
    assert rooms.free_rooms(at("10:30", "11:30")) == [room]


@pytest.mark.parametrize(
    ("period", "is_free"),
    [
        (at("09:00", "10:00"), True),  # ends where the other begins
        (at("09:00", "10:01"), False),
        (at("10:59", "12:00"), False),
        (at("11:00", "12:00"), True),
        (at("10:15", "10:45"), False),
    ],
)
def test_the_end_belongs_to_whoever_comes_next(room, period, is_free):
    rooms.take(room, at("10:00", "11:00"), title="직원 회의")

    assert (rooms.free_rooms(period) == [room]) is is_free
    if not is_free:
        with pytest.raises(rooms.RoomTaken, match="10:00~11:00에 쓰는 일이 있습니다"):
            rooms.take(room, period, title="다른 회의")


def test_a_room_follows_hours_holidays_and_closures(room, open_on):
    open_on(2, 10, 20)
    open_on(3, 10, 20)
    Holiday.objects.create(day=date(2026, 12, 2), name="임시공휴일")
    Closure.objects.create(
        first_day=date(2026, 11, 26),
        last_day=date(2026, 11, 26),
        from_time=time(14),
        until_time=time(15),
        reason="점검",
    )
    refusals = {
        at("09:59", "10:30"): "운영시간\\(10:00~20:00\\) 밖",
        at("19:30", "20:01"): "운영시간",
        at("10:00", "11:00", "2026-11-24"): "정기 휴관일",
        at("10:00", "11:00", "2026-12-02"): "임시공휴일",
        at("13:30", "14:01", "2026-11-26"): "점검",
    }
    for period, sentence in refusals.items():
        with pytest.raises(rooms.RoomTaken, match=sentence):
            rooms.take(room, period, title="회의")
    assert not RoomUse.objects.exists()

    rooms.take(room, at("10:00", "20:00"), title="회의")  # both edges are inside
    rooms.take(room, at("13:00", "14:00", "2026-11-26"), title="회의")
    rooms.take(room, at("15:00", "16:00", "2026-11-26"), title="회의")
    rooms.take(room, at("08:00", "09:00"), title="아침 회의", outside_hours=True)
    assert RoomUse.objects.count() == 4


def test_a_room_has_hours_and_days_of_its_own(room):
    room.opens, room.closes, room.last_day = time(13), time(18), date(2026, 11, 25)
    room.save()

    rooms.take(room, at("13:00", "18:00"), title="회의")
    with pytest.raises(rooms.RoomTaken, match="13:00~18:00에 씁니다"):
        rooms.take(room, at("12:59", "13:00", "2026-11-25"), title="회의")
    with pytest.raises(rooms.RoomTaken, match="쓰지 않는 방"):
        rooms.take(room, at("14:00", "15:00", "2026-11-26"), title="회의")


def test_an_owner_takes_once_and_moves(room, venue):
    use = rooms.take(room, at("10:00", "11:00"), owner=venue)
    assert rooms.take(room, at("10:00", "11:00"), owner=venue) == use

    moved = rooms.take(room, at("10:30", "11:30"), owner=venue)  # its own old time is no obstacle
    assert moved == use
    assert [one.period for one in RoomUse.objects.of(venue)] == [at("10:30", "11:30")]
    assert rooms.give_back(venue) == 1


def test_the_smallest_room_that_suffices_comes_first(room, venue):
    hall = Room.objects.create(venue=venue, name="강의실", capacity=30, first_day=date(2026, 1, 1))
    assert rooms.free_rooms(at("10:00", "11:00")) == [room, hall]
    assert rooms.free_rooms(at("10:00", "11:00"), capacity=5) == [hall]


def test_what_follows_its_owner_is_written_by_its_owner_alone(room):
    with pytest.raises(IntegrityError, match="follows its owner"), transaction.atomic():
        RoomUse.objects.create(room=room, period=at("10:00", "11:00"), owner_kind="a.b", owner_id=1, derived=True)


def test_a_use_is_for_something(room):
    with pytest.raises(IntegrityError, match="roomuse_is_for_something"), transaction.atomic():
        RoomUse.objects.create(room=room, period=at("10:00", "11:00"))


def test_the_doctor_finds_a_room_kept_for_nobody(room, venue):
    assert doctor.check() == []
    use = rooms.take(room, at("10:00", "11:00"), owner=venue)
    RoomUse.objects.filter(pk=use.pk).update(owner_id=venue.pk + 1)

    assert doctor.check() == [f"방 사용 {use.pk}: 쓰던 일(centre.venue)이 없어졌습니다."]


# --- Races -----------------------------------------------------------------------------------
@pytest.fixture
def both_have_looked(monkeypatch):
    barrier, load = threading.Barrier(2, timeout=1), rooms.Usage.load

    def wait(*args, **kwargs):
        usage = load(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        return usage

    monkeypatch.setattr(rooms.Usage, "load", wait)


def two_meetings(room):
    return [lambda n=n: rooms.take(room, at("10:00", "11:00"), title=f"회의 {n}") for n in range(2)]


@pytest.mark.django_db(transaction=True)
def test_a_room_has_one_taker(at_once, room):
    results = at_once(*two_meetings(room))

    assert sum(isinstance(result, RoomUse) for result in results) == 1
    assert sum(isinstance(result, rooms.RoomTaken) for result in results) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_exclusion_refuses_the_second(at_once, room, both_have_looked, monkeypatch):
    monkeypatch.setattr(rooms, "lock", lambda queryset, pk: queryset.get(pk=pk))
    results = at_once(*two_meetings(room))

    assert sum(isinstance(result, rooms.RoomTaken) for result in results) == 1
    assert RoomUse.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_lock_and_exclusion_two_have_the_room(at_once, room, both_have_looked, monkeypatch):
    """The control."""
    monkeypatch.setattr(rooms, "lock", lambda queryset, pk: queryset.get(pk=pk))
    constraint = next(c for c in RoomUse._meta.constraints if c.name == "roomuse_one_at_a_time")
    with connection.schema_editor() as editor:
        editor.remove_constraint(RoomUse, constraint)
    try:
        at_once(*two_meetings(room))
        assert RoomUse.objects.count() == 2
        assert len(doctor.check()) == 2
    finally:
        RoomUse.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(RoomUse, constraint)


# --- Pages -----------------------------------------------------------------------------------
@pytest.fixture
def desk(client, boss, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "second_factor" not in name]
    client.force_login(boss)
    return client


def test_staff_take_a_room_and_give_it_back(desk, room):
    typed = {"room": room.pk, "day": "2026-11-25", "starts": "10:00", "ends": "11:00", "title": "직원 회의"}
    page = desk.post(reverse("admin:centre_roomuse_add"), typed, follow=True)
    assert "10:00~11:00" in page.content.decode()
    assert "직원 회의" in page.content.decode()

    again = desk.post(reverse("admin:centre_roomuse_add"), typed | {"title": "다른 회의"})
    assert "10:00~11:00에 쓰는 일이 있습니다" in again.content.decode()
    assert "다른 회의" in again.content.decode()  # nothing typed is lost

    use = RoomUse.objects.get()
    desk.post(reverse("admin:centre_roomuse_delete", args=[use.pk]), {"post": "yes"})
    assert not RoomUse.objects.exists()


def test_the_table_of_a_week_costs_the_same_however_full(desk, room, django_assert_max_num_queries):
    for day in range(23, 28):
        rooms.take(room, at("10:00", "11:00", f"2026-11-{day}"), title=f"회의 {day}")
    with django_assert_max_num_queries(15):
        page = desk.get(reverse("admin:centre_room_table"), {"day": "2026-11-25", "span": "week"})

    assert all(f"회의 {day}" in page.content.decode() for day in range(23, 28))


def test_a_day_that_is_no_day_shows_today(desk, room):
    assert desk.get(reverse("admin:centre_room_table"), {"day": "2026-13-45"}).context["day"] == date(2026, 11, 23)


def test_several_days_are_closed_at_once(desk, room):
    typed = {"room": room.pk, "day": "2026-11-25", "last_day": "2026-11-27", "starts": "00:00", "ends": "23:59"}
    desk.post(reverse("admin:centre_roomuse_add"), typed | {"title": "공사", "outside_hours": "on"})

    assert rooms.free_rooms(at("10:00", "11:00", "2026-11-26")) == []
    assert RoomUse.objects.get().ends_at - RoomUse.objects.get().starts_at == timedelta(days=3, minutes=-1)


def test_only_an_owner_gives_back_what_follows_it(room):
    with pytest.raises(Refused), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # as the owner's trigger would write it
        use = RoomUse.objects.create(room=room, period=at("10:00", "11:00"), owner_kind="a.b", owner_id=1, derived=True)
        rooms.give_back(use)
