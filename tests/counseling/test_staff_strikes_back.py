"""What a clerk gets wrong, presses twice or opens by hand on the staff's pages: no error page, no half done work."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Student, User
from centre.models import Holiday
from counseling import absence, answering, doctor, joining, records, walkin
from counseling import booking as bookings
from counseling.models import Booking, Leave, Slot, SlotOffer, WeeklyPattern, Wish
from counseling.models.slots import midnight
from documents.models import IssuedDocument
from intake.models import Strike
from lifecycle import retention
from lifecycle.models import AccessLog

pytestmark = pytest.mark.django_db

State = Booking.State
WEDNESDAY = date(2026, 11, 25)
DAY = DateTimeTZRange(midnight(WEDNESDAY), midnight(WEDNESDAY + timedelta(days=1)), "[)")
ABSENCE = reverse("admin:counseling_absence")


@pytest.fixture
def boss(db):
    return User.objects.create_superuser("boss@example.com", name="정최고")


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


# --- Absence -----------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["slot:abc", "slot:", "make:", "nonsense", f"slot:{10**30}", "make:0"])
def test_a_decision_that_is_none_leaves_the_booking_alone(client, boss, booked, decision):
    client.force_login(boss)
    asked = {"counselor": booked.slot.counselor_id, "first_day": "2026-11-25", "reason": "병가"}

    assert client.post(ABSENCE, asked | {f"booking-{booked.pk}": decision}).status_code == 302
    booked.refresh_from_db()
    assert (booked.state, booked.sequence) == (State.BOOKED, 0)


def test_leave_that_covers_a_part_of_the_absence_is_filled_up(counselor, boss):
    hours = [(0, 12), (15, 16)]
    for since, until in hours:
        period = DateTimeTZRange(DAY.lower + timedelta(hours=since), DAY.lower + timedelta(hours=until), "[)")
        Leave.objects.create(counselor=counselor, kind=Leave.Kind.SUDDEN, period=period, created_by=boss)
    for _twice in range(2):
        absence.settle([counselor], DAY, {}, by=boss, reason="병가")

    periods = sorted((one.lower, one.upper) for one in counselor.leaves.values_list("period", flat=True))
    assert [begins for begins, _over in periods[1:]] == [over for _begins, over in periods[:-1]]
    assert (periods[0][0], periods[-1][1]) == (DAY.lower, DAY.upper)
    assert len(periods) == 4


def test_what_is_held_is_not_booked_after_the_absence_was_settled(slot, counselor, student, topic, parent, boss):
    hold = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    done = absence.settle([counselor], DAY, {}, by=boss, reason="병가")

    assert done.withdrawn == 1
    with pytest.raises(bookings.Taken):
        bookings.confirm(Booking.objects.get(pk=hold.pk), by=parent)
    slot.refresh_from_db()
    assert slot.withdrawn_at is not None


def test_what_the_queue_was_offered_is_taken_back_by_an_absence(
    booked, counselor, make_student, make_parent, topic, parent, boss
):
    other = make_parent("박보호")
    wish = joining.join(Wish(student=make_student("박하나", other), topic=topic, modes=["visit"]), by=other)
    bookings.cancel(booked, by=parent, reason="일정")
    offer = wish.offers.standing().get()
    absence.settle([counselor], DAY, {}, by=boss, reason="병가")

    offer.refresh_from_db()
    assert offer.state == SlotOffer.State.WITHDRAWN
    with pytest.raises(answering.Gone):
        answering.accept(offer, by=other)
    assert not Booking.objects.filter(state=State.HELD).exists()


def test_whoever_is_on_leave_takes_no_visitor(counselor, topic, boss):
    now = timezone.now()
    assert list(walkin.free_now(topic, now)) == [counselor]
    begins = walkin.stretch(topic, now).upper - timedelta(minutes=1)
    leave = Leave.objects.create(
        counselor=counselor, kind=Leave.Kind.TRIP, period=DateTimeTZRange(begins, begins + timedelta(hours=1), "[)")
    )
    assert list(walkin.free_now(topic, now)) == []

    leave.period = DateTimeTZRange(walkin.stretch(topic, now).upper, begins + timedelta(hours=1), "[)")
    leave.save()
    assert list(walkin.free_now(topic, now)) == [counselor]


# --- Addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("counseling_history", "student=²"),
        ("counseling_caller", "student=²"),
        ("counseling_walkin", "counselor=²"),
        ("counseling_absence", "first_day=9999-12-31&whole=on&reason=x"),
        ("counseling_absence", "first_day=0001-01-01&whole=on&reason=x"),
        ("counseling_publish", "first=9999-12-30&last=9999-12-31"),
        ("centre_room_table", "day=9999-12-31"),
        ("centre_room_table", "day=0001-01-01&span=week"),
        ("centre_room_table", "day=2026-02-31"),
        ("centre_roomuse_add", "day=2026-02-31"),
        ("intake_priorities", "student=²"),
    ],
)
def test_an_address_that_makes_no_sense_is_no_error(client, boss, counselor, page, query):
    client.force_login(boss)
    if page == "counseling_publish":
        query += f"&counselors={counselor.pk}"

    assert client.get(f"{reverse(f'admin:{page}')}?{query}").status_code == 200


def test_a_button_with_a_strange_key_is_no_error(client, boss, student):
    client.force_login(boss)

    assert client.post(reverse("admin:intake_ruleset_read_back"), {"of": "abc"}).status_code == 200
    ended = client.post(reverse("admin:intake_priorities"), {"student": student.pk, "end": "abc"})
    assert ended.status_code == 404


# --- Links -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "leads"), [("프로그램 담당", False), ("소식지 담당", False), ("팀장(승인)", True)])
def test_a_day_off_leads_only_those_who_may_come_in(client, booked, make_parent, role, leads):
    clerk = make_parent("이담당")
    clerk.is_staff = True
    clerk.save()
    clerk.groups.add(Group.objects.get(name=role))
    client.force_login(clerk)
    typed = {"day": "2026-11-25", "name": "임시공휴일", "observed": "on"}
    page = client.post(reverse("admin:centre_holiday_add"), typed, follow=True).content.decode()

    assert Holiday.objects.get().day == WEDNESDAY
    assert "예약 1건" in page
    assert (ABSENCE in page.partition('class="messagelist"')[2].partition("</ul>")[0]) is leads
    assert ("팀장에게 알려" in page) is not leads


# --- Destruction -------------------------------------------------------------------------------


@pytest.mark.parametrize(("extra", "findings"), [(timedelta(0), 1), (timedelta(microseconds=1), 0)])
def test_a_strike_may_be_destroyed_before_its_booking(
    booked, boss, monday_morning, extra, findings, strikes_always_known
):
    monday_morning.move_to("2026-11-25 15:00+09:00")
    bookings.mark(booked, State.NO_SHOW, by=boss)
    Strike.objects.all().delete()
    starts = booked.starts_at
    monday_morning.move_to(starts.replace(year=starts.year + 3) + extra)

    assert len(doctor.check()) == findings


def test_a_hold_that_an_open_offer_keeps_is_not_destroyed(
    booked, make_student, make_parent, topic, parent, monday_morning
):
    other = make_parent("박보호")
    wish = joining.join(Wish(student=make_student("박하나", other), topic=topic, modes=["visit"]), by=other)
    bookings.cancel(booked, by=parent, reason="일정")
    offer = wish.offers.standing().get()
    due = retention.kind("counseling.given_up").due
    monday_morning.shift(timedelta(days=40))
    assert not due(timezone.now()).exists()  # nobody swept all that time, and the offer still stands on it

    offer.move(SlotOffer.State.LAPSED, by=None)
    assert [hold.offer for hold in due(timezone.now())] == [offer]


# --- Two windows -------------------------------------------------------------------------------


def _typed(page) -> dict[str, str]:
    """What a browser would send back from an admin form."""
    forms = [page.context["adminform"].form, *(f for s in page.context["inline_admin_formsets"] for f in s.formset)]
    forms += [inline.formset.management_form for inline in page.context["inline_admin_formsets"]]
    typed = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False and value != []:
                typed[field.html_name] = value
    return typed


def test_rules_are_not_saved_over_what_another_window_saved(client, boss, rule):
    rules = rule(open_most=3)
    client.force_login(boss)
    url = reverse("admin:intake_ruleset_change", args=[rules.pk])
    one, two = _typed(client.get(url)), _typed(client.get(url))
    assert client.post(url, one | {"open_most": 1}).status_code == 302

    page = client.post(url, two | {"cancel_days": 2})
    assert "그사이에 이 규칙을 고쳤습니다" in page.content.decode()
    rules.refresh_from_db()
    assert (rules.open_most, rules.cancel_days) == (1, 1)
    assert client.post(url, _typed(client.get(url)) | {"cancel_days": 2}).status_code == 302
    rules.refresh_from_db()
    assert (rules.open_most, rules.cancel_days) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_a_pattern_saved_twice_at_once_is_there_once(at_once, counselor, boss):
    typed = {
        "counselor": counselor.pk, "weekdays": ["0", "2"], "starts": "14:00", "ends": "18:00", "modes": ["visit"],
        "first_day": "2026-11-23", "breaks-TOTAL_FORMS": "0", "breaks-INITIAL_FORMS": "0",
    }  # fmt: skip

    def save():
        client = Client()
        client.force_login(boss)
        client.raise_request_exception = False
        return client.post(reverse("admin:counseling_weeklypattern_add"), typed).status_code

    assert sorted(at_once(save, save)) == [200, 302]
    assert WeeklyPattern.objects.count() == 2


# --- A topic that changes under those who wait ---------------------------------------------------


def test_whoever_waits_is_offered_what_the_topic_still_offers(booked, topic, make_student, make_parent, parent):
    other = make_parent("박보호")
    wish = joining.join(Wish(student=make_student("박하나", other), topic=topic, modes=["visit", "phone"]), by=other)
    topic.modes = ["phone"]
    topic.save()
    bookings.cancel(Booking.objects.get(pk=booked.pk), by=parent, reason="일정")

    assert wish.offers.standing().get().mode == "phone"


# --- Who has gone ------------------------------------------------------------------------------


def test_a_counsellor_who_goes_leaves_no_booking_behind_unseen(client, boss, booked, counselor, colleague, make_slot):
    elsewhere = make_slot("2026-11-25 14:00", counselor=colleague.counselor)
    client.force_login(boss)
    url = reverse("admin:counseling_counselor_change", args=[counselor.pk])
    typed = {"name": counselor.name, "topics": [topic.pk for topic in counselor.topics.all()]}
    page = client.post(url, typed, follow=True).content.decode()
    assert "다가오는 예약 1건은 그대로 있습니다" in page

    asked = {"counselor": counselor.pk, "first_day": "2026-11-23", "last_day": "2026-11-25", "reason": "상담사 사정"}
    found = client.get(ABSENCE, asked).context["found"]
    assert [hit.booking for hit in found.hits] == [booked]
    client.post(ABSENCE, asked | {f"booking-{booked.pk}": f"slot:{elsewhere.pk}"})
    booked.refresh_from_db()
    assert booked.slot == elsewhere
    assert counselor.name not in client.get(ABSENCE).content.decode()


def test_looking_at_what_would_be_unshared_is_an_opening(client, chief, record, me):
    client.force_login(me)
    records.share(record, version=1, by=me)
    client.force_login(chief)
    client.get(reverse("admin:counseling_unshare_record", args=[record.booking_id]))

    assert AccessLog.objects.filter(by=chief, what=f"상담 기록 {record.pk}: 공유 거두기 화면").count() == 1


@pytest.mark.parametrize(("role", "status"), [("감사(열람)", 403), ("팀장(승인)", 302)])
def test_whoever_only_reads_issues_no_paper(client, booked, make_parent, role, status):
    reader = make_parent("이열람")
    reader.is_staff = True
    reader.save()
    reader.groups.add(Group.objects.get(name=role))
    client.force_login(reader)
    url = reverse("admin:counseling_confirmation", args=[booked.pk])

    page = client.get(reverse("admin:counseling_booking_change", args=[booked.pk])).content.decode()
    assert (url in page) is (status == 302)
    assert client.post(url).status_code == status
    assert IssuedDocument.objects.count() == (status == 302)


def test_a_pattern_without_a_weekday_says_so_and_keeps_the_rest(client, boss, counselor):
    client.force_login(boss)
    typed = {
        "counselor": counselor.pk, "starts": "13:30", "ends": "18:00", "modes": ["visit"], "first_day": "2026-11-23",
        "breaks-TOTAL_FORMS": "0", "breaks-INITIAL_FORMS": "0",
    }  # fmt: skip
    page = client.post(reverse("admin:counseling_weeklypattern_add"), typed)

    assert page.context["adminform"].form.errors.keys() == {"weekdays"}
    assert 'value="13:30"' in page.content.decode()


@pytest.mark.parametrize(("number", "shown"), [(50, True), (51, False)])
def test_too_many_people_to_unmask_are_said_to_be_too_many(client, boss, counselor, topic, parent, number, shown):
    born = {"birth_date": date(2011, 5, 5), "grade": 9, "grade_year": 2026}
    students = Student.objects.bulk_create(Student(name=f"마스크{n}", **born) for n in range(number))
    begins = DAY.lower + timedelta(hours=9)
    periods = [
        DateTimeTZRange(begins + timedelta(minutes=n), begins + timedelta(minutes=n + 1), "[)") for n in range(number)
    ]
    slots = Slot.objects.bulk_create(Slot(counselor=counselor, period=period, modes=["visit"]) for period in periods)
    common = {"topic": topic, "mode": "visit", "state": State.BOOKED, "booked_by": parent, "booked_at": timezone.now()}
    Booking.objects.bulk_create(
        Booking(slot=slot, student=student, period=slot.period, **common)
        for slot, student in zip(slots, students, strict=True)
    )
    client.force_login(boss)
    url = f"{reverse('admin:counseling_history')}?day={WEDNESDAY}"
    page = client.post(url, {"reason": "민원 확인"}).content.decode()

    assert ("마스크0" in page) is shown
    assert ("한 번에 50명까지" in page) is not shown
    assert AccessLog.objects.filter(act=AccessLog.Act.UNMASK).count() == shown
