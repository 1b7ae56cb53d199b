"""Counselling at the hours of a programme: said to whoever is about to apply, and no reason to refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from counseling import booking as bookings
from programs import clashes
from programs.models import Application, Program, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(student, slot, topic, parent):
    """The child's counselling on 25 November 2026, 14:00 to 14:50."""
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


@pytest.fixture
def make_run(db):
    """A run with one session that begins so many minutes after the counselling and takes an hour."""

    def make(slot, minutes: int) -> Run:
        starts, now = slot.starts_at + timedelta(minutes=minutes), timezone.now()
        program = Program.objects.create(
            title="별 관찰 교실", area="career", kind="experience", audience=["student"], published_at=now
        )
        run = Run.objects.create(
            program=program, title="1회", starts_at=starts, ends_at=starts + timedelta(hours=1), capacity=5,
            opens_at=now, closes_at=starts, published_at=now,
        )  # fmt: skip
        run.sessions.create(number=1, starts_at=run.starts_at, ends_at=run.ends_at)
        return run

    return make


@pytest.mark.parametrize(("minutes", "warned"), [(-60, False), (-59, True), (49, True), (50, False)])
def test_counselling_at_the_hours_of_a_session_is_said(student, slot, booking, parent, make_run, minutes, warned):
    found = clashes.of(make_run(slot, minutes), [student], user=parent)

    assert [one.student_id for one in found] == ([student.pk] if warned else [])
    for one in found:
        assert "2026. 11. 25.(수) 14:00 ~ 14:50" in one.sentence


def test_another_childs_counselling_is_no_clash_of_this_one(slot, booking, make_student, parent, make_run):
    assert clashes.of(make_run(slot, 0), [make_student("김새별", parent)], user=parent) == []


def test_a_counselling_that_was_cancelled_is_no_clash(student, slot, booking, parent, make_run):
    bookings.cancel(booking, by=parent, reason="일정이 생겼어요")

    assert clashes.of(make_run(slot, 0), [student], user=parent) == []


def test_who_applies_is_asked_once_more_and_may_apply_all_the_same(log_in, student, slot, booking, parent, make_run):
    run, client = make_run(slot, 0), log_in(parent)
    url, sent = reverse("programs:apply", args=[run.pk]), {"who": [f"student-{student.pk}"]}

    assert "같은 시간에 상담 예약이 있습니다" in client.get(url).content.decode()
    asked = client.post(url, sent)
    assert "아직 신청되지 않았습니다" in asked.content.decode()
    assert not Application.objects.exists()
    client.post(url, {**sent, "sure": "1"})

    assert Application.objects.get().state == Application.State.CONFIRMED
