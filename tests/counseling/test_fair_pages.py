"""The pages of a fair: families, the screen in the hall, staff, and a university's people."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import Affiliation, User
from counseling import booking as bookings
from counseling import fair_papers, fairs
from counseling.models import Booking, Fair, Slot
from lifecycle.models import AccessLog
from tests.counseling.fair import add_booth, make_fair, moment, open_fair, slot_of

pytestmark = pytest.mark.django_db

State = Booking.State


@pytest.fixture
def fair(db):
    return open_fair()


@pytest.fixture
def staff(db):
    user = User.objects.create_user("fair@example.com", name="박담당", is_staff=True)
    names = ["view_fair", "change_fair", "view_booth", "add_booth", "staff_fair"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


def talk_url(slot, query=""):
    return reverse("counseling:fair_talk", args=[slot.pk]) + query


# --- Families ----------------------------------------------------------------------------------


def test_a_family_books_a_talk_and_sees_its_day(client, fair, student, parent):
    client.force_login(parent)
    page = client.get(fair.get_absolute_url()).content.decode()
    slot = slot_of(fair, 1, "10:30")
    assert talk_url(slot, f"?child={student.pk}") in page
    assert "한빛1대학교" in client.get(talk_url(slot)).content.decode()
    answer = client.post(talk_url(slot), {"student": student.pk, "question": "전형이 궁금합니다."}, follow=True)
    said = answer.content.decode()
    assert "예약했습니다" in said
    assert "한빛1대학교 부스 1" in said
    booking = Booking.objects.get()
    assert (booking.state, booking.question, booking.slot) == (State.BOOKED, "전형이 궁금합니다.", slot)
    assert talk_url(slot) not in client.get(fair.get_absolute_url()).content.decode()


def test_a_visitor_reads_and_logs_in_to_book(client, fair):
    slot = slot_of(fair, 1, "10:00")
    assert talk_url(slot) in client.get(fair.get_absolute_url()).content.decode()
    answer = client.get(talk_url(slot))
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def test_before_it_opens_there_are_times_without_buttons(client, parent, student):
    fair = open_fair(opens="2026-11-24 10:00")
    client.force_login(parent)
    page = client.get(fair.get_absolute_url()).content.decode()
    assert "11. 24.(화) 10:00부터 예약할 수 있습니다." in page
    assert "counseling/fairs/times" not in page
    refused = client.post(talk_url(slot_of(fair, 1, "10:00")), {"student": student.pk, "question": "꼭 묻고 싶어요"})
    assert "10:00부터 예약할 수 있습니다." in refused.content.decode()
    assert "꼭 묻고 싶어요" in refused.content.decode()  # nothing typed is lost


def test_the_same_time_twice_is_one_booking(client, fair, student, parent):
    client.force_login(parent)
    slot = slot_of(fair, 1, "10:00")
    for _ in range(2):
        assert client.post(talk_url(slot), {"student": student.pk}).status_code == 302
    assert Booking.objects.count() == 1


def test_a_talk_is_moved_from_its_booking(client, fair, student, parent):
    client.force_login(parent)
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    answer = client.get(reverse("counseling:change", args=[booked.pk]))
    assert answer["Location"] == f"{fair.get_absolute_url()}?moving={booked.pk}"
    new = slot_of(fair, 2, "11:00")
    assert talk_url(new, f"?moving={booked.pk}") in client.get(answer["Location"]).content.decode()
    page = client.get(talk_url(new, f"?moving={booked.pk}")).content.decode()
    assert "이 시간으로 바꾸기" in page
    client.post(talk_url(new, f"?moving={booked.pk}"), {"seen": booked.sequence})
    booked.refresh_from_db()
    assert booked.slot == new


def test_a_talk_moved_in_another_tab_stays_where_it_went(client, fair, student, parent):
    client.force_login(parent)
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    fairs.move(booked, slot_of(fair, 1, "11:00"), by=parent)
    stale = client.post(talk_url(slot_of(fair, 2, "13:00"), f"?moving={booked.pk}"), {"seen": "0"})
    assert "다른 곳에서 바뀐 예약" in stale.content.decode()
    booked.refresh_from_db()
    assert booked.slot == slot_of(fair, 1, "11:00")


def test_nobody_moves_or_reads_what_belongs_to_others(client, fair, student, parent, make_parent):
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    client.force_login(make_parent("이웃"))
    moving = f"?moving={booked.pk}"
    assert client.get(fair.get_absolute_url() + moving).status_code == 404
    assert client.post(talk_url(slot_of(fair, 2, "11:00"), moving), {"seen": 0}).status_code == 404
    for name in ("fair_schedule", "fair_schedule_file"):
        assert client.get(reverse(f"counseling:{name}", args=[fair.pk, student.pk])).status_code == 404
    assert client.post(talk_url(slot_of(fair, 2, "11:00")), {"student": student.pk}).status_code == 200
    assert Booking.objects.count() == 1


def test_booths_have_no_page_among_ordinary_times(client, fair, student, parent):
    client.force_login(parent)
    assert client.get(reverse("counseling:slot", args=[slot_of(fair, 1, "10:00").pk])).status_code == 404


def test_a_fair_that_is_not_published_does_not_exist(client, fair):
    fair.run.published_at = None
    fair.run.save()
    assert client.get(fair.get_absolute_url()).status_code == 404
    assert client.get(talk_url(slot_of(fair, 1, "10:00"))).status_code in {302, 404}


def test_the_page_costs_the_same_however_many_booths(client, parent, student, django_assert_max_num_queries):
    fair = open_fair(booths=8)
    client.force_login(parent)
    client.get(fair.get_absolute_url())
    with django_assert_max_num_queries(18):
        client.get(fair.get_absolute_url())


def test_the_day_on_paper(client, fair, student, parent):
    client.force_login(parent)
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    answer = client.get(reverse("counseling:fair_schedule_file", args=[fair.pk, student.pk]))
    assert answer.content.startswith(b"%PDF")


# --- The screen in the hall -------------------------------------------------------------------------


def test_the_screen_names_nobody(client, fair, student, parent, monday_morning):
    fairs.book(slot_of(fair, 1, "10:30"), student=student, by=parent)
    monday_morning.move_to("2026-11-28 10:05+09:00")
    answer = client.get(reverse("counseling:fair_screen", args=[fair.pk, fair_papers.screen_key(fair)]))
    page = answer.content.decode()
    assert "2번 10:30" in page
    assert student.name not in page
    assert answer.headers["Refresh"]


def test_the_screen_opens_by_its_own_address_alone(client, fair):
    other = make_fair("2026-12-05")
    for key in ("x", fair_papers.screen_key(other)):
        assert client.get(reverse("counseling:fair_screen", args=[fair.pk, key])).status_code == 404


# --- Staff --------------------------------------------------------------------------------------


def test_staff_look_and_then_make_times(log_in, staff):
    fair = make_fair()
    add_booth(fair, 1)
    client = log_in(staff)
    url = reverse("admin:counseling_fair_times", args=[fair.pk])
    page = client.get(url).content.decode()
    assert not Slot.objects.exists()  # looking changes nothing
    assert "6개" in page
    seen = fairs.digest(fairs.plan(fair))
    assert "새로 만든 시간 6개" in client.post(url, {"seen": seen}, follow=True).content.decode()
    assert "미리 본 뒤에" not in client.post(url, {"seen": seen}, follow=True).content.decode()  # a second click
    assert Slot.objects.count() == 6


def test_staff_take_over_last_years_booths(log_in, staff, fair):
    target = make_fair("2027-11-27")
    url = reverse("admin:counseling_fair_copy", args=[target.pk])
    client = log_in(staff)
    assert "가져올 박람회를 골라 주세요" in client.post(url, {}).content.decode()
    assert "부스 2개를 가져왔습니다" in client.post(url, {"source": fair.pk}, follow=True).content.decode()


def test_staff_write_down_arrival_and_absence(log_in, staff, fair, student, parent, monday_morning):
    booked = fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    monday_morning.move_to("2026-11-28 09:55+09:00")
    client, url = log_in(staff), reverse("admin:counseling_fair_board", args=[fair.pk])
    page = client.get(url).content.decode()
    assert "김*늘" in page
    assert student.name not in page
    client.post(url, {"booking": booked.pk, "to": State.ARRIVED})
    booked.refresh_from_db()
    assert booked.state == State.ARRIVED
    assert (
        "상담 시작 시각이 지난 뒤"
        in client.post(url, {"booking": booked.pk, "to": State.DONE}, follow=True).content.decode()
    )
    assert client.post(url, {"booking": booked.pk, "to": State.CANCELLED}).status_code == 403


def test_the_board_marks_nothing_of_other_days(log_in, staff, fair, slot, student, topic, parent):
    ordinary = bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    url = reverse("admin:counseling_fair_board", args=[fair.pk])
    assert log_in(staff).post(url, {"booking": ordinary.pk, "to": State.ARRIVED}).status_code == 404


def test_who_has_no_part_in_fairs_opens_none_of_it(log_in, fair):
    client = log_in(User.objects.create_user("other@example.com", name="최직원", is_staff=True))
    for name in ("times", "copy", "board"):
        assert client.get(reverse(f"admin:counseling_fair_{name}", args=[fair.pk])).status_code == 403
    booth = fair.booths.first()
    assert client.get(reverse("admin:counseling_fair_sheet", args=[booth.pk])).status_code == 403


def test_a_booths_sheet_bears_names_and_leaves_a_row(log_in, staff, fair, student, parent):
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    booth = fair.booths.get(number=1)
    answer = log_in(staff).get(reverse("admin:counseling_fair_sheet", args=[booth.pk]))
    assert answer.content.startswith(b"%PDF")
    row = AccessLog.objects.get()
    assert row.subject_ids == [student.pk]


def test_the_board_costs_the_same_however_many_booths(log_in, staff, student, parent, django_assert_max_num_queries):
    fair = open_fair(booths=8)
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    client, url = log_in(staff), reverse("admin:counseling_fair_board", args=[fair.pk])
    client.get(url)
    with django_assert_max_num_queries(15):
        client.get(url)
    with django_assert_max_num_queries(15):
        client.get(reverse("admin:counseling_fair_change", args=[fair.pk]))


# --- A university's people ----------------------------------------------------------------------------


def test_a_university_sees_its_own_booth_without_names(client, fair, student, parent):
    fairs.book(slot_of(fair, 1, "10:00"), student=student, by=parent)
    user = User.objects.create_user("work@example.com", name="현누리")
    partner = fair.booths.get(number=1).partner
    Affiliation.objects.create(user=user, role="partner", partner=partner, confirmed_at=timezone.now())
    client.force_login(user)
    page = client.get(reverse("counseling:fair_partner", args=[fair.run_id])).content.decode()
    assert "한빛1대학교 부스 1" in page
    assert "예약 확정" in page
    assert student.name not in page
    assert "한빛2대학교" not in page
    client.force_login(parent)
    assert client.get(reverse("counseling:fair_partner", args=[fair.run_id])).status_code == 404


def test_the_list_knows_fairs_ahead(client, fair, monday_morning):
    assert str(fair.run.title) in client.get(reverse("counseling:fairs")).content.decode()
    monday_morning.move_to(moment("2026-11-28 16:00"))
    assert "예정된 박람회가 없습니다" in client.get(reverse("counseling:fairs")).content.decode()
    assert Fair.objects.count() == 1
