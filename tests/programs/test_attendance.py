"""Marks: twice is once, the latest made holds, corrections leave a trail, and two hands do not cross."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import School, User
from programs import attendance, completion
from programs.attendance import Entry, NotMarked
from programs.models import Mark
from tests.programs.attending import START, a_child, a_parent, a_run, seat

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(db):
    return User.objects.create_user("clerk@example.com", name="이담당", is_staff=True)


@pytest.fixture
def run(db):
    return a_run()


@pytest.fixture
def session(run):
    return run.sessions.get()


@pytest.fixture
def person(run):
    parent = a_parent()
    return seat(run, a_child(parent), by=parent)


def held(session) -> list[str]:
    return list(Mark.objects.filter(session=session).current().values_list("status", flat=True))


def test_a_mark_is_written_once_however_often_it_is_pressed(session, person, clerk):
    attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
    again = attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)

    assert (len(again.marks), again.same) == (0, 1)
    row = Mark.objects.get()
    assert (row.status, row.source, row.by) == ("present", "staff", clerk)


def test_a_correction_leaves_what_was_there(session, person, clerk):
    attendance.mark(session.pk, [Entry("absent", person.pk)], by=clerk)
    attendance.mark(session.pk, [Entry("late", person.pk)], by=clerk, reason="늦게 옴")

    assert held(session) == ["late"]
    assert list(Mark.objects.order_by("pk").values_list("status", "reason")) == [("absent", ""), ("late", "늦게 옴")]
    with pytest.raises(IntegrityError), transaction.atomic():
        Mark.objects.update(status="present")


def test_an_entry_sent_again_is_the_same_entry(session, person, clerk):
    key = uuid.uuid4()
    attendance.mark(session.pk, [Entry("present", person.pk, key=key)], by=clerk)
    attendance.mark(session.pk, [Entry("absent", person.pk)], by=clerk)  # corrected since

    assert attendance.mark(session.pk, [Entry("present", person.pk, key=key)], by=clerk).marks == []
    assert held(session) == ["absent"]


def test_what_a_phone_wrote_early_and_sent_late_does_not_beat_what_was_written_between(session, person, clerk):
    early = timezone.now() - timedelta(minutes=20)
    attendance.mark(session.pk, [Entry("late", person.pk, at=timezone.now() - timedelta(minutes=5))], by=clerk)
    attendance.mark(session.pk, [Entry("absent", person.pk, at=early)], by=clerk)

    assert held(session) == ["late"]
    assert Mark.objects.count() == 2


def test_no_mark_is_made_in_the_future(session, person, clerk):
    attendance.mark(session.pk, [Entry("present", person.pk, at=timezone.now() + timedelta(hours=1))], by=clerk)
    assert Mark.objects.get().at == timezone.now()


@pytest.mark.parametrize(("day", "allowed"), [("2026-11-23 23:59", False), ("2026-11-24 00:00", True)])
def test_attendance_is_written_from_the_day_itself(session, person, clerk, today, day, allowed):
    today.move_to(f"{day}+09:00")
    if allowed:
        attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
    else:
        with pytest.raises(NotMarked, match="당일부터"):
            attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
        attendance.mark(session.pk, [Entry("excused", person.pk)], by=clerk)
    assert Mark.objects.count() == 1


@pytest.mark.parametrize(("minutes", "source"), [(119, "staff"), (120, "later")])
def test_what_is_written_after_the_end_says_so(session, person, clerk, today, minutes, source):
    today.move_to(START + timedelta(minutes=minutes))
    attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
    assert Mark.objects.get().source == source


def test_a_cancelled_session_has_no_attendance(session, person, clerk):
    type(session).objects.update(cancelled_at=timezone.now())
    with pytest.raises(NotMarked, match="취소한"):
        attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)


def test_only_who_has_a_place_is_marked(session, run, person, clerk):
    waiting = seat(run, a_child(name="박구름"), by=clerk, state="waiting", waiting_since=timezone.now())
    stranger = seat(a_run(first=START + timedelta(days=1)), a_child(name="최바람"), by=clerk)
    for other in (waiting, stranger):
        with pytest.raises(NotMarked, match="자리가 없는"):
            attendance.mark(session.pk, [Entry("present", person.pk), Entry("present", other.pk)], by=clerk)
    assert not Mark.objects.exists()


@pytest.mark.parametrize(("heads", "allowed"), [(0, True), (25, True), (26, False), (-1, False)])
def test_a_class_is_counted(session, run, clerk, heads, allowed):
    school = School.objects.first() or School.objects.create(name="금천중학교")
    group = seat(run, by=clerk, school=school, class_name="2-3", headcount=25)
    if allowed:
        attendance.mark(session.pk, [Entry("present", application_id=group.pk, heads=heads)], by=clerk)
        assert Mark.objects.get().heads == heads
    else:
        with pytest.raises(NotMarked, match="25명까지"):
            attendance.mark(session.pk, [Entry("present", application_id=group.pk, heads=heads)], by=clerk)


def test_one_press_is_undone_at_once_and_what_came_after_stays(session, run, person, clerk):
    other = seat(run, a_child(name="박구름"), by=clerk)
    attendance.mark(session.pk, [Entry("absent", person.pk)], by=clerk)
    all_here = attendance.mark(session.pk, [Entry("present", person.pk), Entry("present", other.pk)], by=clerk)
    attendance.mark(session.pk, [Entry("late", other.pk)], by=clerk)

    attendance.undo(session.pk, all_here.marks[0].batch, by=clerk)
    now = dict(Mark.objects.filter(session=session).current().values_list("participant", "status"))
    assert now == {person.pk: "absent", other.pk: "late"}
    attendance.undo(session.pk, all_here.marks[0].batch, by=clerk)  # twice is once
    assert dict(Mark.objects.filter(session=session).current().values_list("participant", "status")) == now


def test_nobody_undoes_another_ones_press(session, person, clerk):
    done = attendance.mark(session.pk, [Entry("absent", person.pk)], by=clerk)
    other = User.objects.create_user("other@example.com", name="박직원", is_staff=True)
    with pytest.raises(NotMarked):
        attendance.undo(session.pk, done.marks[0].batch, by=other)


# --- Races -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_phones_send_the_same_entry(self, session, person, clerk, at_once):
        key = uuid.uuid4()
        sent = [lambda: attendance.mark(session.pk, [Entry("present", person.pk, key=key)], by=clerk)] * 4

        done = at_once(*sent)
        assert sorted(len(one.marks) for one in done) == [0, 0, 0, 1]

    def test_the_code_on_the_wall_and_a_clerk_at_once(self, session, person, clerk, at_once, meeting_point):
        calls = [
            lambda: attendance.mark(session.pk, [Entry("absent", person.pk)], by=clerk),
            lambda: attendance.check_in(session.pk, [person.pk], by=clerk, late_from=START + timedelta(minutes=10)),
        ]
        at_once(*calls)
        assert held(session) == ["absent"]  # whoever came first: staff know better

    def test_control_without_the_lock_a_person_is_checked_in_twice(
        self, session, person, clerk, at_once, monkeypatch, meeting_point
    ):
        monkeypatch.setattr(attendance, "lock_all", lambda rows, pks: list(rows.filter(pk__in=pks)))
        meeting_point(attendance, "_says_the_same")
        at_once(*[lambda: attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)] * 2)
        assert Mark.objects.count() == 2

    def test_with_the_lock_the_same_two_leave_one_mark(self, session, person, clerk, at_once, meeting_point):
        meeting_point(attendance, "_says_the_same")
        at_once(*[lambda: attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)] * 2)
        assert Mark.objects.count() == 1


# --- Completion --------------------------------------------------------------------------------


def test_the_share_is_of_the_sessions_that_took_place(clerk, today):
    run = a_run(sessions=5)
    person = seat(run, a_child(), by=clerk)
    today.move_to(START + timedelta(weeks=10))
    for session, status in zip(
        run.sessions.order_by("number"), ["present", "late", "left_early", "absent"], strict=False
    ):
        attendance.mark(session.pk, [Entry(status, person.pk)], by=clerk)

    found = completion.of_one(person)
    assert (found.counted, found.sessions, found.minutes, found.passes) == (3, 5, 360, False)
    last = run.sessions.get(number=5)
    type(last).objects.filter(pk=last.pk).update(cancelled_at=timezone.now(), cancelled_because="강사 사정")
    found = completion.of_one(person)
    assert (found.counted, found.sessions, found.share_label) == (3, 4, "4회 가운데 3회(75.0%)")
    attendance.mark(run.sessions.get(number=4).pk, [Entry("excused", person.pk)], by=clerk)
    found = completion.of_one(person)
    assert (found.counted, found.minutes, found.hours_label, found.passes) == (4, 360, "6시간", True)


@pytest.mark.parametrize(("bar", "passes"), [(80, True), (81, False)])
def test_the_bar_is_reached_exactly(clerk, today, bar, passes):
    run = a_run(sessions=5, bar=bar)
    person = seat(run, a_child(), by=clerk)
    today.move_to(START + timedelta(weeks=10))
    for session in run.sessions.filter(number__lte=4):
        attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
    assert completion.of_one(person).is_complete is passes


@pytest.mark.parametrize(("seconds", "is_over"), [(-1, False), (0, True)])
def test_nobody_completes_before_the_last_end(session, person, clerk, today, seconds, is_over):
    attendance.mark(session.pk, [Entry("present", person.pk)], by=clerk)
    today.move_to(START + timedelta(hours=2, seconds=seconds))
    assert completion.of_one(person).is_complete is is_over


def test_excused_from_everything_is_not_completed(session, person, clerk, today):
    today.move_to(START + timedelta(days=1))
    attendance.mark(session.pk, [Entry("excused", person.pk)], by=clerk)
    assert not completion.of_one(person).is_complete


def test_completion_costs_the_same_for_many(run, clerk, django_assert_num_queries):
    people = [seat(run, a_child(name="김하늘"), by=clerk) for _ in range(12)]
    with django_assert_num_queries(3):
        completion.of(people)
