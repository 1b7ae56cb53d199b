"""Invented people and times for the portal, made in bulk. Imported once Django is set up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from psycopg2.extras import DateTimeTZRange

from accounts import idle
from accounts.models import Guardianship, Student, User
from counseling.models import Booking, Counselor, Mode, Slot, Topic
from newsletter.models import Post
from programs.models import Program, Run

FIRST_DAY, DAYS = 3, 24  # counted from today: past the lead time, inside the horizon
HOURS = range(9, 18)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Family:
    """A guardian who is logged in, with one child."""

    session: str
    student: int


def families(count: int) -> list[Family]:
    """Guardians with a verified phone and an address, so that each booking owes two notices."""
    numbers = list(itertools.islice(_numbers, count))
    now = timezone.now()
    guardians = User.objects.bulk_create(
        User(
            email=f"bench{n}@example.org",
            phone=f"010{n:08}",
            phone_verified_at=now,
            name=f"보호자{n}",
            birth_date=date(1980, 1, 1),
        )
        for n in numbers
    )
    students = Student.objects.bulk_create(
        Student(name=f"학생{n}", birth_date=date(2010, 5, 5), status=Student.Status.ENROLLED, grade=10) for n in numbers
    )
    Guardianship.objects.bulk_create(
        Guardianship(guardian=guardian, student=student, relation=Guardianship.Relation.MOTHER, confirmed_at=now)
        for guardian, student in zip(guardians, students, strict=True)
    )
    sessions = [_session(guardian, now) for guardian in guardians]
    Session.objects.bulk_create(sessions)
    return [Family(session.session_key, student.pk) for session, student in zip(sessions, students, strict=True)]


def _session(user: User, now: datetime) -> Session:
    store = SessionStore()
    data = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
        idle.KEY: int(now.timestamp()),
    }
    return Session(
        session_key=store._get_new_session_key(),
        session_data=store.encode(data),
        expire_date=now + timedelta(days=1),
    )


def topic() -> Topic:
    """The topic that everybody wants, with an hour for each counselling."""
    return Topic.objects.get_or_create(
        slug="bench",
        defaults={"name": "1:1 진학상담", "minutes": 50, "modes": [Mode.VISIT], "lead_hours": 1, "horizon_days": 60},
    )[0]


def slots(count: int) -> list[int]:
    """The keys of that many fresh slots, with as many new counsellors as they need."""
    made: list[Slot] = []
    while len(made) < count:
        counselor = new_counselor()
        made += [
            Slot(counselor=counselor, period=period, modes=[Mode.VISIT])
            for period in itertools.islice(_periods(), count - len(made))
        ]
    return [slot.pk for slot in Slot.objects.bulk_create(made)]


def bookings(taken: list[int]) -> None:
    """Book these slots, one family each."""
    now, chosen = timezone.now(), topic()
    chosen_slots = Slot.objects.in_bulk(taken)
    students = Student.objects.in_bulk([family.student for family in families(len(taken))]).values()
    Booking.objects.bulk_create(
        Booking(
            slot=slot,
            student=student,
            topic=chosen,
            mode=Mode.VISIT,
            period=slot.session(chosen),
            state=Booking.State.BOOKED,
            booked_at=now,
            booked_by=student.guardians.get(),
        )
        for slot, student in zip(chosen_slots.values(), students, strict=True)
    )


def new_counselor() -> Counselor:
    number = next(_numbers)
    user = User.objects.create(email=f"counselor{number}@example.org", name=f"상담사{number}", is_staff=True)
    counselor = Counselor.objects.create(user=user, name=f"상담사{number}")
    counselor.topics.add(topic())
    return counselor


def _periods() -> Iterator[DateTimeTZRange]:
    today = timezone.localdate()
    for days, hour in itertools.product(range(FIRST_DAY, FIRST_DAY + DAYS), HOURS):
        start = timezone.make_aware(datetime.combine(today + timedelta(days=days), time(hour)))
        yield DateTimeTZRange(start, start + timedelta(hours=1), "[)")


def analyse() -> None:
    """Let the planner see what was made in bulk."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def everything(count: int) -> None:
    """That many more rows of each kind that public pages list, a fifth of the slots booked."""
    now = timezone.now()
    bookings(slots(count)[: count // 5])
    programmes = Program.objects.bulk_create(
        Program(
            title=f"진로 특강 {n}",
            area=Program.Area.CAREER,
            kind=Program.Kind.LECTURE,
            summary="전공 탐색과 진로 설계를 돕는 특강입니다.",
            audience=[Program.Audience.STUDENT],
            published_at=now - timedelta(days=1),
        )
        for n in range(count)
    )
    Run.objects.bulk_create(
        Run(
            program=programme,
            title="1회",
            starts_at=now + timedelta(days=20),
            ends_at=now + timedelta(days=20, hours=2),
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=10),
        )
        for programme in programmes
    )
    Post.objects.bulk_create(
        Post(kind=kind, title=f"소식 {n}", summary="요약", body="본문입니다.", published_at=now - timedelta(hours=1))
        for n in range(count)
        for kind in Post.Kind
    )
