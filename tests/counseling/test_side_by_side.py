"""Several counsellors free for one hour: one row in the list, a choice on the next page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from counseling import booking as bookings
from counseling import finding
from counseling.finding import Need
from counseling.models import Booking

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(make_slot, make_counselor):
    return [make_slot(counselor=make_counselor(f"{name} 상담사")) for name in ("가온", "나래", "다솜")]


@pytest.fixture
def family(client, parent, student):
    client.force_login(parent)
    return client


def url_of(slot):
    return reverse("counseling:slot", args=[slot.pk])


def wish(student, topic, **more):
    return {"student": student.pk, "topic": topic.pk, "mode": "visit", **more}


def test_one_hour_is_one_row_with_everybodys_name(client, three):
    page = client.get(reverse("counseling:times")).content.decode()

    assert page.count("14:00 ~ 14:50") == 1
    assert "상담사 3명" in page
    assert "가온 상담사, 나래 상담사, 다솜 상담사" in page


def test_times_of_different_length_stay_apart(client, three, make_slot, make_counselor):
    make_slot(counselor=make_counselor("라온 상담사"), minutes=80)

    [first, second] = finding.times(Need())
    assert (len(first.slots), len(second.slots)) == (3, 1)


def test_a_page_that_ends_in_the_middle_of_an_hour_leaves_that_hour_out(make_slot, make_counselor):
    people = [make_counselor(f"{n}번 상담사") for n in range(4)]
    for hour in (14, 15):
        for person in people:
            make_slot(f"2026-11-25 {hour}:00", counselor=person)

    found, more = finding.first_times(Need(), 2)  # six rows are looked at: four of 14:00 and two of 15:00
    assert ([len(time.slots) for time in found], more) == ([4], True)
    found, more = finding.first_times(Need())
    assert ([len(time.slots) for time in found], more) == ([4, 4], False)


def test_nobody_in_particular_is_the_first_answer(family, three, student, topic, parent, make_slot, make_student):
    page = family.get(url_of(three[0])).content.decode()
    assert "상담사 무관" in page
    other = make_student("김새별", parent)
    bookings.book(
        make_slot("2026-11-27 10:00", counselor=three[0].counselor).pk,
        student=other,
        topic=topic,
        mode="visit",
        by=parent,
    )

    family.post(url_of(three[0]), wish(student, topic, counselor="any"))
    assert Booking.objects.get(student=student).slot_id == three[1].pk  # the first has one that week


def test_somebody_may_be_chosen(family, three, student, topic):
    family.post(url_of(three[0]), wish(student, topic, counselor=str(three[2].pk)))

    assert Booking.objects.get().slot_id == three[2].pk


def test_an_earlier_counsellor_stands_first(family, three, student, topic, parent, make_slot, monday_morning):
    met = make_slot("2026-11-24 14:00", counselor=three[2].counselor)
    bookings.book(met.pk, student=student, topic=topic, mode="visit", by=parent)
    Booking.objects.update(state="done")

    page = family.get(url_of(three[0])).content.decode()
    assert page.index("지난번에 만난 상담사") < page.index("상담사 무관")


def test_going_back_keeps_the_counsellor_who_is_held(family, three, student, topic):
    family.post(url_of(three[0]), wish(student, topic, counselor=str(three[2].pk)))

    page = family.get(url_of(three[2])).content.decode()
    checked = page.partition(f'name="counselor" value="{three[2].pk}"')[2].partition(">")[0]
    assert "checked" in checked


def test_a_forged_choice_is_a_mistake_in_the_form(family, three, student, topic):
    response = family.post(url_of(three[0]), wish(student, topic, counselor="9" * 30))

    assert response.status_code == 200
    assert not Booking.objects.exists()


def test_the_list_costs_three_queries_for_guests_and_two_more_for_families(client, three, parent, student):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("counseling:times"))
        return len(seen)

    queries()
    guest = queries()
    client.force_login(parent)
    queries()
    assert (guest <= 4, queries() - guest) == (True, 2)  # the footer asks for the centre once
