from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts.models import User
from centre.models import Centre, Closure, OpeningHours, Venue
from counseling.models import Counselor, Slot, Topic
from newsletter.models import Post
from programs.models import Application, Program, Run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-24 11:00+09:00", tick=False) as traveller:  # a Tuesday
        yield traveller


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def stage(number: int) -> None:
    """A centre with ``number`` of everything that the front door shows."""
    now = timezone.now()
    Centre.objects.create(name="가온센터", phone="02-000-0000")
    venue = Venue.objects.create(name="새벽관", address="서울특별시 금천구 새벽로 1", first_day=date(2026, 1, 1))
    OpeningHours.objects.create(venue=venue, weekday=1, opens=time(10), closes=time(19), first_day=date(2026, 1, 1))
    counselor = Counselor.objects.create(user=User.objects.create_user("c@example.com", name="상담"), name="김상담")
    for n in range(number):
        topic = Topic.objects.create(slug=f"t{n}", name=f"{n}번 상담", modes=["visit"], position=n)
        counselor.topics.add(topic)
        start = at("2026-11-26 10:00") + timedelta(hours=n)
        Slot.objects.create(
            counselor=counselor, period=DateTimeTZRange(start, start + timedelta(hours=1)), modes=["visit"]
        )
        program = Program.objects.create(
            title=f"{n}번 교실", area="career", kind="camp", summary="소개", audience=["student"], published_at=now
        )
        Run.objects.create(
            program=program,
            title="1회",
            starts_at=at("2026-12-12 10:00"),
            ends_at=at("2026-12-12 12:00"),
            opens_at=at("2026-11-20 09:00"),
            closes_at=at("2026-12-10 18:00"),
        )
        for kind in Post.Kind:
            Post.objects.create(kind=kind, title=f"{n}번 글", body="본문", published_at=now)
        Closure.objects.create(first_day=date(2026, 11, 25), last_day=date(2026, 11, 25), reason=f"점검 {n}")


def test_the_front_door_of_an_empty_house_is_a_whole_page(client):
    page = client.get("/").content.decode()

    assert page.count("<h1>") == 1
    assert "지금 접수하는 프로그램이 없습니다" in page
    assert "지금 예약을 받는 상담이 없습니다" in page


def test_the_front_door_says_what_can_be_done_now(client):
    stage(1)

    page = client.get("/").content.decode()

    for said in ("상담 예약하기", "0번 상담", "2026. 11. 26.(목) 10:00", "0번 교실", "접수중", "0번 글"):
        assert said in page
    assert "운영 중" in page
    assert "19:00까지" in page
    assert "점검 0" in page
    assert "새벽로 1" in page


def test_a_run_that_is_full_takes_who_waits_and_a_cancelled_one_is_gone(client, django_user_model):
    stage(1)
    run = Run.objects.get()
    run.capacity = 1
    run.save()
    who = django_user_model.objects.create_user("first@example.com", name="한먼저")
    Application.objects.create(run=run, number=1, applicant=who, state="confirmed", confirmed_at=run.opens_at)
    page = client.get("/").content.decode()
    assert "대기접수" in page
    assert "접수중" not in page

    Run.objects.update(state=Run.State.CANCELLED)
    assert "지금 접수하는 프로그램이 없습니다" in client.get("/").content.decode()


def test_a_topic_that_is_booked_out_says_so(client):
    stage(1)
    Slot.objects.update(published=False)

    assert "지금은 비어 있는 시간이 없습니다" in client.get("/").content.decode()


@pytest.mark.parametrize("number", [1, 30])
def test_the_front_door_costs_the_same_however_much_there_is(client, number, django_assert_num_queries):
    stage(number)

    with django_assert_num_queries(7):  # places left of what is open, too
        client.get("/")


def test_a_visitor_who_is_logged_in_costs_four_queries_more(client, django_assert_num_queries):
    stage(3)
    client.force_login(User.objects.create_user("parent@example.com", name="학부모"))
    client.get("/")  # the first page of a minute notes that the session is in use

    with django_assert_num_queries(11):  # session and person; what presses most, of counselling and of programmes
        client.get("/")


@pytest.mark.parametrize(
    ("moment", "word"),
    [("2026-12-10 17:59:59+09:00", "접수중"), ("2026-12-10 18:00:00+09:00", "지금 접수하는 프로그램이 없습니다")],
)
def test_a_programme_leaves_the_front_door_when_its_window_closes(client, today, moment, word):
    stage(1)
    today.move_to(moment)

    assert word in client.get("/").content.decode()
