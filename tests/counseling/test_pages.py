from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts.models import Guardianship
from centre.models import Centre
from counseling import booking as bookings
from counseling.models import Booking, Slot, Topic
from notices.models import Notice

pytestmark = pytest.mark.django_db

State = Booking.State


@pytest.fixture
def family(client, parent, student):
    """The browser of a parent with one child."""
    client.force_login(parent)
    return client


@pytest.fixture
def wish(student, topic):
    return {"student": student.pk, "topic": topic.pk, "mode": "visit", "question": "수시가 궁금합니다."}


def test_a_parent_books_finds_the_booking_and_cancels_it(family, slot, wish):
    times = family.get(reverse("counseling:times"), {"topic": "admission"}).content.decode()
    url = reverse("counseling:slot", args=[slot.pk])
    assert url in times
    assert "김하늘" in family.get(url).content.decode()

    response = family.post(url, wish)
    booking = Booking.objects.get()
    assert response.url == reverse("counseling:review", args=[booking.pk])
    assert "수시가 궁금합니다." in family.get(response.url).content.decode()

    response = family.post(response.url)
    assert response.url == reverse("counseling:done", args=[booking.pk])
    assert "예약이 확정되었습니다" in family.get(response.url).content.decode()
    assert url not in family.get(reverse("counseling:times")).content.decode()
    assert booking.get_absolute_url() in family.get(reverse("counseling:bookings")).content.decode()

    page = family.get(reverse("counseling:cancel", args=[booking.pk])).content.decode()
    assert "예약 취소하기" in page
    response = family.post(
        reverse("counseling:cancel", args=[booking.pk]), {"reason": "일정이 생겼어요", "detail": "시험"}
    )
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED
    assert "일정이 생겼어요: 시험" in family.get(response.url).content.decode()
    assert url in family.get(reverse("counseling:times")).content.decode()


# --- Finding a time --------------------------------------------------------------------------


def times(client, **query):
    return client.get(reverse("counseling:times"), query).content.decode()


def url_of(slot):
    return reverse("counseling:slot", args=[slot.pk])


def test_anybody_may_look_and_is_asked_to_log_in_when_choosing(client, slot, topic):
    assert url_of(slot) in times(client)

    response = client.get(f"{url_of(slot)}?topic=admission&mode=visit")
    assert response.status_code == 302
    assert parse_qs(urlsplit(response.url).query)["next"] == [f"{url_of(slot)}?topic=admission&mode=visit"]


def test_times_are_found_by_topic_mode_and_day(client, make_slot, make_counselor):
    other = Topic.objects.create(slug="abroad", name="유학 상담", minutes=50, modes=["video"])
    admission = make_slot("2026-11-25 14:00", modes=["visit"])
    abroad = make_slot("2026-11-26 14:00", modes=["video"], counselor=make_counselor("이도윤 상담사", [other]))

    def shown(**query):
        page = times(client, **query)
        return [slot for slot in (admission, abroad) if url_of(slot) in page]

    assert shown() == [admission, abroad]
    assert shown(topic="admission") == [admission]
    assert shown(topic="abroad") == [abroad]
    assert shown(mode="video") == [abroad]
    assert shown(day="2026-11-25") == [admission]
    assert shown(topic="admission", mode="video") == []
    assert shown(topic="nonsense", mode="nonsense", day="2026-02-30", month="2026-13") == [admission, abroad]


def test_the_calendar_counts_the_free_times_of_each_day(client, make_slot):
    for hour in (14, 15, 16):
        make_slot(f"2026-11-25 {hour}:00")
    make_slot("2026-12-02 14:00")

    november, december = times(client), times(client, month="2026-12")
    assert "2026년 11월" in november
    assert "<small>3개</small>" in november
    assert "2026년 12월" in december
    assert "<small>1개</small>" in december


def test_a_day_without_times_shows_a_way_on(client, slot):
    page = times(client, day="2026-11-27")

    assert "이날은 예약할 수 있는 시간이 없습니다" in page
    assert "가장 빠른 시간 보기" in page


def test_a_centre_without_times_says_so(client, topic):
    assert "지금 예약할 수 있는 시간이 없습니다" in times(client)


