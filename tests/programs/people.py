"""Families with places, made straight in the tables: what happens to them later is what the tests are about."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from accounts.models import Guardianship, Student, User
from programs.models import Application, Participant, Run


def parent(name: str = "김보호", number: int = 0) -> User:
    return User.objects.create_user(f"parent{number or User.objects.count()}@example.com", name=name)


def child(of: User, name: str = "김하늘") -> Student:
    student = Student.objects.create(name=name, birth_date=date(2011, 5, 5), grade=9, grade_year=2026)
    now = timezone.now()
    Guardianship.objects.create(guardian=of, student=student, relation="mother", confirmed_at=now)
    return student


def staff(number: int = 0) -> User:
    return User.objects.create_user(
        f"staff{number or User.objects.count()}@example.com", name="박담당", is_staff=True, is_superuser=True
    )


def apply(run: Run, by: User, *students: Student, state: str = "confirmed") -> Application:
    """An application as it stands after the fact; ``state`` is any of ``Application.State``."""
    now = timezone.now()
    last = run.applications.order_by("-number").values_list("number", flat=True).first() or 0
    application = Application.objects.create(
        run=run,
        number=last + 1,
        applicant=by,
        state=state,
        places=max(len(students), 1),
        waiting_since=now if state == "waiting" else None,
        confirmed_at=now if state == "confirmed" else None,
    )
    for student in students:
        Participant.objects.create(application=application, run=run, role="student", student=student)
    return application
