"""When a student is taken up by programmes: for clashes, calendars and the family's own page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet
from django.urls import reverse

from accounts.models import Student
from programs.models import Application, Run, Session
from programs.notices.applying import place_of


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
    session_id: int = 0


def of(students: Iterable[Student], first: datetime, last: datetime) -> list[Engagement]:
    """What ``students`` are engaged in and overlaps ``[first, last)``, the earliest first; one query at most."""
    keys = {student.pk for student in students}
    rows = _own_sessions(keys).filter(starts_at__lt=last, ends_at__gt=first) if keys else []
    return [
        Engagement(
            student_id=session.student_id,
            run_id=session.run_id,
            title=session.run.program.title,
            place=place_of(session),
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            url=reverse("programs:application", args=[session.application_id]),
            session_id=session.pk,
        )
        for session in rows
    ]


def _own_sessions(students: set[int]) -> QuerySet[Session]:
    """The sessions that take place and that these students have a place in, a row for each with its ``student_id``
    and ``application_id``.
    """
    mine = Session.objects.standing().filter(
        run__participants__student__in=students,
        run__participants__left_at=None,
        run__participants__application__state__in=Application.SEATED,
    )
    taking_place = mine.exclude(run__state=Run.State.CANCELLED).annotate(
        student_id=F("run__participants__student"), application_id=F("run__participants__application")
    )
    return taking_place.select_related("run__program", "room__venue").order_by("starts_at", "pk", "student_id")