@pytest.mark.parametrize("name", ["counseling:home", "counseling:times"])
def test_a_public_page_costs_the_same_with_ten_or_a_thousand_times(client, counselor, name):
    def make(number, first):
        begins = [first + timedelta(hours=n) for n in range(number)]
        periods = [DateTimeTZRange(start, start + timedelta(minutes=50), "[)") for start in begins]
        Slot.objects.bulk_create(Slot(counselor=counselor, period=period, modes=["visit"]) for period in periods)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse(name))
        return len(seen)

    start = timezone.now() + timedelta(days=2)
    make(10, start)
    few = queries()
    make(1000, start + timedelta(days=1))
    assert queries() == few <= 5


# --- Choosing --------------------------------------------------------------------------------


def test_the_question_of_the_page_before_is_answered_already(family, slot, student, topic):
    page = family.get(url_of(slot), {"topic": "admission", "mode": "phone"}).content.decode()

    assert page.count("checked") == 3  # the one child, the topic, the mode


def test_a_parent_without_a_child_is_shown_the_way_and_back(client, slot, make_parent):
    client.force_login(make_parent())
    page = client.get(url_of(slot), {"topic": "admission"}).content.decode()

    assert reverse("accounts:child_add") in page
    assert quote(f"{url_of(slot)}?topic=admission", safe="") in page


def test_a_student_with_an_account_books_alone(client, slot, make_student, make_parent, topic):
    user = make_parent("김하늘")
    student = make_student("김하늘")
    student.user = user
    student.save(update_fields=["user"])
    client.force_login(user)

    response = client.post(url_of(slot), {"student": student.pk, "topic": topic.pk, "mode": "visit"})
    client.post(response.url)

    assert Booking.objects.get().state == State.BOOKED


def test_another_familys_child_cannot_be_chosen(family, slot, wish, make_student):
    response = family.post(url_of(slot), wish | {"student": make_student("이바다").pk})

    assert response.status_code == 200
    assert not Booking.objects.exists()


def test_a_form_with_a_mistake_keeps_what_was_typed(family, slot, wish):
    page = family.post(url_of(slot), wish | {"mode": ""}).content.decode()

    assert "상담 방식을 골라 주세요" in page
    assert "수시가 궁금합니다." in page


def test_a_time_lost_to_another_keeps_the_words_and_offers_the_next_times(
    family, make_slot, slot, wish, topic, make_student, make_parent
):
    next_one = make_slot("2026-11-25 16:00")
    other = make_parent()
    bookings.book(slot.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)

    page = family.post(url_of(slot), wish).content.decode()
    assert "방금 다른 분이 예약한 시간입니다" in page
    assert 'value="수시가 궁금합니다."' in page
    assert f'formaction="{url_of(next_one)}"' in page

    family.post(url_of(next_one), wish)
    assert Booking.objects.get(state=State.HELD).question == "수시가 궁금합니다."


def test_the_next_times_leave_out_when_the_student_is_somewhere_else(
    family, make_slot, slot, wish, topic, student, parent, make_counselor
):
    bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    beside = make_slot("2026-11-25 14:00", counselor=make_counselor("이도윤 상담사"))
    another = make_slot("2026-11-25 14:30", counselor=make_counselor("박서준 상담사"))
    later = make_slot("2026-11-25 16:00")

    page = family.post(url_of(beside), wish).content.decode()
    assert "다른 상담 예약이 있습니다" in page
    assert url_of(later) in page
    assert f'formaction="{url_of(another)}"' not in page


def test_the_next_times_leave_out_what_opens_to_others_first(
    family, make_slot, slot, wish, topic, make_student, make_parent, rule
):
    rule(everyone_after_days=20)  # the day opens 30 days before, to everybody 10 days before
    today, later = make_slot("2026-11-26 14:00"), make_slot("2026-12-20 14:00")
    other = make_parent()
    bookings.book(slot.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)

    page = family.post(url_of(slot), wish).content.decode()
    assert f'formaction="{url_of(today)}"' in page
    assert f'formaction="{url_of(later)}"' not in page


