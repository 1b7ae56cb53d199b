"""When a student is taken up by programmes: for clashes, calendars and the family's own page.

Nobody applies for a programme by this portal yet, so nobody is taken up; the list is truly empty. The
applications fill in ``_own_sessions`` and everybody who asks here knows of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Student
from programs.models import Run


@dataclass(frozen=True)
class Engagement:
    """One session of a programme that one student takes part in, half-open as every period."""

    student_id: int
    run_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    url: str


def of(students: Iterable[Student], first: datetime, last: datetime) -> list[Engagement]:
    """What ``students`` are engaged in and overlaps ``[first, last)``, the earliest first; one query at most."""
    keys = {student.pk for student in students}
    rows = _own_sessions(keys).filter(starts_at__lt=last, ends_at__gt=first) if keys else Run.objects.none()
    return [
        Engagement(
            student_id=run.student_id,
            run_id=run.pk,
            title=run.program.title,
            place=run.place,
            starts_at=run.starts_at,
            ends_at=run.ends_at,
            url=run.program.get_absolute_url(),
        )
        for run in rows.select_related("program").order_by("starts_at", "pk")
    ]


def _own_sessions(students: set[int]) -> QuerySet[Run]:
    """The runs that these students have a place in, each row with its ``student_id``."""
    return Run.objects.none()
