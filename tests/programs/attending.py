"""People with places, made directly: what attendance starts from."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.models import Guardianship, Student, User
from programs.models import Application, Participant, Program, Run, Session

START = datetime.fromisoformat("2026-11-24T10:00+09:00")


def a_run(*, sessions: int = 1, bar: int = 80, first: datetime = START, **fields: object) -> Run:
    """A run with ``sessions`` meetings of two hours, a week apart, the first at ``first``."""
    program = Program.objects.create(
        title="별 관찰 교실", area="career", kind="experience", summary="별", audience=["student"],
        published_at=first - timedelta(days=60),
    )  # fmt: skip
    last = first + timedelta(weeks=sessions - 1)
    run = Run.objects.create(
        program=program, title="1회", starts_at=first, ends_at=last + timedelta(hours=2), pass_percent=bar, **fields
    )
    run.sessions.all().delete()
    for number in range(sessions):
        start = first + timedelta(weeks=number)
        Session.objects.create(run=run, number=number + 1, starts_at=start, ends_at=start + timedelta(hours=2))
    return run


def a_parent(number: int = 1) -> User:
    return User.objects.create_user(f"parent{number}@example.com", name=f"이보호{'가나다라마바사아자차'[number % 10]}")


def a_child(parent: User | None = None, name: str = "김하늘") -> Student:
    child = Student.objects.create(name=name, birth_date=date(2012, 5, 5), grade=8)
    if parent is not None:
        Guardianship.objects.create(student=child, guardian=parent, relation="mother", confirmed_at=timezone.now())
    return child


def seat(run: Run, *children: Student, by: User, state: str = "confirmed", **fields: object) -> Participant:
    """One application with a place; the first of its participants."""
    number = run.applications.count() + 1
    application = Application.objects.create(
        run=run, number=number, applicant=by, state=state, places=fields.get("headcount") or max(1, len(children)),
        confirmed_at=timezone.now(), **fields,
    )  # fmt: skip
    people = [
        Participant.objects.create(application=application, run=run, role="student", student=child)
        for child in children
    ]
    return people[0] if people else application