def test_the_cap_is_said_on_the_form(family, make_slot, slot, wish, rule, topic, student, parent):
    rule(open_most=1)
    bookings.book(make_slot("2026-11-26 14:00").pk, student=student, topic=topic, mode="visit", by=parent)

    page = family.post(url_of(slot), wish).content.decode()
    assert "1건까지입니다" in page
    assert "수시가 궁금합니다." in page


def test_a_link_to_a_time_that_is_gone_is_a_friendly_page(family, slot, topic, make_student, make_parent):
    other = make_parent()
    bookings.book(slot.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)

    response = family.get(url_of(slot))
    assert response.status_code == 200
    assert "다른 시간을 골라 주세요" in response.content.decode()


# --- The back button, double clicks, two tabs ------------------------------------------------


@pytest.fixture
def held(family, slot, wish):
    family.post(url_of(slot), wish)
    return Booking.objects.get()


def step(name, booking):
    return reverse(f"counseling:{name}", args=[booking.pk])


def test_going_back_from_the_review_finds_ones_own_words(family, slot, held):
    page = family.get(url_of(slot)).content.decode()

    assert "수시가 궁금합니다." in page
    assert page.count("checked") == 3


def test_sending_the_form_twice_is_one_hold(family, slot, wish, held):
    family.post(url_of(slot), wish)

    assert Booking.objects.count() == 1


def test_confirming_twice_is_one_booking_and_ends_on_the_same_page(family, held):
    first = family.post(step("review", held))
    second = family.post(step("review", held))

    assert first.url == second.url == step("done", held)
    assert Notice.objects.filter(kind="counseling.booked", channel="sms").count() == 1


def test_the_back_button_after_booking_ends_at_the_booking(family, slot, wish, held):
    family.post(step("review", held))

    assert family.get(step("review", held)).url == held.get_absolute_url()
    assert family.post(url_of(slot), wish).url == held.get_absolute_url()
    assert Booking.objects.count() == 1


def test_two_tabs_end_in_the_last_choice(family, make_slot, wish, held):
    family.post(url_of(make_slot("2026-11-25 16:00")), wish)

    page = family.post(step("review", held)).content.decode()
    assert "맡아 둔 기한이 지났습니다" in page
    assert Booking.objects.filter(state=State.HELD).count() == 1


def test_a_hold_that_is_over_may_still_be_confirmed_while_the_time_is_free(family, held, monday_morning):
    monday_morning.shift(timedelta(minutes=15))

    assert "아직 비어 있으면 그대로 예약할 수 있습니다" in family.get(step("review", held)).content.decode()
    assert family.post(step("review", held)).url == step("done", held)


def test_a_hold_that_is_over_and_taken_offers_other_times(
    family, held, slot, make_slot, topic, make_student, make_parent, monday_morning
):
    other, free = make_parent(), make_slot("2026-11-25 16:00")
    monday_morning.shift(timedelta(minutes=15))
    bookings.book(slot.pk, student=make_student("이바다", other), topic=topic, mode="visit", by=other)

    for page in (family.get(step("review", held)), family.post(step("review", held))):
        assert "수시가 궁금합니다." in page.content.decode()
        assert f'formaction="{url_of(free)}"' in page.content.decode()


def test_giving_a_hold_back_leads_to_the_same_search(family, held, slot):
    response = family.post(step("release", held))

    assert response.url == f"{reverse('counseling:times')}?topic=admission&mode=visit"
    assert url_of(slot) in times(family)


def test_an_open_hold_is_offered_on_ones_own_list(family, held):
    assert step("review", held) in family.get(reverse("counseling:bookings")).content.decode()


def test_getting_a_page_changes_nothing(family, held):
    for name in ("review", "done", "cancel", "booking", "ics"):
        family.get(step(name, held))

    held.refresh_from_db()
    assert held.state == State.HELD
    assert family.get(step("release", held)).status_code == 405


# --- One's own bookings ----------------------------------------------------------------------


@pytest.fixture
def booked(slot, student, topic, parent):
    return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)


