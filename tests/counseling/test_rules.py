"""Rules in counselling: facts as the engine needs them, the same answer for list, button and server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Neighbourhood, School, Student
from counseling import booking as bookings
from counseling import rules
from counseling.models import Booking
from intake import priorities
from intake.models import Stage, Strike, YearCap
from intake.rules import DEFAULT
from lifecycle.models import Transition
from notices.models import Notice

pytestmark = pytest.mark.django_db

State = Booking.State
ONLY = {"enrolled": False, "graduates": False, "out_of_school": False}


@pytest.fixture
def family(client, parent, student):
    client.force_login(parent)
    return client


def book(slot, student, topic, parent, **more):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent, **more)


def times_of(client, topic, **asked):
    return client.get(reverse("counseling:times"), {"topic": topic.slug, **asked}).content.decode()


# --- Facts -----------------------------------------------------------------------------------


def test_a_rule_set_reads_the_same_from_sql_and_from_its_model(rule, topic):
    rules_row = rule(first_grade=7, residents=True, open_hour=10, everyone_after_days=3, year_kind="school")
    place = Neighbourhood.objects.filter(in_district=True).first()
    rules_row.neighbourhoods.add(place)
    stage = Stage.objects.create(rules=rules_row, after_days=1, invited=True, **ONLY)
    stage.neighbourhoods.add(place)
    YearCap.objects.create(rules=rules_row, first_grade=10, last_grade=11, most=1)
    YearCap.objects.create(rules=rules_row, most=2)

    by_sql = rules.offered(None).rules[topic.pk]

    assert by_sql == rules_row.frozen()
    assert by_sql.neighbourhoods == (place.pk,)
    assert by_sql.stages[0].invited
    assert [cap.most for cap in by_sql.caps] == [1, 2]


def test_without_a_rule_set_the_defaults_hold(topic):
    assert rules.offered(None).rules[topic.pk] == DEFAULT


def test_the_columns_have_the_defaults_of_the_value(rule):
    from dataclasses import fields

    frozen = rule().frozen()
    assert {f.name: getattr(frozen, f.name) for f in fields(DEFAULT) if f.name not in {"name", "places"}} == {
        f.name: getattr(DEFAULT, f.name) for f in fields(DEFAULT) if f.name not in {"name", "places"}
    }


def test_the_facts_of_a_student_are_those_of_the_model(student, slot, make_slot, topic, parent):
    school = School.objects.create(office_code="B10", neis_code="1", name="별빛중학교", kind="middle", is_local=True)
    Student.objects.filter(pk=student.pk).update(
        school=school, neighbourhood=Neighbourhood.objects.filter(in_district=True).first()
    )
    booked = book(slot, student, topic, parent)

    _, person = rules.facts(student.pk, topic, now=timezone.now())

    assert (person.grade, person.grade_year, person.birth_date) == (9, 2026, student.birth_date)
    assert person.in_district
    assert person.local_school
    assert [(use.subject, use.starts_at, use.ahead) for use in person.uses] == [(topic.pk, booked.starts_at, True)]
    assert rules.facts(student.pk, topic, now=timezone.now(), but=booked)[1].uses == ()
    assert [one.pk for one in rules.offered(parent).family] == [student.pk]


def test_the_family_is_that_of_the_other_pages(student, make_student, make_parent, parent, topic):
    from accounts.models import Guardianship
    from counseling.models import family_of

    own = make_student("김가람", parent)
    make_student("남의 아이", make_parent("남"))
    ended = make_student("지난 아이", parent)
    Guardianship.objects.filter(student=ended).update(ended_at=timezone.now())

    assert {person.pk for person in rules.offered(parent).family} == set(family_of(parent).values_list("pk", flat=True))
    assert {person.pk for person in rules.offered(parent).family} == {student.pk, own.pk}


@pytest.mark.parametrize(
    ("state", "counts"),
    [("held", True), ("booked", True), ("done", True), ("no_show", True), ("released", False), ("cancelled", False)],
)
def test_what_counts_for_the_year(state, counts, student, slot, make_slot, topic, parent, rule):
    YearCap.objects.create(rules=rule(year_kind="school"), most=1)
    Booking.objects.create(
        slot=slot,
        student=student,
        topic=topic,
        mode="visit",
        period=slot.session(topic),
        state=state,
        held_until=timezone.now() + timedelta(minutes=5),
        booked_at=timezone.now(),
        booked_by=parent,
    )

    later = make_slot("2026-11-26 14:00")
    verdict = rules.verdict(student.pk, topic, later.starts_at, now=timezone.now())
    assert verdict.allowed is not counts


# --- The server ------------------------------------------------------------------------------


def test_a_refused_family_reads_why_and_from_when(slot, student, topic, parent, rule):
    rule(first_grade=10)

    with pytest.raises(bookings.NotNow, match=r"고1~고3.* 대상입니다\. 2027\. 3\. 1\.\(월\)부터는 대상이 됩니다\."):
        bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    assert not Booking.objects.exists()


def test_staff_book_before_the_opening_but_need_a_reason_for_the_rest(slot, student, topic, parent, rule, counselor):
    rule(first_grade=10, everyone_after_days=29)

    with pytest.raises(bookings.NotNow, match="대상입니다"):
        book(slot, student, topic, counselor.user, on_behalf=True)
    booked = book(slot, student, topic, counselor.user, on_behalf=True, exception="학교장 요청")
    assert booked.trail().get().reason == "규칙 예외: 학교장 요청"


def test_a_family_cannot_make_an_exception(slot, student, topic, parent, rule):
    rule(first_grade=10)

    with pytest.raises(bookings.NotNow):
        book(slot, student, topic, parent, exception="부탁드려요")


def test_staff_need_no_reason_before_the_opening(slot, student, topic, rule, counselor):
    rule(everyone_after_days=29)

    assert book(slot, student, topic, counselor.user, on_behalf=True).state == State.BOOKED


def test_a_living_hold_stands_and_a_lapsed_one_is_judged_anew(
    slot, make_slot, student, topic, parent, rule, monday_morning
):
    held = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    rule(first_grade=10)
    assert bookings.confirm(Booking.objects.get(pk=held.pk), by=parent).state == State.BOOKED

    rule(first_grade=None)
    held = bookings.hold(make_slot("2026-11-26 14:00").pk, student=student, topic=topic, mode="visit", by=parent)
    rule(first_grade=10)
    monday_morning.shift(timedelta(minutes=11))
    with pytest.raises(bookings.NotNow, match="대상입니다"):
        bookings.confirm(Booking.objects.get(pk=held.pk), by=parent)


@pytest.mark.parametrize(("at", "opens"), [("2026-11-22 23:59:59.9+09:00", False), ("2026-11-23 00:00+09:00", True)])
def test_a_stage_opens_for_everybody_at_korean_midnight(
    at, opens, make_slot, student, topic, parent, rule, monday_morning
):
    """A day opens 30 days before; with five days for the invited, everybody comes 25 days before."""
    rule(everyone_after_days=5)
    slot = make_slot("2026-12-18 14:00")
    monday_morning.move_to(at)

    if opens:
        assert book(slot, student, topic, parent).state == State.BOOKED
    else:
        with pytest.raises(bookings.NotNow, match=r"2026\. 11\. 23\.\(월\) 00:00부터"):
            book(slot, student, topic, parent)


def test_the_deadline_to_cancel_is_the_topics(slot, student, topic, parent, rule, monday_morning):
    rule(cancel_days=0, cancel_hour=12)
    booked = book(slot, student, topic, parent)

    monday_morning.move_to("2026-11-25 11:59:59+09:00")
    assert Booking.objects.get(pk=booked.pk).can_be_cancelled
    monday_morning.move_to("2026-11-25 12:00+09:00")
    assert not Booking.objects.get(pk=booked.pk).can_be_cancelled


# --- The list --------------------------------------------------------------------------------


def test_the_list_says_why_a_time_is_not_open_yet_and_for_whom_it_is(family, make_slot, student, topic, rule):
    Stage.objects.create(rules=rule(everyone_after_days=5), **{**ONLY, "enrolled": True}, first_grade=12)
    slot = make_slot("2026-12-20 14:00")
    url = reverse("counseling:slot", args=[slot.pk])

    page = times_of(family, topic)
    assert "2026. 11. 25.(수) 00:00부터 예약할 수 있습니다." in page
    assert url not in page
    Student.objects.filter(pk=student.pk).update(grade=12)
    assert url in times_of(family, topic)


def test_what_one_holds_oneself_stands_in_the_way_of_no_other_time(family, make_slot, student, topic, parent, rule):
    rule(open_most=1)
    held, other = make_slot(), make_slot("2026-11-26 14:00")
    bookings.hold(held.pk, student=student, topic=topic, mode="visit", by=parent)

    page = family.get(reverse("counseling:times") + f"?topic={topic.slug}").content.decode()
    assert reverse("counseling:slot", args=[other.pk]) in page
    assert "미리 예약할 수 있는" not in page
    assert bookings.hold(other.pk, student=student, topic=topic, mode="visit", by=parent).state == State.HELD


def test_what_the_other_parent_holds_counts(family, make_slot, student, topic, make_parent, rule):
    rule(open_most=1)
    held, other = make_slot(), make_slot("2026-11-26 14:00")
    bookings.hold(held.pk, student=student, topic=topic, mode="visit", by=make_parent("김아빠"))

    page = family.get(reverse("counseling:times") + f"?topic={topic.slug}").content.decode()
    assert reverse("counseling:slot", args=[other.pk]) not in page
    assert "미리 예약할 수 있는" in page


def test_the_list_says_that_the_student_is_somewhere_else_as_the_use_case_does(
    family, make_slot, make_counselor, student, topic, parent
):
    bookings.book(make_slot().pk, student=student, topic=topic, mode="visit", by=parent)
    colleague = make_counselor("이도윤 상담사")
    same, after = make_slot("2026-11-25 14:00", counselor=colleague), make_slot("2026-11-25 14:50", counselor=colleague)

    page = family.get(reverse("counseling:times") + f"?topic={topic.slug}").content.decode()
    assert reverse("counseling:slot", args=[same.pk]) not in page
    assert reverse("counseling:slot", args=[after.pk]) in page
    with pytest.raises(bookings.Taken) as refused:
        bookings.hold(same.pk, student=student, topic=topic, mode="visit", by=parent)
    assert str(refused.value) in page


def test_a_visitor_reads_when_it_opens_for_everybody(client, make_slot, topic, rule):
    rule(everyone_after_days=5)
    make_slot("2026-12-20 14:00")

    assert "2026. 11. 25.(수) 00:00부터 누구나 예약할 수 있습니다." in times_of(client, topic)


def test_the_page_says_once_why_nothing_can_be_booked(family, make_slot, student, topic, rule):
    rule(first_grade=10)
    make_slot()
    make_slot("2026-11-26 14:00")

    page = times_of(family, topic)
    assert page.count("고1~고3") == 1
    assert page.count("예약할 수 없음") == 2


def test_a_family_with_two_children_chooses(family, make_slot, make_student, student, topic, parent, rule):
    rule(first_grade=10)
    older = make_student("김가람", parent)
    Student.objects.filter(pk=older.pk).update(grade=11)
    url = reverse("counseling:slot", args=[make_slot().pk])

    assert url in times_of(family, topic)
    assert f"{url}?topic=admission&amp;child={older.pk}" in times_of(family, topic, child=older.pk)
    assert url not in times_of(family, topic, child=student.pk)
    assert url in times_of(family, topic, child="999999")  # nobody's: as if not chosen


def test_the_list_stays_at_three_queries_beyond_session_and_user(family, make_slot, student, topic, rule):
    Stage.objects.create(rules=rule(everyone_after_days=5), invited=True, **ONLY)
    for hour in (10, 12, 14):
        make_slot(f"2026-12-20 {hour}:00")
    times_of(family, topic)

    with CaptureQueriesContext(connection) as seen:
        times_of(family, topic)
    # session, user, the footer of every page, and three of its own
    assert len(seen) <= 6, "\n".join(query["sql"][:120] for query in seen)


# --- Who comes first, and nobody knows ---------------------------------------------------------


@pytest.fixture
def staged(rule):
    return Stage.objects.create(rules=rule(everyone_after_days=20), invited=True, **ONLY)


def test_a_priority_opens_the_first_stage_through_its_last_day(
    family, staged, make_slot, student, topic, counselor, monday_morning
):
    slot = make_slot("2026-12-20 14:00")
    today = timezone.localdate()
    assert not rules.verdict(student.pk, topic, slot.starts_at, now=timezone.now()).allowed
    given = priorities.give(
        student, first_day=today, last_day=today + timedelta(days=1), reason="가정 형편", by=counselor.user
    )

    def allowed():
        return rules.verdict(student.pk, topic, slot.starts_at, now=timezone.now()).allowed

    assert allowed()
    monday_morning.move_to("2026-11-24 23:59:59.9+09:00")
    assert allowed()
    monday_morning.move_to("2026-11-25 00:00+09:00")
    assert not allowed()
    monday_morning.move_to("2026-11-23 10:00+09:00")
    priorities.end(given, by=counselor.user)
    assert not allowed()


def test_the_family_reads_nothing_of_a_priority(family, staged, make_slot, student, topic, counselor):
    make_slot("2026-12-20 14:00")
    today = timezone.localdate()
    priorities.give(student, first_day=today, last_day=today, reason="가정 형편", by=counselor.user)

    page = times_of(family, topic)
    assert "선택" in page
    assert not any(word in page for word in ("우선", "형편", "의뢰"))


# --- The rules page --------------------------------------------------------------------------


def test_families_read_the_rules_of_a_topic(client, topic, rule):
    YearCap.objects.create(
        rules=rule(first_grade=7, residents=True, pupils=True, year_kind="school"), first_grade=10, last_grade=11
    )

    page = client.get(reverse("counseling:rules", args=[topic.slug])).content.decode()
    assert "금천구에 살거나 금천구 학교에 다니는 중1~고3, 졸업생, 학교 밖 청소년이 대상입니다." in page
    assert "고1~고2 1번" in page
    assert "상담 전날 18시 전까지" in page
    assert "1년 안에 2번 오지 않으면 1개월 동안 새로 예약할 수 없습니다." in page


# --- No-shows --------------------------------------------------------------------------------


@pytest.fixture
def missed(make_slot, student, topic, parent, counselor, monday_morning):
    """Book, let it pass, and mark it as missed."""

    def miss(start):
        booked = book(make_slot(start), student, topic, parent)
        monday_morning.move_to(timezone.localtime(booked.ends_at))
        return bookings.mark(booked, State.NO_SHOW, by=counselor.user)

    return miss


def said(kind):
    return Notice.objects.filter(kind=kind, channel="email")


def test_the_first_no_show_is_a_warning_and_the_second_a_pause(missed, student, topic, make_slot, parent):
    missed("2026-11-25 14:00")
    assert "거듭되면 1개월 동안 새로 예약할 수 없습니다." in said("intake.warned").get().body
    assert not said("intake.paused").exists()

    missed("2026-11-27 14:00")
    assert "2026. 12. 26.(토)까지 새로 예약할 수 없습니다." in said("intake.paused").get().body
    with pytest.raises(bookings.NotNow, match=r"2026\. 12\. 26\.\(토\)까지"):
        book(make_slot("2026-12-20 14:00"), student, topic, parent)


def test_the_pause_is_over_at_its_midnight(missed, make_slot, student, topic, parent, monday_morning):
    missed("2026-11-25 14:00")
    missed("2026-11-27 14:00")
    slot = make_slot("2027-01-10 14:00")

    monday_morning.move_to("2026-12-26 23:59:59.9+09:00")
    with pytest.raises(bookings.NotNow):
        book(slot, student, topic, parent)
    monday_morning.move_to("2026-12-27 00:00+09:00")
    assert book(slot, student, topic, parent).state == State.BOOKED


def test_a_correction_takes_the_strike_back_with_its_trail(missed, counselor, make_slot, student, topic, parent):
    missed("2026-11-25 14:00")
    booking = missed("2026-11-27 14:00")
    bookings.mark(booking, State.DONE, by=counselor.user)

    strike = Strike.objects.get(source=booking.pk)
    assert strike.state == Strike.State.WITHDRAWN
    assert [step.step_label for step in strike.trail()] == ["불참 → 고침(불참 아님)"]
    assert said("intake.cleared").count() == 1
    assert book(make_slot("2026-12-20 14:00"), student, topic, parent).state == State.BOOKED

    bookings.mark(Booking.objects.get(pk=booking.pk), State.NO_SHOW, by=counselor.user)
    assert Strike.objects.get(source=booking.pk).state == Strike.State.STANDING
    assert Strike.objects.count() == 2


def test_cancelling_late_is_no_no_show(slot, student, topic, parent, counselor, monday_morning):
    booked = book(slot, student, topic, parent)
    monday_morning.move_to("2026-11-25 13:59+09:00")
    bookings.cancel(booked, by=counselor.user, reason="아파요", by_centre=True)

    assert not Strike.objects.exists()


def test_a_topic_without_consequences_says_nothing(missed, rule):
    rule(noshow_pause_at=0)
    missed("2026-11-25 14:00")

    assert Strike.objects.count() == 1
    assert not Notice.objects.filter(kind__startswith="intake.").exists()


def test_the_doctor_sees_a_no_show_without_a_strike_and_the_other_way_round(missed, strikes_always_known):
    from counseling import doctor

    booking = missed("2026-11-25 14:00")
    assert doctor.check() == []
    Strike.objects.update(source=booking.pk + 1)
    assert doctor.check() == [f"예약 {booking.pk}: 불참인데 불참 기록이 없습니다."]
    Strike.objects.update(source=booking.pk)
    Booking.objects.update(state=State.DONE)
    assert doctor.check() == [f"예약 {booking.pk}: 불참이 아닌데 불참 기록이 있습니다."]


def test_the_doctor_asks_for_no_strike_of_what_was_marked_before_strikes_were_known(missed, monday_morning):
    from counseling import doctor

    booking = missed("2026-11-25 14:00")
    Strike.objects.all().delete()
    made = MigrationRecorder.Migration.objects.filter(app="intake", name="0001_rules_and_strikes")
    marked = Transition.objects.get(to_state=State.NO_SHOW).at

    assert made.update(applied=marked + timedelta(seconds=1)) == 1
    assert doctor.check() == []
    made.update(applied=marked)
    assert doctor.check() == [f"예약 {booking.pk}: 불참인데 불참 기록이 없습니다."]


def test_the_doctor_recounts_the_year(slot, make_slot, student, topic, parent, rule):
    from counseling import doctor

    book(slot, student, topic, parent)
    book(make_slot("2026-11-26 14:00"), student, topic, parent)
    assert doctor.check() == []
    YearCap.objects.create(rules=rule(year_kind="school"), most=1)
    assert doctor.check() == [f"학생 {student.pk}: 주제 {topic.pk}의 2026년(학년도) 상담이 2건으로 한도를 넘습니다."]
