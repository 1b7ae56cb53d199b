"""Who is asked, when, how often; what a family reads."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts.models import Guardianship, School, Student, User
from counseling.models import Booking, Counselor, Slot, Topic
from notices.models import Notice
from programs.models import Application, Mark, Participant, Program, Run, Session
from surveys import answering, inviting
from surveys.answering import Given
from surveys.models import Invitation

pytestmark = pytest.mark.django_db


def at(text):
    return timezone.make_aware(datetime.fromisoformat(text))


@pytest.fixture
def parent():
    return User.objects.create_user(
        "parent@example.com", name="김나래", phone="01000000001", phone_verified_at=at("2026-01-01")
    )


@pytest.fixture
def child(parent):
    def child(name="김하늘", **fields):
        student = Student.objects.create(name=name, birth_date=date(2011, 5, 5), grade=9, grade_year=2026, **fields)
        Guardianship.objects.create(
            guardian=parent, student=student, relation="mother", confirmed_at=timezone.now() - timedelta(days=99)
        )
        return student

    return child


@pytest.fixture
def counselled(child):
    topic = Topic.objects.create(slug="learning", name="학습심리 상담", minutes=50, modes=["visit"])
    user = User.objects.create_user("counselor@example.com", name="김지우", is_staff=True)
    counselor = Counselor.objects.create(user=user, name="김지우")

    def counselled(begins="2026-11-20 14:00", state=Booking.State.DONE, student=None):
        period = DateTimeTZRange(at(begins), at(begins) + timedelta(minutes=50), "[)")
        slot = Slot.objects.create(counselor=counselor, period=period, modes=["visit"])
        return Booking.objects.create(
            slot=slot,
            student=student or child(),
            topic=topic,
            mode="visit",
            period=period,
            state=state,
            booked_by=user,
            booked_at=timezone.now() - timedelta(days=30),
        )

    return counselled


@pytest.fixture
def run():
    program = Program.objects.create(
        title="수시 설명회",
        area="career",
        kind="briefing",
        summary="수시",
        audience=["student"],
        published_at=timezone.now(),
    )
    return Run.objects.create(
        program=program, title="1회", starts_at=at("2026-11-21 14:00"), ends_at=at("2026-11-21 16:00")
    )


def took_part(run, number, applicant, **participant):
    application = Application.objects.create(
        run=run, number=number, applicant=applicant, state=Application.State.CONFIRMED, confirmed_at=timezone.now()
    )
    person = Participant.objects.create(application=application, run=run, **{"role": "student", **participant})
    return application, person


def test_who_was_counselled_is_asked_once_without_the_topic_in_the_text(counselled, make_survey, parent):
    make_survey()
    booking = counselled()

    assert inviting.invite() == 1
    assert inviting.invite() == 0

    invitation = Invitation.objects.get()
    assert (invitation.use, invitation.person, invitation.level) == (f"booking/{booking.pk}", parent, "middle")
    text = Notice.objects.get(channel="sms")
    assert "1:1 상담" in text.body
    assert "학습심리" not in text.body
    assert "answer/" not in text.body  # the link is sealed


@pytest.mark.parametrize(
    ("begins", "state", "asked"),
    [
        ("2026-11-23 08:00", Booking.State.DONE, 1),  # over ten minutes ago
        ("2026-11-23 08:10", Booking.State.DONE, 0),  # over at this very moment: not yet
        ("2026-11-09 08:10", Booking.State.DONE, 1),  # over fourteen days ago to the minute
        ("2026-11-09 08:09", Booking.State.DONE, 0),
        ("2026-11-20 14:00", Booking.State.NO_SHOW, 0),
        ("2026-11-20 14:00", Booking.State.CANCELLED, 0),
        ("2026-11-20 14:00", Booking.State.BOOKED, 0),
    ],
)
def test_only_what_is_over_and_took_place_and_not_long_ago(counselled, make_survey, begins, state, asked):
    make_survey()
    counselled(begins, state)

    assert inviting.invite() == asked


def test_nobody_is_asked_while_the_survey_is_closed(counselled, make_survey):
    make_survey(is_open=False)
    counselled()

    assert inviting.invite() == 0


def test_a_parent_of_two_in_one_run_is_asked_once_and_an_own_account_for_itself(run, child, parent, make_survey):
    make_survey("lecture")
    own = User.objects.create_user("own@example.com", name="김바다")
    for number, student in enumerate([child("김하늘"), child("김누리"), child("김바다", user=own)], 1):
        took_part(run, number, parent, student=student)

    assert inviting.invite() == 2
    assert {row.person for row in Invitation.objects.all()} == {parent, own}


def test_where_a_roster_was_kept_only_those_who_came_are_asked(run, child, parent, make_survey):
    make_survey("lecture")
    clerk = User.objects.create_user("clerk@example.com", name="정담당", is_staff=True)
    came, person = took_part(run, 1, parent, student=child())
    other = User.objects.create_user("other@example.com", name="이도담")
    took_part(run, 2, other, role="guardian", user=other)
    Mark.objects.create(
        session=Session.objects.create(run=run, starts_at=run.starts_at, ends_at=run.ends_at),
        application=came,
        participant=person,
        status="present",
        source="staff",
        at=timezone.now(),
        by=clerk,
    )

    assert inviting.invite() == 1
    assert Invitation.objects.get().person == parent


def test_a_class_is_asked_through_its_teacher_with_the_schools_survey(run, make_survey):
    make_survey("lecture")
    survey = make_survey("school")
    teacher = User.objects.create_user("teacher@example.com", name="박한결")
    school = School.objects.create(name="별빛중학교", kind="middle")
    Application.objects.create(
        run=run,
        number=1,
        applicant=teacher,
        state=Application.State.CONFIRMED,
        confirmed_at=timezone.now(),
        school=school,
        class_name="2학년 3반",
        headcount=24,
        places=24,
    )

    assert inviting.invite() == 1
    assert (Invitation.objects.get().person, Invitation.objects.get().survey) == (teacher, survey)


def test_reminded_once_after_three_days_and_not_who_has_answered(counselled, make_survey, child, monday_morning):
    survey = make_survey()
    counselled()
    counselled("2026-11-20 16:00", student=child("김누리"))
    assert inviting.invite() == 2
    answering.answer(Invitation.objects.first(), Given({survey.questions.first().pk: 5}))

    monday_morning.move_to("2026-11-26 08:59+09:00")
    assert inviting.remind() == 0
    monday_morning.move_to("2026-11-26 09:00+09:00")
    assert inviting.remind() == 1
    assert inviting.remind() == 0
    assert Notice.objects.filter(kind="surveys.remind").values("recipient").distinct().count() == 1
