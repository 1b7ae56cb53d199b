"""What else stands at the hour a family is about to choose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from counseling import booking as bookings
from counseling import clashes
from programs import engagements
from programs.engagements import Engagement

pytestmark = pytest.mark.django_db


@pytest.fixture
def sister(make_student, parent):
    return make_student("김새별", parent)


def said(student, slot, user, **more):
    return [(clash.forbids, clash.sentence) for clash in clashes.of([student], slot.period, user=user, **more)]


def test_an_empty_hour_has_no_clash(student, slot, parent, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert said(student, slot, parent) == []


def test_another_counselling_of_the_same_child_would_be_refused(
    student, slot, topic, parent, make_slot, make_counselor
):
    booking = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    beside = make_slot("2026-11-25 14:30", counselor=make_counselor("이도윤 상담사"))

    [(forbids, sentence)] = said(student, beside, parent)
    assert forbids
    assert "2026. 11. 25.(수) 14:00 ~ 14:50" in sentence
    assert said(student, beside, parent, leaving=booking) == []


def test_what_ends_when_the_other_begins_is_no_clash(student, slot, topic, parent, make_slot):
    bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)

    assert said(student, make_slot("2026-11-25 14:50"), parent) == []


@pytest.mark.parametrize(("mode", "warned"), [("visit", True), ("phone", False)])
def test_a_sisters_visit_at_the_same_hour_is_a_mere_warning(
    student, sister, slot, topic, parent, make_slot, make_counselor, mode, warned
):
    bookings.book(slot.pk, student=sister, topic=topic, mode=mode, by=parent)
    beside = make_slot(counselor=make_counselor("이도윤 상담사"))

    found = said(student, beside, parent)
    assert [forbids for forbids, _sentence in found] == ([False] if warned else [])


def test_the_other_parent_does_not_learn_of_a_child_that_is_not_theirs(
    student, slot, topic, parent, make_parent, make_student, make_slot, make_counselor
):
    from accounts.models import Guardianship

    father = make_parent("김아빠")
    theirs = make_student("김새별", father)
    Guardianship.objects.create(guardian=father, student=student, relation="father", confirmed_at=student.registered_at)
    bookings.book(slot.pk, student=theirs, topic=topic, mode="visit", by=father)
    beside = make_slot(counselor=make_counselor("이도윤 상담사"))

    assert said(student, beside, parent) == []
    assert len(said(student, beside, father)) == 1


@pytest.fixture
def camp(student, slot, monkeypatch):
    """A session that the child takes part in, as the applications will tell it."""
    session = Engagement(
        student.pk, 7, "별 따는 캠프", "강당", slot.starts_at, slot.starts_at + timedelta(hours=2), "/programs/7/"
    )

    def of(students, first, last):
        mine = session.student_id in {student.pk for student in students}
        return [session] if mine and session.starts_at < last and first < session.ends_at else []

    monkeypatch.setattr(engagements, "of", of)
    return session


def test_a_programme_of_the_child_is_said_on_every_page_before_booking(client, camp, slot, student, topic, parent):
    client.force_login(parent)
    url = reverse("counseling:slot", args=[slot.pk])
    wish = client.get(url).content.decode()
    review = client.post(url, {"student": student.pk, "topic": topic.pk, "mode": "visit"}, follow=True).content.decode()

    for page in (wish, review):
        assert "별 따는 캠프" in page


def test_a_programme_is_said_before_a_change_and_does_not_forbid_it(
    client, camp, slot, student, topic, parent, make_slot
):
    booking = bookings.book(make_slot("2026-11-26 14:00").pk, student=student, topic=topic, mode="visit", by=parent)
    client.force_login(parent)
    url = reverse("counseling:move", args=[booking.pk, slot.pk])

    assert "별 따는 캠프" in client.get(url).content.decode()
    client.post(url, {"mode": "visit", "counselor": "any", "seen": 0})
    booking.refresh_from_db()
    assert booking.slot_id == slot.pk


def test_nobody_is_engaged_without_a_place(student, slot, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert engagements.of([student], slot.starts_at, slot.ends_at) == []


def test_a_sisters_visit_is_told_once_whoever_else_may_be_chosen(
    student, sister, slot, topic, parent, make_slot, make_counselor, make_student
):
    bookings.book(slot.pk, student=sister, topic=topic, mode="visit", by=parent)
    beside = make_slot(counselor=make_counselor("이도윤 상담사"))
    children = [student, make_student("김나무", parent)]
    assert len(clashes.of(children, beside.period, user=parent)) == 1
