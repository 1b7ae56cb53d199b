"""A booked counselling with a form: the smallest case in which somebody answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts.models import Guardianship, Student, User
from counseling import booking as bookings
from counseling.models import Counselor, Slot, Topic
from questionnaires import building
from questionnaires.design import Condition, Design, Question, Section
from questionnaires.models import Questionnaire

NOW = "2026-11-23 09:00+09:00"  # a Monday


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def one_factor_is_enough(settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "second_factor" not in name]


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """Files of a test lie in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return settings.MEDIA_ROOT


QUESTIONS = (
    Question(key="wish", kind="long", text="나누고 싶은 이야기", required=True),
    Question(key="field", kind="choice", text="희망 계열", choices=("인문", "자연", "예체능")),
    Question(
        key="practical",
        kind="short",
        text="실기 종목",
        required=True,
        condition=Condition(key="field", op="equals", values=("예체능",)),
    ),
    Question(key="topics", kind="choices", text="다루고 싶은 것", choices=("학교", "전형", "성적")),
    Question(key="focus", kind="scale", text="집중", low_label="전혀", high_label="아주"),
    Question(key="hours", kind="number", text="공부 시간", least="0", most="16", unit="시간"),
    Question(key="since", kind="date", text="시작한 날"),
    Question(key="average", kind="grade", text="평균 등급", personal=True, purpose="전형을 살펴보려고", keep="brief"),
    Question(key="record", kind="file", text="생활기록부", personal=True, purpose="함께 읽으려고"),
)


@pytest.fixture
def make_form(db):
    def make(name="사전 질문지", questions=QUESTIONS, publish=True):
        version = building.begin(Questionnaire.objects.create(name=name))
        design = Design((Section(title="질문", questions=tuple(questions)),))
        version = building.change(version, lambda _old: design, revision=0)
        return building.publish(version, by=None) if publish else version

    return make


@pytest.fixture
def version(make_form):
    return make_form()


@pytest.fixture
def topic(version):
    return Topic.objects.create(
        slug="admission",
        name="1:1 진학상담",
        modes=["visit"],
        lead_hours=24,
        horizon_days=60,
        questionnaire=version.questionnaire,
    )


@pytest.fixture
def counselor(topic):
    user = User.objects.create_user("counselor@example.com", name="김지우", is_staff=True)
    counselor = Counselor.objects.create(user=user, name="김지우 상담사")
    counselor.topics.set([topic])
    return counselor


@pytest.fixture
def parent(db):
    verified = datetime(2026, 1, 1, tzinfo=UTC)
    return User.objects.create_user(
        "parent@example.com", name="김엄마", phone="01000000001", phone_verified_at=verified
    )


@pytest.fixture
def stranger(db):
    return User.objects.create_user("stranger@example.com", name="이웃집")


@pytest.fixture
def make_student(parent):
    def make(name="김하늘"):
        student = Student.objects.create(name=name, birth_date=date(2011, 5, 5), grade=9, grade_year=2026)
        Guardianship.objects.create(guardian=parent, student=student, relation="mother", confirmed_at=timezone.now())
        return student

    return make


@pytest.fixture
def student(make_student):
    return make_student()


@pytest.fixture
def make_case(student, topic, counselor, parent):
    """A booking at 14:00 of some day, or another hour."""

    def make(start="2026-11-25 14:00", student=student):
        begins = timezone.make_aware(datetime.fromisoformat(start))
        period = DateTimeTZRange(begins, begins + timedelta(minutes=50), "[)")
        slot = Slot.objects.create(counselor=counselor, period=period, modes=["visit"])
        return bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent)

    return make


@pytest.fixture
def case(make_case):
    return make_case()
