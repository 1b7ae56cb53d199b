"""What 나의 페이지 and the front door say of programmes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import overview
from accounts.overview import Asked, Group, Urgency
from programs import enrolment, steps
from programs.enrolment import Entrant, People
from programs.models import Participant
from questionnaires.models import Questionnaire

pytestmark = pytest.mark.django_db


def said(asked):
    """What programmes say; other rooms have their own tests."""
    return [step for step in asked.steps if step.url.startswith("/programs/")]


def test_an_offer_comes_first_until_its_deadline(open_run, make_family, applying, today):
    run = open_run(capacity=1)
    (one, mother), (two, father) = make_family("학생가"), make_family("학생나")
    seated, waits = applying(run, one, mother), applying(run, two, father)
    enrolment.withdraw(seated, by=mother)
    offer = waits.offers.get()

    step = overview.foremost(father, timezone.now())
    assert (step.urgency, step.until) == (Urgency.NOW, offer.deadline)
    (listed,) = said(Asked.by(father))
    assert (listed.urgency, listed.student, listed.until) == (Urgency.NOW, two.pk, offer.deadline)
    assert steps.what_presses(mother, timezone.now()) is None
    today.move_to(offer.deadline)
    assert steps.what_presses(father, timezone.now()) is None
    assert said(Asked.by(father)) == []


def test_a_missing_form_is_pressing_near_its_end(open_run, make_family, applying, today):
    form = Questionnaire.objects.create(name="캠프 서류")
    run = open_run(second_form=form, second_form_until=timezone.now() + timedelta(days=5))
    student, parent = make_family()
    made = applying(run, student, parent)

    form_step = next(step for step in Asked.by(parent).steps if step.until == made.form_until)
    assert form_step.urgency == Urgency.LATER
    today.move_to(made.form_until - timedelta(days=3))
    assert steps.what_presses(parent, timezone.now()).urgency == Urgency.SOON


def test_the_next_session_and_the_line_stand_under_the_child(open_run, make_family, applying):
    run, full = open_run(capacity=1, place="강당"), open_run(capacity=1)
    student, parent = make_family()
    applying(full, *make_family("학생나"))
    seated, waiting = applying(run, student, parent), applying(full, student, parent)

    asked = Asked.by(parent)
    (ahead,) = asked.of(student, Group.AHEAD)
    (waits,) = asked.of(student, Group.WAITING)
    assert ahead.text == "강당" and ahead.at == run.starts_at
    assert "대기 1번째" in waits.text
    assert [step.happens for step in said(asked)] == [True]
    assert [ahead.url, waits.url] == [one.get_absolute_url() for one in (seated, waiting)]


def test_a_guardians_own_place_is_said_too(open_run, make_program, make_family):
    run = open_run(make_program(audience=["guardian"]))
    _student, mother = make_family()
    guardian = People((Entrant(Participant.Role.GUARDIAN, user_id=mother.pk),))
    enrolment.apply(run.pk, [guardian], by=mother)

    (step,) = said(Asked.by(mother))
    assert (step.student, step.until) == (None, run.starts_at)
    assert steps.what_presses(mother, timezone.now()).until == run.starts_at


def test_the_page_costs_the_same_for_one_and_for_many(client, open_run, make_parent, make_student, applying):
    mother = make_parent()
    full = open_run(capacity=1)
    applying(full, make_student("이별", mother), mother)

    def cost():
        client.force_login(mother)
        client.get("/my/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/my/").status_code == 200
        return len(seen)

    applying(full, make_student("이달", mother), mother)
    few = cost()
    for number in "가나다라":
        student = make_student(f"이{number}", mother)
        applying(open_run(capacity=1), student, mother)
        applying(full, student, mother)

    assert cost() == few
