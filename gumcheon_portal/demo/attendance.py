"""A run that is over, with attendance and a certificate, and one that meets today, to open its roster."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from accounts.models import Student
from gumcheon_portal.demo.families import Town
from gumcheon_portal.demo.logins import DOMAIN
from programs import attendance, papers
from programs.attendance import Entry
from programs.models import Application, Participant, Program, Run, Session

OVER = "지난 학기 4회"
CAME = ("present", "late", "present", "excused", "absent", "present")


def fill(town: Town) -> None:
    today = timezone.localdate()
    program = Program.objects.published().order_by("position", "pk").first()
    if program is None:
        return
    over = _run(program, OVER, [today - timedelta(days=days) for days in (34, 27, 20, 13)])
    people = _seat(town, over)
    for session in over.sessions.order_by("number"):
        entries = [
            # the demo's own child comes each time, the others as they like
            Entry(CAME[0] if number == 0 else CAME[(number + session.number) % len(CAME)], participant_id=person.pk)
            for number, person in enumerate(people)
        ]
        attendance.mark(session.pk, entries, by=town.people["programs"])
    now = _run(program, "오늘 모임", [today], _about_now())
    for person in _seat(town, now)[2:5]:
        attendance.mark(now.sessions.get().pk, [Entry("present", person.pk)], by=town.people["programs"])


def certify() -> None:
    """The 수료증 of the demo's own child; outside any transaction, for a paper's number is committed by itself."""
    mine = Participant.objects.filter(student__user__email=f"student@{DOMAIN}", run__title=OVER)
    for person in mine.select_related("application__applicant"):
        papers.certify(person.pk, by=person.application.applicant)


def _about_now() -> time:
    """The half hour nearest to now, so that whoever looks finds the code on the wall and may check in."""
    near = timezone.localtime(timezone.now() + timedelta(minutes=15))
    if near.date() > timezone.localdate():
        return time(23, 30)  # today's roster must be today's
    return time(near.hour, 30 * (near.minute // 30))


def _run(program: Program, title: str, days: list[date], at: time = time(16)) -> Run:
    starts = [timezone.make_aware(datetime.combine(day, at)) for day in days]
    run = Run.objects.create(
        program=program,
        title=title,
        starts_at=starts[0],
        ends_at=starts[-1] + timedelta(hours=2),
        opens_at=starts[0] - timedelta(days=20),
        closes_at=starts[0] - timedelta(days=2),
        published_at=starts[0] - timedelta(days=20),
        capacity=20,
        place="센터 3층 큰방",
        pass_percent=75,
    )
    for number, start in enumerate(starts, start=1):
        Session.objects.create(run=run, number=number, starts_at=start, ends_at=start + timedelta(hours=2))
    return run


def _seat(town: Town, run: Run) -> list[Participant]:
    """The demo's own child first, then children of other families."""
    child = Student.objects.get(user__email=f"student@{DOMAIN}")
    others = [student for student in town.students if student.pk != child.pk and student.left_at is None][20:27]
    people = []
    for number, student in enumerate([child, *others], start=1):
        care = student.guardianships.current().select_related("guardian").first()
        if care is None:
            continue
        application = Application.objects.create(
            run=run,
            number=number,
            applicant=care.guardian,
            state=Application.State.CONFIRMED,
            confirmed_at=run.closes_at,
            applied_at=run.opens_at,
        )
        people.append(
            Participant.objects.create(application=application, run=run, role=Participant.Role.STUDENT, student=student)
        )
    return people
