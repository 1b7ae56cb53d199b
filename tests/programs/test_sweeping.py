"""What the clock decides without anybody coming: told once, at the right side of every boundary."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import disclosure, leaving
from accounts.models import Guardianship
from lifecycle import retention
from programs import doctor, engagements, enrolment, seating, sweeping, waiting
from programs.enrolment import Entrant, People
from programs.models import Application, Group, Participant, Run, RunOffer, Session
from questionnaires.models import Questionnaire

pytestmark = pytest.mark.django_db

State = Application.State


def state(application):
    application.refresh_from_db()
    return application.state


@pytest.fixture
def line(open_run, make_family, applying):
    """One place, taken; two who wait."""
    run = open_run(capacity=1)
    return run, [applying(run, *make_family(f"학생{n}")) for n in "가나다"]


def give_up(application):
    enrolment.withdraw(application, by=application.applicant)


def test_a_lapsed_offer_goes_on_by_itself(line, today, texts):
    _run, (seated, second, third) = line
    give_up(seated)
    today.move_to(second.offers.get().deadline - timedelta(seconds=1))
    assert sweeping.sweep()["lapsed"] == 0
    today.move_to(second.offers.get().deadline)

    assert sweeping.sweep()["lapsed"] == 1
    assert sweeping.sweep()["lapsed"] == 0
    assert (state(second), state(third)) == (State.LAPSED, State.OFFERED)
    assert len(texts("offer_lapsed")) == 1


def test_at_night_a_place_is_kept_and_said_in_the_morning(line, today, texts):
    _run, (seated, second, _third) = line
    today.move_to("2026-11-24 22:30+09:00")
    give_up(seated)
    offer = second.offers.get()
    assert offer.announced_at is None and not texts("offered")
    assert sweeping.sweep()["announced"] == 0
    today.move_to("2026-11-25 08:00+09:00")

    assert sweeping.sweep()["announced"] == 1

    offer.refresh_from_db()
    assert offer.announced_at == timezone.now()
    assert f"{timezone.localtime(offer.deadline):%m-%d %H:%M}" == "11-25 21:00"
    assert len(texts("offered")) == 1


def test_with_too_little_time_left_nobody_is_asked_and_staff_may_seat(line, today, clerk):
    run, (seated, second, _third) = line
    today.move_to(run.starts_at - timedelta(minutes=59))
    enrolment.withdraw(seated, by=clerk, by_centre=True)
    assert state(second) == State.WAITING

    seating.seat(second, by=clerk)

    assert state(second) == State.CONFIRMED


def test_a_form_is_asked_for_on_its_last_day_and_then_the_place_goes(open_run, make_family, applying, today, texts):
    form = Questionnaire.objects.create(name="캠프 서류")
    run = open_run(second_form=form, second_form_until=timezone.now() + timedelta(days=5), capacity=1)
    made, waits = (applying(run, *make_family(f"학생{n}")) for n in "가나")
    today.move_to(made.form_until - timedelta(days=1, seconds=1))
    assert sweeping.sweep()["warned"] == 0
    today.move_to(made.form_until - timedelta(days=1))
    assert sweeping.sweep()["warned"] == 1
    assert sweeping.sweep()["warned"] == 0
    today.move_to(made.form_until - timedelta(seconds=1))
    assert sweeping.sweep()["forms"] == 0
    today.move_to(made.form_until)

    assert sweeping.sweep()["forms"] == 1

    assert (state(made), state(waits)) == (State.LAPSED, State.OFFERED)
    assert (len(texts("form_due")), len(texts("form_lapsed"))) == (1, 1)


def test_the_line_ends_when_the_run_begins(line, today, texts):
    run, (_seated, second, third) = line
    today.move_to(run.starts_at - timedelta(seconds=1))
    assert sweeping.sweep()["ended"] == 0
    today.move_to(run.starts_at)

    assert sweeping.sweep()["ended"] == 2
    assert {state(second), state(third)} == {State.LAPSED}
    assert len(texts("waiting_ended")) == 2
    assert doctor.check() == []


def test_tomorrows_session_is_said_once_to_each_family(open_run, make_parent, make_student, today, texts):
    mother = make_parent()
    children = [make_student(name, mother) for name in ("김하늘", "김바다")]
    run = open_run(capacity=5)
    parties = [People((Entrant(Participant.Role.STUDENT, student_id=one.pk),)) for one in children]
    enrolment.apply(run.pk, parties, by=mother)
    today.move_to("2026-12-11 09:59:59+09:00")
    assert sweeping.sweep()["reminded"] == 0
    today.move_to("2026-12-11 10:00+09:00")

    assert sweeping.sweep()["reminded"] == 2
    assert sweeping.sweep()["reminded"] == 0

    (said,) = texts("reminder")
    assert "김하늘·김바다" in said.body


def test_sessions_close_together_are_reminded_of_once_and_weekly_ones_each(
    open_run, make_family, applying, today, texts
):
    run = open_run(capacity=5)
    applying(run, *make_family())
    run.sessions.all().delete()
    for number, day in enumerate((12, 13, 19), 1):
        starts = timezone.make_aware(timezone.datetime(2026, 12, day, 10))
        Session.objects.create(run=run, number=number, starts_at=starts, ends_at=starts + timedelta(hours=2))
    for day in (11, 12, 18):
        today.move_to(f"2026-12-{day} 10:30+09:00")
        sweeping.sweep()

    assert len(texts("reminder")) == 2


def test_a_family_that_leaves_gives_its_place_to_the_line(line, make_parent, texts):
    _run, (seated, second, _third) = line
    seated.remark = "알레르기가 있습니다"
    seated.save()

    leaving.leave(seated.applicant)
    seated.refresh_from_db()
    assert seated.remark == ""
    sweeping.sweep()

    assert (state(seated), state(second)) == (State.CANCELLED, State.OFFERED)
    assert not texts("cancelled_by_centre")
    assert doctor.check() == []


def test_who_stood_with_somebody_who_left_is_told(open_run, make_family, make_parent, make_program, texts):
    run = open_run(make_program(audience=["student"]), party=Run.Party.PAIR, capacity=2)
    student, mother = make_family()
    father = make_parent("김아빠")
    Guardianship.objects.create(guardian=father, student=student, relation="father", confirmed_at=timezone.now())
    pair = (Entrant("student", student_id=student.pk), Entrant("guardian", user_id=mother.pk))
    (made,) = enrolment.apply(run.pk, [People(pair)], by=mother)

    leaving.leave(mother)
    sweeping.sweep()

    assert state(made) == State.CANCELLED
    assert [one.name for one in texts("cancelled_by_centre")] == ["김아빠"]


# --- What others ask -----------------------------------------------------------------------------


def test_a_place_takes_up_the_students_time_session_by_session(open_run, make_family, make_student, applying):
    run = open_run(capacity=1, place="강당")
    student, parent = make_family()
    waits, other = make_family("학생나")
    made = applying(run, student, parent)
    applying(run, waits, other)
    day = timedelta(days=1)

    (one,) = engagements.of([student, waits], run.starts_at - day, run.ends_at)
    assert (one.student_id, one.place, one.starts_at) == (student.pk, "강당", run.starts_at)
    assert engagements.of([student], run.ends_at, run.ends_at + day) == []
    assert engagements.of([student], run.starts_at - day, run.starts_at) == []
    run.sessions.update(cancelled_at=timezone.now())
    assert engagements.of([student], run.starts_at - day, run.ends_at) == []
    run.sessions.update(cancelled_at=None)
    give_up(made)
    assert engagements.of([student], run.starts_at - day, run.ends_at) == []


def test_two_students_in_one_run_are_each_told_of_once(open_run, make_family, applying):
    run = open_run(capacity=3)
    families = [make_family(f"학생{n}") for n in "가나"]
    for family in families:
        applying(run, *family)

    found = engagements.of([student for student, _parent in families], run.starts_at, run.ends_at)

    assert sorted(one.student_id for one in found) == sorted(student.pk for student, _parent in families)


def test_an_application_is_disclosed_to_its_family_alone(line, make_parent):
    _run, (seated, _second, _third) = line
    (told,) = disclosure.disclose(seated.applicant)["프로그램 참가 신청"]
    assert told["참가자"] == ["학생가"]
    assert disclosure.disclose(make_parent("남"))["프로그램 참가 신청"] == []


def test_applications_go_when_their_time_is_over(line, today):
    run, (seated, second, third) = line
    kept, short = retention.kind("programs.application"), retention.kind("programs.not_taken")
    give_up(second)

    def due(kind, moment):
        return set(kind.due(moment).values_list("pk", flat=True))

    year = run.ends_at.replace(year=2027)
    assert due(short, year) == set()
    assert due(short, year + timedelta(seconds=1)) == {second.pk, third.pk}
    long = run.ends_at.replace(year=2029)
    assert due(kept, long) == set()
    assert due(kept, long + timedelta(seconds=1)) == {seated.pk}
    give_up(seated)
    with transaction.atomic():
        assert short.destroy(Application.objects.all()) == 3
    assert not RunOffer.objects.exists() and not Participant.objects.exists()


# --- The doctor ----------------------------------------------------------------------------------


def test_the_doctor_finds_what_is_wrong(line, make_family, open_run):
    run, (seated, second, third) = line
    assert doctor.check() == []
    Application.objects.filter(pk=second.pk).update(state=State.CONFIRMED, confirmed_at=timezone.now())
    Application.objects.filter(pk=third.pk).update(state=State.OFFERED)
    RunOffer.objects.create(application=seated, deadline=timezone.now() - timedelta(days=2))
    Participant.objects.filter(application=seated).update(left_at=timezone.now())
    group = Group.objects.create(run=run, name="중3", capacity=1)
    Application.objects.filter(pk__in=[seated.pk, second.pk]).update(group=group)
    Application.objects.filter(pk=second.pk).update(places=2)

    found = "\n".join(doctor.check())

    for words in (
        f"회차 {run.pk}: 정원 1명에 3자리",
        f"그룹 {group.pk}: 정원 1명에 3자리",
        "살아 있는 신청에서 빠진",
        "답을 기다리는 제안이 없습니다",
        "자리 제안 상태가 아닌 신청",
        "하루 넘게 지난 제안이 1건",
        "자리 수와 참가자 수가 다릅니다",
    ):
        assert words in found


def test_the_doctor_finds_what_was_forgotten(open_run, make_family, applying, today):
    run = open_run(admission=Run.Admission.REVIEW)
    made = applying(run, *make_family())
    today.move_to(run.ends_at + timedelta(seconds=1))
    assert "선정하지 않은 신청이 1건" in "\n".join(doctor.check())
    Application.objects.filter(pk=made.pk).update(state=State.REJECTED)
    assert "끝난 신청에서 빠지지 않았습니다" in "\n".join(doctor.check())


def test_offers_are_never_made_twice(line):
    run, (seated, second, _third) = line
    give_up(seated)
    sweeping.sweep()
    with transaction.atomic():
        assert waiting.fill(waiting.enter(run.pk), now=timezone.now()) == []
    assert second.offers.count() == 1
