"""Many who applied for one run, for draws and reviews."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Guardianship, Student, User
from programs.models import Application, Participant, Run

State = Application.State


def applicants(run: Run, count: int, *, state: str = State.APPLIED, places: int = 1, group=None) -> list[Application]:
    """``count`` pupils with a parent each, who applied for ``run``."""
    start = User.objects.count()
    first = run.applications.count() + 1
    password = make_password("secret")
    parents = User.objects.bulk_create(
        User(
            email=f"hat{start + n}@example.com",
            phone=f"0100{start + n:07d}",
            phone_verified_at=timezone.now(),
            name="한별",
            password=password,
            birth_date=date(1980, 1, 1),
        )
        for n in range(count)
    )
    students = Student.objects.bulk_create(
        Student(name="김하늘", birth_date=date(2012, 3, 1), grade=8) for _parent in parents
    )
    Guardianship.objects.bulk_create(
        Guardianship(guardian=parent, student=student, relation="mother", confirmed_at=timezone.now())
        for parent, student in zip(parents, students, strict=True)
    )
    made = Application.objects.bulk_create(
        Application(
            run=run,
            number=first + n,
            applicant=parent,
            state=state,
            places=places,
            group=group,
            waiting_since=timezone.now() if state == State.WAITING else None,
            confirmed_at=timezone.now() if state == State.CONFIRMED else None,
        )
        for n, parent in enumerate(parents)
    )
    Participant.objects.bulk_create(
        Participant(application=one, run=run, role=Participant.Role.STUDENT, student=student)
        for one, student in zip(made, students, strict=True)
    )
    return made
