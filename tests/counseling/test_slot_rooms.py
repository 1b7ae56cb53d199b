"""A slot and its room use are one fact: the database writes the second from the first."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from centre import rooms
from centre.models import Room, RoomUse, Venue
from counseling import doctor
from counseling.models import Slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_room(db):
    venue = Venue.objects.create(name="새벽관", address="서울특별시 금천구 새벽로 1", first_day=date(2026, 1, 1))
    return lambda name="상담실 1": Room.objects.create(venue=venue, name=name, first_day=date(2026, 1, 1))


@pytest.fixture
def room(make_room):
    return make_room()


def uses() -> list[tuple]:
    return [(use.owner_id, use.room_id, use.period) for use in RoomUse.objects.order_by("period__startswith", "pk")]


def test_a_slot_takes_its_room_moves_it_and_gives_it_back(make_slot, room, make_room):
    slot = make_slot(room=room)
    assert uses() == [(slot.pk, room.pk, slot.period)]

    slot.room, slot.period = make_room("상담실 2"), type(slot.period)(slot.ends_at, slot.ends_at + timedelta(hours=1))
    slot.save()
    assert uses() == [(slot.pk, slot.room_id, slot.period)]

    Slot.objects.update(room=None)
    assert uses() == []
    Slot.objects.update(room=room)
    Slot.objects.update(published=False, withdrawn_at=timezone.now())
    assert uses() == []
    Slot.objects.update(withdrawn_at=None)
    slot.delete()
    assert uses() == []


def test_two_slots_without_a_room_do_not_clash(make_slot, make_counselor):
    make_slot()
    make_slot(counselor=make_counselor("이도윤 상담사"))

    assert uses() == []
    assert Slot.objects.count() == 2


@pytest.fixture
def side_by_side(at_once, make_slot, counselor, make_counselor):
    """Two counsellors' slots at one time, each written before the other commits; what came of it, and whether they met."""
    colleague, both_written = make_counselor("이도윤 상담사"), threading.Barrier(2, timeout=1)

    def make(counselor, **fields):
        with transaction.atomic():
            slot = make_slot(counselor=counselor, **fields)
            with suppress(threading.BrokenBarrierError):
                both_written.wait()
            return slot

    def run(**fields):
        made = at_once(lambda: make(counselor, **fields), lambda: make(colleague, **fields))
        return made, not both_written.broken

    yield run
    Slot.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_two_slots_without_a_room_made_in_parallel_both_stand(side_by_side):
    made, met = side_by_side()

    assert met  # neither waited for the other
    assert [type(slot) for slot in made] == [Slot, Slot]
    assert Slot.objects.filter(room=None).count() == 2
    assert uses() == []


@pytest.mark.django_db(transaction=True)
def test_two_slots_in_one_room_made_in_parallel_leave_one(side_by_side, room):
    """The control: where a room is named, the same two do clash."""
    made, met = side_by_side(room=room)

    assert not met
    refused, stands = sorted(made, key=lambda result: isinstance(result, Slot))
    assert isinstance(stands, Slot)
    assert isinstance(refused, DatabaseError)  # the exclusion, or the deadlock that two of them may end in
    assert len(uses()) == 1


def test_a_slot_and_a_meeting_do_not_share_a_room(make_slot, room):
    meeting = rooms.take(room, make_slot().period, title="직원 회의")

    with pytest.raises(IntegrityError, match="roomuse_one_at_a_time"), transaction.atomic():
        Slot.objects.update(room=room)
    rooms.give_back(meeting)
    Slot.objects.update(room=room)
    with pytest.raises(rooms.RoomTaken, match="상담"):
        rooms.take(room, meeting.period, title="직원 회의")


def test_a_withdrawn_slot_leaves_its_counsellor_free(make_slot):
    make_slot(published=False, withdrawn_at=timezone.now())
    make_slot()

    with pytest.raises(IntegrityError, match="slot_no_overlap_per_counselor"), transaction.atomic():
        make_slot()
    with pytest.raises(IntegrityError, match="slot_withdrawn_is_not_offered"), transaction.atomic():
        make_slot("2026-11-26 14:00", withdrawn_at=timezone.now())


def test_the_doctor_sees_a_slot_whose_room_says_otherwise(make_slot, room):
    slot = make_slot(room=room)
    assert doctor.check() == []
    with connection.cursor() as cursor:  # what happens where somebody switches the triggers off
        cursor.execute("SET LOCAL session_replication_role = replica")
        RoomUse.objects.all().delete()
        other = Slot.objects.create(
            counselor=slot.counselor,
            period=slot.period.__class__(slot.ends_at, slot.ends_at + timedelta(hours=1), "[)"),
            modes=["visit"],
        )
        RoomUse.objects.create(
            room=room, period=other.period, owner_kind="counseling.slot", owner_id=other.pk, derived=True
        )
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert doctor.check() == [
        f"상담 시간 {slot.pk}: 방 사용표에 없습니다.",
        f"상담 시간 {other.pk}: 쓰지 않는 방이 방 사용표에 남아 있습니다.",
    ]


def test_the_form_says_why_a_room_cannot_be_had(client, counselor, room, make_slot, make_counselor):
    taken = make_slot(counselor=make_counselor("이도윤 상담사"), room=room)
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))
    typed = {
        "counselor": counselor.pk,
        "day": "2026-11-25",
        "starts": "14:30",
        "ends": "15:20",
        "modes": ["visit"],
        "room": room.pk,
        "published": "on",
    }
    page = client.post(reverse("admin:counseling_slot_add"), typed)
    assert "14:00~14:50에 쓰는 일이 있습니다(상담)" in page.content.decode()

    client.post(reverse("admin:counseling_slot_add"), typed | {"starts": "14:50", "ends": "15:40"})
    assert Slot.objects.exclude(pk=taken.pk).get().room == room


def test_the_table_of_rooms_names_the_counsellor(client, make_slot, room):
    make_slot(room=room)
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))

    page = client.get(reverse("admin:centre_room_table"), {"day": "2026-11-25"})
    assert "14:00~14:50 상담 · 김지우 상담사" in " ".join(page.content.decode().split())
