from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Guardianship, Student, User
from notices.models import Notice
from programs import enrolment
from programs.enrolment import Entrant, People
from programs.models import Application, Participant, Program, Run, Session

NOW = "2026-11-24 10:00+09:00"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def make_program(db) -> Callable[..., Program]:
    def make(title: str = "별 관찰 교실", **fields: object) -> Program:
        values = {
            "area": Program.Area.CAREER,
            "kind": Program.Kind.EXPERIENCE,
            "summary": "망원경으로 별을 봅니다.",
            "audience": ["student"],
            "published_at": timezone.now(),
        }
        return Program.objects.create(title=title, **{**values, **fields})

    return make


@pytest.fixture
def make_run(db) -> Callable[..., Run]:
    """A run on 12 December 2026, 10:00 to 12:00, applied for from 1 to 10 December; it meets once, as at a commit."""

    def make(program: Program, title: str = "1회", **fields: object) -> Run:
        values: dict[str, object] = {
            "starts_at": "2026-12-12 10:00",
            "ends_at": "2026-12-12 12:00",
            "opens_at": "2026-12-01 09:00",
            "closes_at": "2026-12-10 18:00",
            "published_at": timezone.now(),
            **fields,
        }
        values = {
            name: timezone.make_aware(datetime.fromisoformat(value))
            if isinstance(value, str) and value[:2] == "20"
            else value
            for name, value in values.items()
        }
        run = Run.objects.create(program=program, title=title, **values)
        first = {"starts_at": run.starts_at, "ends_at": run.ends_at}
        Session.objects.get_or_create(run=run, number=1, defaults=first)
        return run

    return make


# --- Families, and a run that they can apply for now ---------------------------------------------


@pytest.fixture
def make_parent(db) -> Callable[..., User]:
    def make(name: str = "김엄마", **fields: object) -> User:
        return User.objects.create_user(f"parent{User.objects.count()}@example.com", name=name, **fields)

    return make


@pytest.fixture
def make_student(db) -> Callable[..., Student]:
    """A student of 중3, cared for by ``guardians``."""

    def make(name: str = "김하늘", *guardians: User, **fields: object) -> Student:
        values = {"birth_date": date(2011, 5, 5), "grade": 9, "grade_year": 2026, **fields}
        student = Student.objects.create(name=name, **values)
        for guardian in guardians:
            Guardianship.objects.create(
                guardian=guardian, student=student, relation="mother", confirmed_at=timezone.now()
            )
        return student

    return make


@pytest.fixture
def make_family(make_parent, make_student) -> Callable[..., tuple[Student, User]]:
    """A child with one guardian."""

    def make(name: str = "김하늘", **fields: object) -> tuple[Student, User]:
        parent = make_parent(f"{name[:1]}엄마")
        return make_student(name, parent, **fields), parent

    return make


@pytest.fixture
def open_run(make_program, make_run) -> Callable[..., Run]:
    """A run that is applied for now, on 12 December 2026 from 10 to 12; for students unless another programme is given."""

    def make(program: Program | None = None, **fields: object) -> Run:
        values = {"opens_at": "2026-11-20 09:00", "capacity": 2, **fields}
        return make_run(program or make_program(), **values)

    return make


@pytest.fixture
def clerk(db) -> User:
    return User.objects.create_user("clerk@example.com", name="정담당", is_staff=True)


def child(student: Student) -> People:
    """A student alone, as the party of an application."""
    return People((Entrant(Participant.Role.STUDENT, student_id=student.pk),))


@pytest.fixture
def applying() -> Callable[..., Application]:
    """One child applies: ``applying(run, student, parent)``."""

    def one(run: Run, student: Student, by: User, **options: object) -> Application:
        return enrolment.apply(run.pk, [child(student)], by=by, **options)[0]

    return one


@pytest.fixture
def texts() -> Callable[..., list[Notice]]:
    """What was said of one kind, the oldest first."""

    def said(kind: str) -> list[Notice]:
        return list(Notice.objects.filter(kind=f"programs.{kind}").order_by("pk"))

    return said
