"""What people used and have not been asked about yet, read from the rooms below (nobody there knows of surveys)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import Guardianship, Student
from counseling.models import Booking, Topic
from programs.models import Application, Mark, Participant, Program, Run
from surveys.models import Survey

if TYPE_CHECKING:
    from accounts.models import User

Use = Survey.Use
AT_ONCE = 500
KINDS = {
    Program.Kind.CAMP: Use.CAMP,
    Program.Kind.EXPERIENCE: Use.CAMP,
    Program.Kind.FAIR: Use.FAIR,
    Program.Kind.SCHOOL: Use.SCHOOL,
}


@dataclass(frozen=True)
class Finished:
    """One use that is over, and who is to be asked about it.

    ``use`` is the same for a parent's two children in one run: one person is asked once about it.
    """

    use: str
    kind: str  # Survey.Use
    person: User
    subject: str
    level: str
    used_on: date
    label: str


def finished(kind: str, *, since: datetime, until: datetime) -> Iterator[Finished]:
    """Every use of this kind that ended in the half-open stretch and really took place."""
    if kind == Use.COUNSELING:
        yield from _counselled(since, until)
    elif kind != Use.VISITOR:
        yield from _took_part(kind, since, until)


def _counselled(since: datetime, until: datetime) -> Iterator[Finished]:
    rows = Booking.objects.filter(
        state=Booking.State.DONE, period__endswith__gte=since, period__endswith__lt=until, topic__at_fair=False
    )
    rows = rows.select_related("student__user", "topic").prefetch_related(_cared_for("student")).order_by("pk")
    for booking in rows.iterator(AT_ONCE):
        day = timezone.localdate(booking.period.lower)
        if person := speaks_for(booking.student):
            yield Finished(
                use=f"booking/{booking.pk}",
                kind=Use.COUNSELING,
                person=person,
                subject=f"topic/{booking.topic_id}",
                level=booking.student.level or "",
                used_on=day,
                label=booking.topic.name,
            )


def _took_part(kind: str, since: datetime, until: datetime) -> Iterator[Finished]:
    rows = (
        Application.objects.filter(state__in=Application.SEATED, run__ends_at__gte=since, run__ends_at__lt=until)
        .exclude(run__state=Run.State.CANCELLED)
        .select_related("run__program", "applicant", "school")
        .prefetch_related("participants__student__user", "participants__user", _cared_for("participants__student"))
        .order_by("pk")
    )
    found = [application for application in rows if kind_of(application) == kind]
    came = Came({application.run_id for application in found})
    for application in found:
        yield from _of_application(application, kind, came)


class Came:
    """Who came to some runs, as it holds now. Where nobody kept a roster, whoever had a place is taken to have come."""

    def __init__(self, runs: set[int]) -> None:
        rows = Mark.objects.filter(session__run__in=runs).current()
        self._marked: set[int] = set()
        self._came: set[tuple[int, int | None]] = set()
        for run, application, participant, status in rows.values_list(
            "session__run", "application", "participant", "status"
        ):
            if status != Mark.Status.CLEARED:
                self._marked.add(run)
            if status in Mark.CAME:
                self._came.add((application, participant))

    def __call__(self, application: Application, participant: int | None) -> bool:
        return application.run_id not in self._marked or (application.pk, participant) in self._came


def kind_of(application: Application) -> str:
    """A school's class is asked as a school, whatever the programme."""
    if application.headcount:
        return Use.SCHOOL
    return KINDS.get(application.run.program.kind, Use.LECTURE)


def _of_application(application: Application, kind: str, came: Came) -> Iterator[Finished]:
    run, day = application.run, timezone.localdate(application.run.ends_at)

    def of(person: User, level: str) -> Finished:
        return Finished(f"run/{run.pk}", kind, person, f"program/{run.program_id}", level, day, run.program.title)

    if application.headcount:
        teacher = application.applicant
        if came(application, None) and teacher.is_active and not teacher.is_staff:
            yield of(application.applicant, "")
        return
    for one in application.participants.all():
        if one.left_at is not None or one.role == Participant.Role.COMPANION or not came(application, one.pk):
            continue
        if one.student and (person := speaks_for(one.student)):
            yield of(person, one.student.level or "")
        elif one.user and one.user.is_active:
            yield of(one.user, "")


def _cared_for(student: str) -> Prefetch:
    """Whoever cares for these students today."""
    current = Guardianship.objects.current().select_related("guardian")
    return Prefetch(f"{student}__guardianships", queryset=current)


def speaks_for(student: Student) -> User | None:
    """The student with an account of their own, else the guardian who has cared longest here (``_cared_for``)."""
    if student.user_id and student.user.is_active:
        return student.user
    caring = [care for care in student.guardianships.all() if care.guardian.is_active]
    return min(caring, key=lambda care: (care.confirmed_at, care.pk)).guardian if caring else None


def labels(subjects: Iterable[str]) -> dict[str, str]:
    """The names of what was used, by subject; those that are gone are not in it. Two queries."""
    wanted: dict[str, set[int]] = {"program": set(), "topic": set()}
    for subject in subjects:
        kind, _, key = subject.partition("/")
        if kind in wanted and key.isdecimal():
            wanted[kind].add(int(key))
    programs = Program.objects.filter(pk__in=wanted["program"]).values_list("pk", "title")
    topics = Topic.objects.filter(pk__in=wanted["topic"]).values_list("pk", "name")
    return {f"program/{pk}": title for pk, title in programs} | {f"topic/{pk}": name for pk, name in topics}


def window(survey: Survey, now: datetime) -> tuple[datetime, datetime]:
    """The uses that are asked about now: over, and not longer ago than the survey asks."""
    return now - timedelta(days=survey.ask_within_days), now
