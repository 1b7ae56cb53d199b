"""Weekly patterns become times: looked at first, done once, and never over a booking."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from centre import rooms
from centre.models import Closure, Holiday, OpeningHours, Room, RoomUse, Venue
from counseling import booking as bookings
from counseling import joining, timetable
from counseling.models import Booking, Leave, PatternBreak, Slot, WeeklyPattern, Wish
from counseling.models.slots import midnight
from lifecycle.locks import Refused
from notices.models import Notice

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2026, 11, 25)


@pytest.fixture
def venue(db):
    return Venue.objects.create(name="새벽관", address="서울특별시 금천구 새벽로 1", first_day=date(2026, 1, 1))


@pytest.fixture
def room(venue):
    return Room.objects.create(venue=venue, name="상담실 1", first_day=date(2026, 1, 1))


@pytest.fixture
def pattern(counselor):
    """Wednesdays from two to five: three counsellings."""

    def make(counselor=counselor, breaks=(), **fields):
        values = {"weekday": 2, "starts": time(14), "ends": time(17), "minutes": 50, "pause": 10, "modes": ["visit"]}
        made = WeeklyPattern.objects.create(counselor=counselor, first_day=date(2026, 1, 1), **{**values, **fields})
        PatternBreak.objects.bulk_create(PatternBreak(pattern=made, starts=a, ends=b) for a, b in breaks)
        return made

    return make


def clocks(day: date = WEDNESDAY) -> list[str]:
    return [f"{timezone.localtime(slot.starts_at):%H:%M}" for slot in Slot.objects.standing().on(day)]


def reasons(plan: timetable.Plan) -> list[str]:
    return [one.reason for one in plan.left_out]


def publish(counselor, first=WEDNESDAY, last=WEDNESDAY, **more):
    return timetable.publish([counselor], first, last, **more)


# --- Looking and doing -----------------------------------------------------------------------
def test_a_look_changes_nothing_and_shows_what_is_done(counselor, pattern):
    pattern()
    seen = timetable.plan([counselor], WEDNESDAY, WEDNESDAY + timedelta(days=7))
    assert len(seen.new) == 6
    assert not Slot.objects.exists()

    done = publish(counselor, last=WEDNESDAY + timedelta(days=7), expected=seen.digest)
    assert done.digest == seen.digest
    assert clocks() == ["14:00", "15:00", "16:00"]
    assert set(Slot.objects.values_list("planned", "published")) == {(True, True)}


def test_done_twice_it_adds_nothing(counselor, pattern):
    pattern()
    seen = timetable.plan([counselor], WEDNESDAY, WEDNESDAY)
    publish(counselor, expected=seen.digest)

    again = publish(counselor, expected=seen.digest)
    assert again.is_empty
    assert len(again.kept) == 3
    assert Slot.objects.count() == 3


def test_what_was_not_shown_is_not_done(counselor, pattern):
    pattern()
    seen = timetable.plan([counselor], WEDNESDAY, WEDNESDAY)
    WeeklyPattern.objects.update(ends=time(16))

    with pytest.raises(timetable.Altered):
        publish(counselor, expected=seen.digest)
    assert not Slot.objects.exists()


def test_what_is_over_is_left_alone(counselor, pattern, monday_morning):
    pattern()
    monday_morning.move_to("2026-11-25 15:00+09:00")
    publish(counselor)
    assert clocks() == ["16:00"]  # 15:00 begins this very moment

    WeeklyPattern.objects.all().delete()
    monday_morning.move_to("2026-11-25 16:00+09:00")
    assert publish(counselor).gone == []


def test_length_and_pause_follow_the_topics(counselor, pattern, topic):
    topic.minutes, topic.buffer_minutes = 80, 15
    topic.save()
    pattern(minutes=None, pause=None)

    publish(counselor)
    assert {slot.ends_at - slot.starts_at for slot in Slot.objects.all()} == {timedelta(minutes=80)}
    assert clocks() == ["14:00", "15:35"]


def test_days_and_hours_of_the_centre_are_kept(counselor, pattern, venue):
    pattern()
    OpeningHours.objects.create(venue=venue, weekday=2, opens=time(10), closes=time(16), first_day=date(2026, 1, 1))
    Holiday.objects.get_or_create(day=date(2026, 12, 2), defaults={"name": "임시공휴일"})
    Closure.objects.create(
        first_day=date(2026, 12, 9),
        last_day=date(2026, 12, 9),
        from_time=time(14, 30),
        until_time=time(15),
        reason="점검",
    )
    plan = publish(counselor, last=date(2026, 12, 9))

    assert clocks() == ["14:00", "15:00"]
    assert clocks(date(2026, 12, 2)) == []
    assert clocks(date(2026, 12, 9)) == ["15:00"]
    assert any("임시공휴일" in reason for reason in reasons(plan))
    assert any("운영시간(10:00~16:00) 밖" in reason for reason in reasons(plan))
    assert any("점검" in reason for reason in reasons(plan))


def test_leave_and_half_days_are_kept(counselor, pattern):
    pattern()
    away = [timezone.make_aware(datetime.combine(WEDNESDAY, at)) for at in (time(14, 50), time(16))]
    Leave.objects.create(counselor=counselor, period=DateTimeTZRange(*away, "[)"), kind="trip")

    plan = publish(counselor)
    assert clocks() == ["14:00", "16:00"]  # both touch the leave and neither is in it
    assert reasons(plan) == ["출장"]


def test_limits_per_day_and_week_count_what_is_there(counselor, pattern, make_slot):
    pattern()
    pattern(weekday=3)
    make_slot("2026-11-25 10:00")
    counselor.most_per_day, counselor.most_per_week = 2, 4
    counselor.save()

    plan = publish(counselor, last=WEDNESDAY + timedelta(days=1))
    assert clocks() == ["10:00", "14:00"]
    assert clocks(WEDNESDAY + timedelta(days=1)) == ["14:00", "15:00"]
    assert reasons(plan) == ["하루 최대 2회"] * 3
    assert publish(counselor, last=WEDNESDAY + timedelta(days=1)).is_empty

    counselor.most_per_week = 2
    counselor.save()
    assert len(publish(counselor, last=WEDNESDAY + timedelta(days=1)).gone) == 2
    assert timetable.room_for_more(counselor, WEDNESDAY) == "하루 최대 2회를 이미 열었습니다."
    assert timetable.room_for_more(counselor, WEDNESDAY + timedelta(days=2)) == "한 주 최대 2회를 이미 열었습니다."
    assert timetable.room_for_more(counselor, WEDNESDAY + timedelta(days=7)) is None


# --- Changing a pattern ----------------------------------------------------------------------
@pytest.fixture
def published(counselor, pattern):
    made = pattern()
    publish(counselor)
    return made


def test_a_changed_pattern_moves_what_is_free_and_leaves_what_is_booked(
    counselor, published, student, parent, topic, make_slot
):
    by_hand = make_slot("2026-11-25 10:00")
    booked = Slot.objects.on(WEDNESDAY)[2]
    bookings.book(booked.pk, student=student, topic=topic, mode="visit", by=parent)
    WeeklyPattern.objects.update(starts=time(14, 5))  # 14:05, 15:05, 16:05

    seen = timetable.plan([counselor], WEDNESDAY, WEDNESDAY)
    assert [stays.slot.pk for stays in seen.exceptions] == [booked.pk]
    assert len(seen.gone) == 2
    assert reasons(seen) == ["이미 있는 시간(15:00~15:50)과 겹칩니다."]

    publish(counselor, expected=seen.digest)
    assert clocks() == ["10:00", "14:05", "15:00", "16:05"]
    assert Slot.objects.filter(pk__in=[booked.pk, by_hand.pk]).count() == 2


def test_a_held_time_counts_as_booked(counselor, published, student, parent, topic, monday_morning):
    slot = Slot.objects.on(WEDNESDAY).first()
    bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    WeeklyPattern.objects.all().delete()
    assert [stays.slot.pk for stays in timetable.plan([counselor], WEDNESDAY, WEDNESDAY).exceptions] == [slot.pk]

    monday_morning.shift(timedelta(minutes=11))
    publish(counselor)
    assert clocks() == []
    slot.refresh_from_db()
    assert slot.withdrawn_at  # somebody once held it, so it stays on record
    assert Slot.objects.count() == 1


def test_a_time_changed_by_hand_is_no_pattern_s_any_more(client, counselor, published):
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))
    slot = Slot.objects.on(WEDNESDAY)[2]
    typed = {"counselor": counselor.pk, "day": "2026-11-25", "starts": "17:10", "ends": "18:00", "modes": ["visit"]}
    client.post(reverse("admin:counseling_slot_change", args=[slot.pk]), typed | {"published": "on"})
    publish(counselor)

    assert clocks() == ["14:00", "15:00", "16:00", "17:10"]


def test_whoever_waits_is_offered_a_new_time_in_the_same_transaction(counselor, pattern, student, parent, topic):
    pattern()
    wish = joining.join(Wish(student=student, topic=topic, modes=["visit"]), by=parent)
    publish(counselor)

    offer = wish.offers.get()
    assert offer.slot == Slot.objects.on(WEDNESDAY).first()
    assert Booking.objects.get(slot=offer.slot).state == Booking.State.HELD
    assert Slot.objects.free(topic=topic).count() == 2


def test_a_time_made_by_hand_is_offered_too(client, counselor, student, parent, topic):
    wish = joining.join(Wish(student=student, topic=topic, modes=["visit"]), by=parent)
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))
    typed = {"counselor": counselor.pk, "day": "2026-11-26", "starts": "14:00", "ends": "14:50", "modes": ["visit"]}
    client.post(reverse("admin:counseling_slot_add"), typed)
    assert not wish.offers.exists()  # not published yet

    slot = Slot.objects.get()
    chosen = {"action": "publish", "_selected_action": [slot.pk]}
    client.post(reverse("admin:counseling_slot_changelist"), chosen)
    assert wish.offers.get().slot == slot


# --- Rooms -----------------------------------------------------------------------------------
def test_a_fixed_room_that_is_taken_leaves_the_time_out(counselor, pattern, room):
    pattern(room=room)
    lunch = [timezone.make_aware(datetime.combine(WEDNESDAY, at)) for at in (time(15), time(16))]
    rooms.take(room, DateTimeTZRange(*lunch, "[)"), title="직원 회의")

    plan = publish(counselor)
    assert clocks() == ["14:00", "16:00"]
    assert reasons(plan) == ["상담실 1: 15:00~16:00에 쓰는 일이 있습니다(직원 회의)."]


def test_any_free_room_of_the_venue_is_found_and_kept(counselor, pattern, room, venue, make_counselor):
    other = Room.objects.create(venue=venue, name="상담실 2", first_day=date(2026, 1, 1))
    colleague = make_counselor("이도윤 상담사")
    third = make_counselor("박서연 상담사")
    for one in (counselor, colleague, third):
        pattern(counselor=one, venue=venue)

    plan = timetable.publish([counselor, colleague, third], WEDNESDAY, WEDNESDAY)
    assert {slot.room_id for slot in Slot.objects.filter(counselor=counselor)} == {room.pk}
    assert {slot.room_id for slot in Slot.objects.filter(counselor=colleague)} == {other.pk}
    assert reasons(plan) == ["새벽관: 빈 방이 없습니다."] * 3
    assert timetable.publish([counselor, colleague, third], WEDNESDAY, WEDNESDAY).is_empty


def test_two_counsellors_swap_their_rooms(counselor, pattern, room, venue, make_counselor):
    other = Room.objects.create(venue=venue, name="상담실 2", first_day=date(2026, 1, 1))
    colleague = make_counselor("이도윤 상담사")
    mine, theirs = pattern(room=room), pattern(counselor=colleague, room=other)
    timetable.publish([counselor, colleague], WEDNESDAY, WEDNESDAY)
    WeeklyPattern.objects.filter(pk=mine.pk).update(room=other)
    WeeklyPattern.objects.filter(pk=theirs.pk).update(room=room)

    plan = timetable.publish([counselor, colleague], WEDNESDAY, WEDNESDAY)
    assert (len(plan.changed), len(plan.new), len(plan.gone)) == (6, 0, 0)
    assert set(Slot.objects.filter(counselor=counselor).values_list("room", flat=True)) == {other.pk}
    assert RoomUse.objects.count() == 6


# --- What the database refuses ---------------------------------------------------------------
def test_patterns_and_leave_of_one_counsellor_do_not_overlap(counselor, pattern):
    pattern()
    with pytest.raises(IntegrityError, match="weeklypattern_no_overlap"), transaction.atomic():
        pattern(starts=time(16, 59), ends=time(18))
    pattern(starts=time(17), ends=time(18))
    period = DateTimeTZRange(timezone.now(), timezone.now() + timedelta(days=1), "[)")
    Leave.objects.create(counselor=counselor, period=period)
    with pytest.raises(IntegrityError, match="leave_no_overlap"), transaction.atomic():
        Leave.objects.create(counselor=counselor, period=period)


# --- Races -----------------------------------------------------------------------------------
def clear(*constraints):
    Notice.objects.all().delete()
    Booking.objects.all().delete()
    Slot.objects.all().delete()
    RoomUse.objects.all().delete()
    for model, constraint in constraints:
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


@pytest.fixture
def constraint_away():
    away = []

    def remove(model, name):
        constraint = next(c for c in model._meta.constraints if c.name == name)
        with connection.schema_editor() as editor:
            editor.remove_constraint(model, constraint)
        away.append((model, constraint))

    yield remove
    clear(*away)


@pytest.fixture
def both_have_looked(monkeypatch):
    barrier, plan = threading.Barrier(2, timeout=1), timetable.plan

    def wait(*args):
        found = plan(*args)
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        return found

    monkeypatch.setattr(timetable, "plan", wait)


@pytest.fixture
def no_locks(monkeypatch):
    monkeypatch.setattr(timetable, "lock_all", lambda queryset, pks: list(queryset.filter(pk__in=pks)))


@pytest.mark.django_db(transaction=True)
def test_published_at_once_they_are_there_once(at_once, counselor, pattern):
    pattern()
    results = at_once(*[lambda: publish(counselor) for _ in range(4)])

    assert [len(result.new) for result in results if not result.is_empty] == [3]
    assert Slot.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_without_the_locks_the_exclusion_refuses_the_second(at_once, counselor, pattern, no_locks, both_have_looked):
    pattern()
    results = at_once(*[lambda: publish(counselor) for _ in range(2)])

    assert sum(isinstance(result, Refused) for result in results) == 1
    assert Slot.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_without_locks_and_exclusion_times_are_there_twice(
    at_once, counselor, pattern, no_locks, both_have_looked, constraint_away
):
    """The control."""
    pattern()
    constraint_away(Slot, "slot_no_overlap_per_counselor")
    at_once(*[lambda: publish(counselor) for _ in range(2)])

    assert Slot.objects.count() == 6


@pytest.fixture
def two_in_one_room(counselor, make_counselor, pattern, room):
    colleague = make_counselor("이도윤 상담사")
    pattern(room=room)
    pattern(counselor=colleague, room=room)
    return [lambda: publish(counselor), lambda: publish(colleague)]


@pytest.mark.django_db(transaction=True)
def test_two_counsellors_do_not_get_one_room(at_once, two_in_one_room):
    results = at_once(*two_in_one_room)

    assert sorted(len(result.new) for result in results) == [0, 3]
    assert RoomUse.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_without_the_locks_the_table_of_rooms_refuses(at_once, two_in_one_room, no_locks, both_have_looked):
    results = at_once(*two_in_one_room)

    assert sum(isinstance(result, Refused) for result in results) == 1
    assert RoomUse.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_without_locks_and_exclusion_one_room_is_given_twice(
    at_once, two_in_one_room, no_locks, both_have_looked, constraint_away
):
    """The control."""
    constraint_away(RoomUse, "roomuse_one_at_a_time")
    at_once(*two_in_one_room)

    assert RoomUse.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_meeting_and_a_publication_end_in_one_use(at_once, counselor, pattern, room):
    pattern(room=room, ends=time(15))
    hour = [timezone.make_aware(datetime.combine(WEDNESDAY, at)) for at in (time(14), time(15))]
    at_once(lambda: publish(counselor), lambda: rooms.take(room, DateTimeTZRange(*hour, "[)"), title="직원 회의"))

    assert RoomUse.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_withdrawing_and_booking_at_once_end_in_one_of_both(at_once, counselor, published, student, parent, topic):
    slot = Slot.objects.on(WEDNESDAY).first()
    WeeklyPattern.objects.all().delete()
    done, booked = at_once(
        lambda: publish(counselor),
        lambda: bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent),
    )

    if isinstance(booked, Booking):
        assert isinstance(done, Refused) or [stays.slot.pk for stays in done.exceptions] == [slot.pk]
        assert Slot.objects.filter(pk=slot.pk, withdrawn_at=None).exists()
    else:
        assert isinstance(booked, bookings.Taken)
        assert not Slot.objects.exists()


# --- Pages -----------------------------------------------------------------------------------
@pytest.fixture
def me(client, counselor):
    call_command("sync_roles", verbosity=0)
    counselor.user.groups.add(Group.objects.get(name="상담사"))
    client.force_login(counselor.user)
    return client


def test_a_counsellor_enters_a_pattern_looks_and_publishes(me, counselor, django_assert_max_num_queries):
    typed = {
        "counselor": counselor.pk, "weekdays": ["2", "3"], "starts": "14:00", "ends": "17:00", "minutes": "", "pause": "",
        "modes": ["visit"], "first_day": "2026-11-01", "breaks-TOTAL_FORMS": 1, "breaks-INITIAL_FORMS": 0,
        "breaks-0-starts": "15:00", "breaks-0-ends": "15:30",
    }  # fmt: skip
    page = me.post(reverse("admin:counseling_weeklypattern_add"), typed)
    assert page.status_code == 302, page.context["errors"]
    assert sorted(WeeklyPattern.objects.values_list("weekday", flat=True)) == [2, 3]
    assert PatternBreak.objects.count() == 2

    asked = {"counselors": counselor.pk, "first": "2026-11-25", "last": "2026-11-26"}
    with django_assert_max_num_queries(15):
        page = me.get(reverse("admin:counseling_publish"), asked)
    plan = page.context["plan"]
    assert len(plan.new) == 4
    page = me.post(reverse("admin:counseling_publish"), asked | {"seen": plan.digest}, follow=True)
    assert "새로 공개 4개" in page.content.decode()
    assert clocks() == ["14:00", "15:30"]

    changed = WeeklyPattern.objects.get(weekday=2)
    page = me.post(
        reverse("admin:counseling_weeklypattern_change", args=[changed.pk]),
        typed | {"weekday": 2, "starts": "15:30", "breaks-TOTAL_FORMS": 0},
    )
    assert page.url.startswith(reverse("admin:counseling_publish"))
    assert clocks() == ["14:00", "15:30"]  # nothing happened yet
    assert len(me.get(page.url).context["plan"].gone) == 1

    page = me.post(reverse("admin:counseling_weeklypattern_delete", args=[changed.pk]), {"post": "yes"})
    assert page.url.startswith(reverse("admin:counseling_publish"))


def test_an_overlapping_pattern_comes_back_with_a_sentence(me, counselor, pattern):
    pattern(weekday=3)
    typed = {
        "counselor": counselor.pk, "weekdays": ["2", "3"], "starts": "16:00", "ends": "18:00", "modes": ["visit"],
        "first_day": "2026-11-01", "breaks-TOTAL_FORMS": 0, "breaks-INITIAL_FORMS": 0,
    }  # fmt: skip
    page = me.post(reverse("admin:counseling_weeklypattern_add"), typed)

    assert "이 상담사의 같은 요일 시간표와 겹칩니다." in page.content.decode()
    assert WeeklyPattern.objects.count() == 1


def test_what_changed_after_the_look_is_shown_again(me, counselor, pattern):
    pattern()
    asked = {"counselors": counselor.pk, "first": "2026-11-25", "last": "2026-11-25"}
    page = me.post(reverse("admin:counseling_publish"), asked | {"seen": "stale"})

    assert timetable.ALTERED in page.content.decode()
    assert not Slot.objects.exists()
    too_long = me.get(reverse("admin:counseling_publish"), asked | {"last": "2027-11-25"})
    assert "92일 안으로" in too_long.content.decode()


def test_nobody_publishes_for_another(me, make_counselor, pattern):
    colleague = make_counselor("이도윤 상담사")
    pattern(counselor=colleague)
    asked = {"counselors": colleague.pk, "first": "2026-11-25", "last": "2026-11-25"}
    me.post(
        reverse("admin:counseling_publish"), asked | {"seen": timetable.plan([colleague], WEDNESDAY, WEDNESDAY).digest}
    )

    assert not Slot.objects.exists()


@pytest.mark.parametrize("span", ["week", "month"])
def test_the_timetable_costs_the_same_however_full(
    client, counselor, published, student, parent, topic, span, django_assert_max_num_queries
):
    client.force_login(User.objects.create_superuser("chief@example.com", name="정최고"))
    bookings.book(Slot.objects.on(WEDNESDAY).first().pk, student=student, topic=topic, mode="visit", by=parent)
    away = DateTimeTZRange(timezone.now() + timedelta(days=3), timezone.now() + timedelta(days=4), "[)")
    Leave.objects.create(counselor=counselor, period=away)
    with django_assert_max_num_queries(15):
        page = client.get(reverse("admin:counseling_timetable"), {"day": "2026-11-25", "span": span})

    text = " ".join(page.content.decode().split())
    assert "예약 1 / 3" in text
    assert "연차" in text
    assert student.name not in text


def test_leave_over_published_times_goes_on_to_what_is_hit(me, counselor, published):
    typed = {"counselor": counselor.pk, "kind": "annual", "first_day": "2026-11-25"}
    page = me.post(reverse("admin:counseling_leave_add"), typed)

    leave = Leave.objects.get()
    assert leave.period.lower == midnight(WEDNESDAY)
    assert leave.period.upper == midnight(WEDNESDAY + timedelta(days=1))
    assert leave.created_by == counselor.user
    assert page.status_code == 302
    assert "first_day=2026-11-25&last_day=2026-11-25" in page.url
    assert "_time" not in page.url  # whole days stay days
    text = me.get(reverse("admin:counseling_leave_changelist")).content.decode()
    assert "2026. 11. 25.(수)" in text
    assert "00:00" not in text
