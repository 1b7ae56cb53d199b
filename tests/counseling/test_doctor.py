from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from counseling import booking as bookings
from counseling import doctor
from counseling.models import Booking, Slot, Topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


def test_a_healthy_centre_has_no_findings(booked, make_slot):
    make_slot("2026-11-25 14:50")

    assert doctor.check() == []


def test_a_slot_that_was_moved_under_its_booking_is_found(booked, slot):
    Slot.objects.update(period=type(slot.period)(slot.ends_at, slot.ends_at + timedelta(minutes=50), "[)"))

    assert doctor.check() == [f"예약 {booked.pk}: 상담 시간표의 시간과 어긋납니다."]


def test_a_student_over_the_cap_is_found(booked, student, rule):
    rule(open_most=0)

    assert doctor.check() == [f"학생 {student.pk}: 앞으로의 예약이 1건으로 한도를 넘습니다."]


def test_holds_that_nobody_came_back_to_are_counted(slot, student, topic, parent, monday_morning):
    bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    monday_morning.shift(timedelta(days=1, minutes=11))

    assert doctor.check() == ["맡아 둔 기한이 하루 넘게 지난 예약이 1건 있습니다."]


def test_the_command_speaks_for_every_room(booked, rule, capsys):
    call_command("doctor")
    assert "어긋난 것이 없습니다" in capsys.readouterr().out

    rule(open_most=0)
    with pytest.raises(CommandError):
        call_command("doctor")
    assert Booking.objects.count() == 1


@pytest.mark.parametrize(("scope", "most", "found"), [("all", 2, True), ("all", 3, False), ("one", 2, False)])
def test_a_year_cap_over_several_topics_is_recounted_where_the_rule_counts_all(
    make_slot, student, topic, parent, counselor, rule, monday_morning, scope, most, found
):
    rule(open_most=9)
    other = Topic.objects.create(slug="abroad", name="유학 상담", modes=["visit"], rules=topic.rules)
    counselor.topics.add(other)
    for day, subject in (("24", topic), ("25", other), ("26", other)):
        slot = make_slot(f"2026-11-{day} 18:00")
        bookings.book(slot.pk, student=student, topic=subject, mode="visit", by=parent)
    rules = rule(open_most=9, year_kind="calendar", year_scope=scope)
    rules.caps.create(most=most)

    sentence = f"학생 {student.pk}: 여러 주제를 합한 2026년(학년도) 상담이 3건으로 한도를 넘습니다."
    assert doctor.check() == ([sentence] if found else [])