def test_both_parents_and_the_student_see_a_booking(client, booked, student, make_parent, parent):
    father, own = make_parent("김아빠"), make_parent("김하늘")
    Guardianship.objects.create(guardian=father, student=student, relation="father", confirmed_at=timezone.now())
    student.user = own
    student.save(update_fields=["user"])

    for person in (parent, father, own):
        client.force_login(person)
        assert client.get(booked.get_absolute_url()).status_code == 200, person.name


@pytest.mark.parametrize("name", ["booking", "review", "release", "done", "cancel", "ics"])
def test_another_familys_booking_does_not_exist(client, booked, make_parent, name):
    client.force_login(make_parent())

    assert client.post(step(name, booked)).status_code in {404, 405}
    assert client.get(step(name, booked)).status_code in {404, 405}


def test_a_guardian_whose_care_ended_sees_nothing_more(family, booked):
    Guardianship.objects.update(ended_at=timezone.now())

    assert family.get(booked.get_absolute_url()).status_code == 404


def test_the_other_parents_hold_is_not_shown(client, held, student, make_parent):
    father = make_parent("김아빠")
    Guardianship.objects.create(guardian=father, student=student, relation="father", confirmed_at=timezone.now())
    client.force_login(father)

    assert client.get(step("review", held)).status_code == 404


def test_staff_see_their_own_family_only_on_the_family_pages(client, booked, counselor):
    counselor.user.user_permissions.set(Permission.objects.filter(codename="view_every_booking"))
    client.force_login(counselor.user)

    assert client.get(booked.get_absolute_url()).status_code == 404


def test_past_and_cancelled_bookings_have_lists_of_their_own(family, booked, parent, monday_morning):
    url = reverse("counseling:bookings")

    def lists():
        pages = {show: family.get(url, {"show": show}).content.decode() for show in ("upcoming", "past", "cancelled")}
        return [show for show, page in pages.items() if booked.get_absolute_url() in page]

    assert lists() == ["upcoming"]
    monday_morning.move_to("2026-11-25 14:50+09:00")
    family.force_login(parent)
    assert lists() == ["past"]
    monday_morning.move_to("2026-11-23 10:00+09:00")
    family.force_login(parent)
    bookings.cancel(booked, by=parent, reason="일정")
    assert lists() == ["cancelled"]


def test_ones_own_list_costs_the_same_with_one_or_many(family, booked, make_slot, student, topic, parent, rule):
    rule(open_most=None)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            family.get(reverse("counseling:bookings"))
        return len(seen)

    queries()
    one = queries()
    for day in range(1, 15):
        slot = make_slot(f"2026-12-{day:02} 14:00")
        bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    assert queries() == one


def test_after_the_deadline_the_page_gives_the_telephone_instead(family, booked, parent, monday_morning):
    Centre.objects.update_or_create(defaults={"name": "센터", "phone": "02-000-0000"})
    assert step("cancel", booked) in family.get(booked.get_absolute_url()).content.decode()

    monday_morning.move_to("2026-11-24 18:00+09:00")
    family.force_login(parent)
    page = family.get(booked.get_absolute_url()).content.decode()
    assert step("cancel", booked) not in page
    assert "tel:02-000-0000" in page
    response = family.post(step("cancel", booked), {"reason": "일정이 생겼어요"}, follow=True)
    assert "인터넷 취소 기한" in response.content.decode()


def test_cancelling_asks_for_a_reason_and_a_second_click_is_harmless(family, booked):
    assert "취소하는 이유를 골라 주세요" in family.post(step("cancel", booked), {}).content.decode()

    for _ in range(2):
        response = family.post(step("cancel", booked), {"reason": "일정이 생겼어요"})
        assert response.url == booked.get_absolute_url()
    assert booked.trail().count() == 2


def test_the_calendar_file_keeps_its_uid_and_counts_its_changes(family, booked, parent):
    def event():
        response = family.get(step("ics", booked))
        assert response["Content-Type"].startswith("text/calendar")
        return Calendar.from_ical(response.content).walk("VEVENT")[0]

    before = event()
    bookings.cancel(booked, by=parent, reason="일정")
    after = event()

    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert (before["status"], after["status"]) == ("CONFIRMED", "CANCELLED")
    assert before.decoded("dtstart") == booked.starts_at
    assert booked.topic.name not in str(before["summary"])
