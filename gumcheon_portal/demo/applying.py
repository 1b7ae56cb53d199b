"""Runs that the demo's people apply for: open, full with a line, drawn, chosen for a camp, for classes, by invitation."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from django.utils import timezone

from accounts.models import Affiliation, Student, User
from gumcheon_portal.demo.families import Town
from lifecycle.locks import Refused
from programs import enrolment, invitations, seating
from programs.invitations import Guest
from programs.models import Application, Participant, Program, Run
from programs.parties import Class, Entrant, People
from questionnaires.models import Questionnaire

Admission = Run.Admission
DAY = timedelta(days=1)


def applied(town: Town) -> None:
    """Through the same use cases as everywhere; the demo parent has one of each: a place, an offer, a draw."""
    _lecture(town)
    _full_with_a_line(town)
    _drawn(town)
    _camp(town)
    _classes(town)
    _by_invitation(town)


def _run(key: str, title: str, days: int, *, sessions: int = 1, **fields: object) -> Run | None:
    """An open run of one programme of the plan, some days ahead at two in the afternoon."""
    program = Program.objects.published().filter(plan_key=key).first()
    if program is None:
        return None
    now = timezone.localtime()
    starts = (now + days * DAY).replace(hour=14, minute=0, second=0, microsecond=0)
    values: dict[str, object] = {
        "place": "체험용 센터 강의실",
        "opens_at": now - 5 * DAY,
        "closes_at": starts - 2 * DAY,
        "published_at": now - 10 * DAY,
        "ends_at": starts + timedelta(hours=2),
        **fields,
    }
    run = Run.objects.create(program=program, title=title, starts_at=starts, **values)
    for number in range(sessions):
        begins = starts + 7 * number * DAY
        run.sessions.create(number=number + 1, starts_at=begins, ends_at=begins + timedelta(hours=2))
    return run


def _families(town: Town, run: Run) -> list[tuple[Student, User]]:
    """Students whom the programme is for, each with somebody who applies; the demo parent's first."""
    found = [(student, student.people_to_tell()) for student in town.students]
    return [(student, people[0]) for student, people in found if people and _fits(run.program, student)]


def _fits(program: Program, student: Student) -> bool:
    grade = student.current_grade
    return program.first_grade is None or (grade is not None and program.first_grade <= grade <= program.last_grade)


def _apply(run: Run, families: Sequence[tuple[Student, User]]) -> list[Application]:
    made: list[Application] = []
    for student, parent in families:
        with suppress(Refused):
            party = People((Entrant(Participant.Role.STUDENT, student_id=student.pk),))
            made += enrolment.apply(run.pk, [party], by=parent)
    return made


def _lecture(town: Town) -> None:
    """Places are left; the demo parent has one."""
    if run := _run("expert-lecture", "겨울 공개 특강", 20, capacity=30, companions=1):
        _apply(run, _families(town, run)[:9])


def _full_with_a_line(town: Town) -> None:
    """Everything taken; somebody gave a place back, and the demo parent, first in line, is asked."""
    if run := _run("college-mentoring", "겨울 전공체험", 16, capacity=3):
        families = _families(town, run)
        if len(families) < 7:
            return
        mine, *others = families
        seated = _apply(run, others[:3])
        _apply(run, [mine, *others[3:6]])
        if seated:
            enrolment.withdraw(seated[0], by=seated[0].applicant, reason="일정이 생겼어요")


def _drawn(town: Town) -> None:
    if run := _run("learning-coaching", "겨울 4주 과정", 18, capacity=8, admission=Admission.DRAW, sessions=4):
        _apply(run, _families(town, run)[:14])


def _camp(town: Town) -> None:
    """Chosen by review; who is accepted hands in papers."""
    forms = Questionnaire.objects.in_bulk(["camp-motive", "camp-papers"], field_name="slug")
    run = _run(
        "star-dormitory",
        "겨울 캠프",
        40,
        capacity=6,
        admission=Admission.REVIEW,
        questionnaire=forms.get("camp-motive"),
        second_form=forms.get("camp-papers"),
        second_form_until=timezone.localtime() + 30 * DAY,
    )
    if run:
        chosen = _apply(run, _families(town, run)[:8])
        for application in chosen[:2]:
            seating.seat(application, by=town.people["programs"])


def _classes(town: Town) -> None:
    """A school's teacher enters a class by heads."""
    teacher = town.people["teacher"]
    affiliation = Affiliation.objects.current().filter(user=teacher).first()
    run = _run("school-visit", "2학기 학급 체험", 25, capacity=120, party=Run.Party.CLASS)
    if run and affiliation:
        with suppress(Refused):
            enrolment.apply(run.pk, [Class(affiliation.school_id, "1학년 2반", 26)], by=teacher)


def _by_invitation(town: Town) -> None:
    """Admission officers are asked to come; the demo's inbox shows their links."""
    if run := _run("early-admission-fair", "입학사정관 사전 모임", 35, capacity=12, admission=Admission.INVITATION):
        guests = [Guest("officer1@demo.example", "남이든"), Guest("officer2@demo.example", "류온유")]
        invitations.invite(run, guests, by=town.people["programs"], until=run.starts_at - 3 * DAY)
