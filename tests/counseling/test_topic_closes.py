"""A topic that is switched off, or a mode that is dropped, while families wait: staff know before, the sweep tidies up."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import User
from counseling import booking as bookings
from counseling import joining, sweeping
from counseling.models import SlotOffer, Topic, Wish
from notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(db):
    return User.objects.create_superuser("chief@example.com", name="정최고")


@pytest.fixture
def offer(slot, topic, student, parent, make_student, make_parent):
    """One is offered the only time by telephone, another waits behind for a visit or a call, a third for a call alone."""
    other = make_parent("이엄마")
    booked = bookings.book(slot.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)
    last = {"topic": topic, "last_day": date(2026, 11, 25)}
    joining.join(Wish(student=student, modes=["phone"], **last), by=parent)
    for name, modes in (("박하나", ["visit", "phone"]), ("박두리", ["phone"])):
        person = make_parent(f"{name} 엄마")
        joining.join(Wish(student=make_student(name, person), modes=modes, **last), by=person)
    bookings.cancel(booked, by=other, reason="일정")
    return SlotOffer.objects.standing().get()


def post(client, topic, **changed):
    url = reverse("admin:counseling_topic_change", args=[topic.pk])
    form = client.get(url).context["adminform"].form
    given = {name: value for name, value in form.initial.items() if name in form.fields}
    given |= changed
    return client.post(url, {name: value for name, value in given.items() if value is not None and value is not False})


CHANGES = {
    "off": ({"active": None}, "이 주제: 기다리는 학생 3명, 답을 기다리는 자리 제안 1건"),
    "no calls": ({"modes": ["visit"]}, "그만두는 방식(전화): 기다리는 학생 2명, 답을 기다리는 자리 제안 1건"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_staff_read_how_many_wait_before_anything_is_saved(client, chief, offer, topic, change):
    changed, sentence = CHANGES[change]
    client.force_login(chief)
    before = Topic.objects.values().get()

    page = post(client, topic, **changed).content.decode()
    assert sentence in page and "알고 저장합니다" in page
    assert Topic.objects.values().get() == before

    assert post(client, topic, **changed, knowing="on").status_code == 302
    assert Topic.objects.values().get() != before


@pytest.mark.parametrize("change", [{"active": "on", "modes": ["visit", "phone", "video"]}, {"name": "진학 이야기"}])
def test_what_concerns_nobody_is_saved_at_once(client, chief, offer, topic, change):
    client.force_login(chief)
    assert post(client, topic, **change).status_code == 302


def test_a_topic_on_which_nobody_waits_is_switched_off_at_once(client, chief, topic):
    client.force_login(chief)
    assert post(client, topic, active=None).status_code == 302


@pytest.mark.parametrize("change", [{"active": False}, {"modes": ["visit"]}])
def test_an_offer_that_cannot_be_taken_any_more_is_taken_back_and_said(offer, topic, parent, change):
    Topic.objects.filter(pk=topic.pk).update(**change)
    sweeping.sweep()
    offer.refresh_from_db()
    assert offer.state == SlotOffer.State.WITHDRAWN
    assert Notice.objects.filter(kind="counseling.offer_withdrawn", recipient=parent).exists()
    assert offer.wish.state == Wish.State.WAITING


def test_an_offer_in_a_mode_that_is_still_there_stands(offer, topic):
    Topic.objects.filter(pk=topic.pk).update(modes=["phone"])
    sweeping.sweep()
    offer.refresh_from_db()
    assert offer.state == SlotOffer.State.OPEN
