"""Whom somebody may enter for a run, and why not: what the page of applying shows before anybody presses a button.

``enrolment`` asks the same rules again under its locks; nothing here decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Affiliation, School, Student
from programs import rules
from programs.models import Participant, Program, Run
from programs.parties import Entrant, People

if TYPE_CHECKING:
    from accounts.models import User

Role, Audience = Participant.Role, Program.Audience
GUARDIAN, TEACHER = "guardian", "teacher"


@dataclass(frozen=True)
class Candidate:
    """One person on the page of applying. ``application`` is the living one that this person is part of already."""

    value: str
    name: str
    note: str
    role: str
    student_id: int | None = None
    refusal: str = ""
    possible_from: datetime | date | None = None
    application: int | None = None

    @property
    def is_open(self) -> bool:
        return not self.refusal and self.application is None

    def entrant(self, user: User) -> Entrant:
        return Entrant(self.role, student_id=self.student_id, user_id=None if self.student_id else user.pk)


@dataclass(frozen=True)
class Choice:
    """Everybody whom ``user`` may enter for ``run``, and the schools whose classes."""

    run: Run
    user: User
    candidates: list[Candidate] = field(default_factory=list)
    schools: list[School] = field(default_factory=list)
    classes: list[tuple[str, int]] = field(default_factory=list)  # entered already: what it is called, application

    @property
    def open(self) -> list[Candidate]:
        return [one for one in self.candidates if one.is_open]

    @property
    def entered(self) -> set[int]:
        """The applications that this family has here already."""
        return {one.application for one in self.candidates if one.application} | {pk for _name, pk in self.classes}

    def parties(self, values: Sequence[str], companion: str = "") -> list[People]:
        """What the chosen people stand for; the companion comes with the first, the guardian of a pair with the child."""
        chosen = [one for one in self.candidates if one.value in values]
        if self.run.party == Run.Party.PAIR:
            guardian = Entrant(Role.GUARDIAN, user_id=self.user.pk)
            return [People((one.entrant(self.user), guardian)) for one in chosen]
        parties = [People((one.entrant(self.user),)) for one in chosen]
        if companion and parties:
            parties[0] = People((*parties[0].entrants, Entrant(Role.COMPANION, name=companion)))
        return parties


def choice(run: Run, user: User, now: datetime) -> Choice:
    """Five queries at most, for any number of children. Needs ``run.program``."""
    audience = set(run.program.audience)
    family = list(Student.objects.of_family(user).select_related("school").order_by("birth_date", "pk"))
    wanted = _wants_students(run, audience)
    judged = rules.verdicts(run, family, now) if wanted and family else {}
    there = _there(run, user, family)
    candidates = []
    for student in family if wanted else ():
        verdict = judged.get(student.pk)
        refusal, later = (verdict.sentence, verdict.possible_from) if verdict and not verdict.allowed else ("", None)
        if run.party == Run.Party.PAIR and student.user_id == user.pk:
            refusal, later = _("보호자의 계정으로 함께 신청해 주세요."), None
        note = (
            student.grade_label
            if student.user_id != user.pk
            else _("본인 · %(grade)s") % {"grade": student.grade_label}
        )
        candidates.append(
            Candidate(
                f"student-{student.pk}", student.name, note, Role.STUDENT, student.pk, refusal, later,
                there.get(("student", student.pk)),
            )
        )  # fmt: skip
    own = there.get(("user", user.pk))
    if run.party == Run.Party.SINGLE:
        if Audience.GUARDIAN in audience and any(student.user_id != user.pk for student in family):
            candidates.append(Candidate(GUARDIAN, user.name, _("보호자 본인"), Role.GUARDIAN, application=own))
        schools = _schools(user) if audience & {Audience.TEACHER, Audience.SCHOOL} else []
        if Audience.TEACHER in audience and schools:
            candidates.append(Candidate(TEACHER, user.name, _("교사 본인"), Role.TEACHER, application=own))
    else:
        schools = _schools(user) if run.party == Run.Party.CLASS else []
    takes_classes = run.party == Run.Party.CLASS or Audience.SCHOOL in audience
    schools = schools if takes_classes else []
    return Choice(run, user, candidates, schools, _classes(run, user) if schools else [])


def _wants_students(run: Run, audience: set[str]) -> bool:
    return run.party == Run.Party.PAIR or (
        run.party == Run.Party.SINGLE and (not audience or Audience.STUDENT in audience)
    )


def _there(run: Run, user: User, family: Iterable[Student]) -> dict[tuple[str, int], int]:
    """The application of everybody of this family who has one here, by student or user."""
    mine = Participant.objects.filter(Q(student__in=[one.pk for one in family]) | Q(user=user), run=run, left_at=None)
    found = {}
    for application, student, own in mine.values_list("application", "student", "user"):
        found["student" if student else "user", student or own] = application
    return found


def _schools(user: User) -> list[School]:
    """The schools that the centre has confirmed this person works for."""
    roles = [Affiliation.Role.TEACHER, Affiliation.Role.SCHOOL]
    mine = Affiliation.objects.current().filter(user=user, role__in=roles).select_related("school").order_by("pk")
    return [one.school for one in mine]


def _classes(run: Run, user: User) -> list[tuple[str, int]]:
    mine = run.applications.live().filter(applicant=user, headcount__isnull=False).order_by("pk")
    return [(name, pk) for name, pk in mine.values_list("class_name", "pk")]


def why_nobody(choice: Choice) -> str:
    """Why the page offers nobody to this person; a sentence that says what to do."""
    run, audience = choice.run, set(choice.run.program.audience)
    if run.party == Run.Party.CLASS or (audience and audience <= {Audience.SCHOOL, Audience.TEACHER}):
        return _("학교 선생님이 신청하는 프로그램입니다. 소속 학교가 확인되면 신청할 수 있습니다.")
    if _wants_students(run, audience) or Audience.GUARDIAN in audience:
        return _("참가할 학생을 먼저 등록해 주세요.")
    return _("%(audience)s 대상 프로그램입니다.") % {"audience": run.program.audience_label}
