"""나의 페이지: everything of every child, what is next first."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import overview
from accounts.models import Affiliation, Guardianship, Invitation, Neighbourhood, School, Student, User
from accounts.overview import Asked, Entry, Group, Step, Urgency
from counseling import booking as bookings
from counseling import joining, waiting
from counseling.models import Booking, Counselor, Proposal, Record, Slot, Topic, Wish
from intake.models import RuleSet, Strike
from questionnaires import building
from questionnaires.design import Design, Question, Section
from questionnaires.models import Questionnaire

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-24 11:00+09:00", tick=False) as traveller:  # a Tuesday
        yield traveller


@pytest.fixture
def parent():
    return User.objects.create_user("parent@example.com", name="김나래")


def child_of(*guardians, name="김하늘", **fields):
    place = Neighbourhood.objects.first()
    told = {"grade": 9, "grade_year": 2026, "school_name": "무지개중학교", "neighbourhood": place, **fields}
    student = Student.objects.create(name=name, birth_date=date(2011, 5, 5), **told)
    for guardian in guardians:
        Guardianship.objects.create(guardian=guardian, student=student, relation="mother", confirmed_at=timezone.now())
    return student


@pytest.fixture
def topic():
    return Topic.objects.create(slug="admission", name="1:1 진학상담", modes=["visit"])


@pytest.fixture
def slots(topic):
    counselor = Counselor.objects.create(
        user=User.objects.create_user("c@example.com", name="상담", is_staff=True), name="김지우 상담사"
    )
    counselor.topics.add(topic)

    def slot(text):
        start = timezone.make_aware(datetime.fromisoformat(text))
        period = DateTimeTZRange(start, start + timedelta(minutes=50), "[)")
        return Slot.objects.create(counselor=counselor, period=period, modes=["visit"]).pk

    return slot


def page(client, user):
    client.force_login(user)
    return client.get("/my/").content.decode()


def test_somebody_without_children_reads_what_can_be_done(client, parent):
    text = page(client, parent)

    assert "아직 등록한 자녀가 없습니다." in text
    assert "/accounts/me/children/add/" in text


def test_the_next_counselling_stands_with_time_place_and_countdown(client, parent, topic, slots):
    child = child_of(parent)
    booking = bookings.book(slots("2026-11-26 14:00"), student=child, topic=topic, mode="visit", by=parent)

    text = page(client, parent)
    assert "2026. 11. 26.(목) 14:00 ~ 14:50" in text
    assert booking.place in text
    assert "모레" in text
    assert booking.get_absolute_url() in text


def test_a_booking_left_half_done_comes_before_everything_until_it_lapses(client, parent, topic, slots, today):
    child, brother = child_of(parent), child_of(parent, name="김바다")
    bookings.book(slots("2026-11-26 14:00"), student=child, topic=topic, mode="visit", by=parent)
    bookings.hold(slots("2026-11-27 14:00"), student=brother, topic=topic, mode="visit", by=parent)

    first, second = Asked.by(parent).steps
    assert (first.student, first.urgency) == (brother.pk, Urgency.NOW)
    assert second.student == child.pk
    assert "예약을 마치지 않았습니다" in client_home(client, parent)
    today.shift(timedelta(minutes=10))
    assert [step.student for step in Asked.by(parent).steps] == [child.pk]


def test_the_front_door_says_the_same_first_step(client, parent, topic, slots, today):
    child, brother = child_of(parent), child_of(parent, name="김바다")
    father = User.objects.create_user("father@example.com", name="김아빠")
    Guardianship.objects.create(guardian=father, student=child, relation="father", confirmed_at=timezone.now())
    stranger = User.objects.create_user("stranger@example.com", name="남")
    now = timezone.now()
    assert overview.foremost(parent, now) is None

    booking = bookings.book(slots("2026-11-26 14:00"), student=child, topic=topic, mode="visit", by=parent)
    assert overview.foremost(parent, now).url == overview.foremost(father, now).url == booking.get_absolute_url()

    held = bookings.hold(slots("2026-11-27 14:00"), student=brother, topic=topic, mode="visit", by=parent)
    assert overview.foremost(parent, now) == Asked.by(parent).steps[0]
    assert overview.foremost(father, now).url == booking.get_absolute_url()  # neither his child nor his hold
    assert overview.foremost(parent, held.held_until - timedelta(microseconds=1)).url.endswith("/review/")
    assert overview.foremost(parent, held.held_until).url == booking.get_absolute_url()
    assert overview.foremost(parent, booking.ends_at) is None
    assert overview.foremost(stranger, now) is None


def test_the_front_door_names_an_offer_until_its_deadline(parent, topic, slots, today):
    child, other = child_of(parent), User.objects.create_user("other@example.com", name="이엄마")
    taken = bookings.book(
        slots("2026-11-27 14:00"), student=child_of(other, name="이별"), topic=topic, mode="visit", by=other
    )
    joining.join(Wish(student=child, topic=topic, modes=["visit"]), by=parent)
    bookings.cancel(taken, by=other, reason="일정")

    step = overview.foremost(parent, timezone.now())
    assert step == Asked.by(parent).steps[0]
    assert "자리가 났습니다" in step.sentence
    assert overview.foremost(parent, step.until - timedelta(microseconds=1)) == step
    assert overview.foremost(parent, step.until) is None
    assert overview.foremost(other, timezone.now()) is None


def test_the_front_door_asks_for_an_unverified_phone(parent):
    parent.phone = "01012345678"

    assert overview.foremost(parent, timezone.now()).url == "/accounts/phone/change/"


def client_home(client, user):
    client.force_login(user)
    return client.get("/").content.decode()


def test_past_counselling_is_shown_the_latest_three_of_each_child(client, parent, topic, slots, today):
    for name in ("김하늘", "김바다"):
        child = child_of(parent, name=name)
        for day in (25, 26, 27, 28):
            hour = "14" if name == "김하늘" else "16"
            slot = slots(f"2026-11-{day} {hour}:00")
            bookings.book(slot, student=child, topic=topic, mode="visit", by=parent, on_behalf=True)
            Booking.objects.update(state="done")
    today.move_to("2026-12-05 11:00+09:00")

    asked = Asked.by(parent)
    days = [[timezone.localdate(entry.at).day for entry in asked.of(student, Group.PAST)] for student in asked.students]
    assert days == [[28, 27, 26], [28, 27, 26]]


def test_separated_parents_each_see_what_is_theirs(client, parent, topic, slots):
    father = User.objects.create_user("father@example.com", name="김아빠")
    shared, his = child_of(parent, father), child_of(father, name="김새별")
    bookings.book(slots("2026-11-26 14:00"), student=his, topic=topic, mode="visit", by=father)
    bookings.hold(slots("2026-11-27 14:00"), student=shared, topic=topic, mode="visit", by=father)

    hers = page(client, parent)
    assert "김하늘" in hers
    assert "김새별" not in hers
    assert "예약을 마치지 않았습니다" not in hers  # the other's open form
    assert "김새별" in page(client, father)


def test_a_student_sees_their_own_things(client, parent, topic, slots):
    own = User.objects.create_user("haneul@example.com", name="김하늘")
    child = child_of(parent, user=own)
    booking = bookings.book(slots("2026-11-26 14:00"), student=child, topic=topic, mode="visit", by=parent)

    text = page(client, own)
    assert booking.get_absolute_url() in text
    assert "내가 직접 관리할 수 있습니다" in text


def test_gaps_of_the_profile_are_asked_for_where_one_may_fill_them(parent):
    gaps = child_of(parent, name="김바다", school_name="", neighbourhood=None)
    own = User.objects.create_user("haneul@example.com", name="김하늘")
    child_of(parent, user=own, handed_over_at=timezone.now(), neighbourhood=None)

    [step] = Asked.by(parent).steps
    assert step.student == gaps.pk
    assert "학교·사는 동" in step.sentence
    [step] = Asked.by(own).steps
    assert step.url == "/accounts/me/student/"


def test_a_school_of_the_list_is_a_school(parent):
    school = School.objects.create(name="새벽별중학교", kind="middle", office_code="B10", neis_code="0001")
    child_of(parent, school_name="", school=school)

    assert Asked.by(parent).steps == []


def test_invitations_without_an_answer_and_unconfirmed_affiliations_are_told(parent):
    child = child_of(parent)
    invitation = Invitation(student=child, role="guardian", contact="x@example.com", invited_by=parent)
    invitation.set_token("token")
    invitation.save()
    Affiliation.objects.create(
        user=parent, role="teacher", school=School.objects.create(name="새벽별중학교", kind="middle")
    )

    sentences = " ".join(step.sentence for step in Asked.by(parent).steps)
    assert "초대(보호자)에 아직 답이 없습니다" in sentences
    assert "소속을 센터에서 확인하고 있습니다" in sentences


def test_a_form_that_is_not_sent_waits_until_the_counselling_begins(parent, topic, slots, today):
    version = building.begin(Questionnaire.objects.create(name="사전 질문지"))
    design = Design((Section(title="질문", questions=(Question(key="q", kind="short", text="무엇이 궁금한가요?"),)),))
    building.publish(building.change(version, lambda _old: design, revision=0), by=None)
    topic.questionnaire = version.questionnaire
    topic.save(update_fields=["questionnaire"])
    child = child_of(parent)
    bookings.book(slots("2026-11-26 14:00"), student=child, topic=topic, mode="visit", by=parent)

    form, coming = Asked.by(parent).steps
    assert "사전 질문지" in form.sentence
    assert (form.until, form.urgency) == (coming.until, Urgency.SOON)
    today.move_to("2026-11-26 14:00+09:00")
    assert [step.happens for step in Asked.by(parent).steps] == [True]


def test_a_no_show_may_be_explained_until_its_deadline(parent, today):
    now = timezone.now()
    Strike.objects.create(
        student=child_of(parent),
        area="counseling",
        source=1,
        what="상담",
        missed_at=now,
        appeal_until=now + timedelta(days=7),
    )

    assert ["불참이 기록되었습니다" in step.sentence for step in Asked.by(parent).steps] == [True]
    today.shift(timedelta(days=7))
    assert Asked.by(parent).steps == []


def test_a_pause_after_no_shows_is_said_with_its_last_day_until_it_is_over(parent, topic, today):
    now, child = timezone.now(), child_of(parent)
    for number in (1, 2):
        Strike.objects.create(
            student=child, area="counseling", source=number, what="상담", missed_at=now, appeal_until=now
        )
    said = "김하늘님은 불참이 거듭되어 2026. 12. 23.(수)까지 상담을 새로 예약할 수 없습니다."

    assert [step.sentence for step in Asked.by(parent).steps] == [said]
    today.move_to("2026-12-23 23:59:59+09:00")
    assert [step.sentence for step in Asked.by(parent).steps] == [said]
    today.move_to("2026-12-24 00:00+09:00")
    assert Asked.by(parent).steps == []


def test_a_pause_of_some_topics_names_them(parent, topic):
    now, child = timezone.now(), child_of(parent)
    Topic.objects.create(
        slug="open", name="학습컨설팅", modes=["visit"], rules=RuleSet.objects.create(name="느슨", noshow_pause_at=0)
    )
    for number in (1, 2):
        Strike.objects.create(
            student=child, area="counseling", source=number, what="상담", missed_at=now, appeal_until=now
        )

    (step,) = Asked.by(parent).steps
    assert step.sentence.endswith("새로 예약할 수 없습니다: 1:1 진학상담")


def test_a_place_in_line_is_shown_and_an_offer_waits_until_its_deadline(client, parent, topic, slots, today):
    child = child_of(parent)
    wish = joining.join(Wish(student=child, topic=topic, modes=["visit"]), by=parent)
    assert "1:1 진학상담 대기 1번째" in page(client, parent)
    assert Asked.by(parent).steps == []

    assert waiting.slots_opened([Slot.objects.get(pk=slots("2026-11-26 14:00"))]) == 1
    [step] = Asked.by(parent).steps
    offer = wish.offers.get()
    assert (step.urgency, step.until) == (Urgency.NOW, offer.deadline)
    assert step.url == f"/counseling/offers/{offer.pk}/"
    today.move_to(offer.deadline)
    assert [step.url for step in Asked.by(parent).steps if "offers" in step.url] == []


def test_shared_results_and_a_proposed_next_time_are_shown_to_whom_they_are_shared_with(
    client, parent, topic, slots, today
):
    child = child_of(parent)
    booking = bookings.book(slots("2026-11-26 14:00"), student=child, topic=topic, mode="visit", by=parent)
    Booking.objects.update(state="done")
    today.move_to("2026-11-27 11:00+09:00")
    record = Record.objects.create(booking=booking, state="shared", version=1, shared_version=1)
    Proposal.objects.create(record=record, topic=topic, on=date(2026, 12, 10), version=1)
    result = f"/counseling/records/{booking.pk}/"

    assert f'"{result}"' not in page(client, parent)  # 15 years old, and nobody asked the student
    assert Asked.by(parent).steps == []
    Record.objects.update(guardians_allowed=True)
    assert f'"{result}"' in page(client, parent)
    [step] = Asked.by(parent).steps
    assert "2026. 12. 10.(목) 무렵" in step.sentence


def test_what_other_rooms_say_is_put_in_its_place(client, parent, monkeypatch):
    child = child_of(parent)
    now = timezone.now()
    offer = Step(
        sentence="자리가 났습니다.", url="/x/", action="답하기", urgency=Urgency.NOW, until=now, student=child.pk
    )
    late = Step(sentence="언젠가", url="/y/", action="보기", until=now)
    place = Entry(student=child.pk, group=Group.WAITING, at=now, title="대기 3번째", url="/z/")
    monkeypatch.setattr(overview, "_steps", [lambda asked: [late, offer]])
    monkeypatch.setattr(overview, "_entries", [lambda asked: [place]])

    text = page(client, parent)
    assert text.index("자리가 났습니다.") < text.index("언젠가")
    assert "대기 3번째" in text
    assert "기다리고 있는 것" in text


def test_it_costs_the_same_for_one_child_and_for_five(client, parent, topic, slots, settings):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            page(client, parent)
            client.get("/")
        return len(seen)

    def family(number):
        child = child_of(parent, name=f"김{number}")
        bookings.book(slots(f"2026-11-26 1{number}:00"), student=child, topic=topic, mode="visit", by=parent)

    family(0)
    queries()
    one = queries()
    for number in range(1, 5):
        family(number)
    assert queries() == one


def test_a_guest_is_asked_to_log_in(client):
    assert client.get("/my/").status_code == 302
    assert "다음 할 일" not in client.get("/").content.decode()
