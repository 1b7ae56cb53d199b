"""What is read of a camp: who is in it, a day's sheet of each team, and the contact sheet of one team.

The contact sheet is what families wrote in the second form (``questionnaires``, sealed at rest). It is unsealed for
one reading, shown and forgotten: nothing of it is stored anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import Guardianship, Student
from lifecycle.masking import mask_name
from programs import camps
from programs.models import Mentor, Participant, Run, Session, Stay, Team
from programs.questionnaires import SECOND
from questionnaires.models import Response


@dataclass(frozen=True)
class Line:
    """One person of a camp; ``siblings`` are the application numbers of brothers and sisters in the same camp."""

    key: int
    number: str
    name: str
    about: str
    kind: str
    kind_label: str
    room: int | None
    room_name: str
    team: int | None
    team_name: str
    siblings: tuple[str, ...] = ()

    @property
    def masked(self) -> str:
        return mask_name(self.name)

    @property
    def was(self) -> str:
        """What a page showed, to be sent back with the change."""
        return f"{self.kind}:{self.room or ''}:{self.team or ''}"


@dataclass(frozen=True)
class TeamDay:
    """One team on one day: its mentors, who belongs to it, and what there is to do."""

    team: Team
    mentors: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Contact:
    """One child as the family told: questions with answers, or why there are none."""

    line: Line
    said: tuple[tuple[str, str], ...]
    missing: str = ""


def lines(run: Run) -> list[Line]:
    """Everybody with a place, by application number; two queries."""
    people = list(camps.seated(run))
    siblings = _siblings(people)
    return [_line(one, siblings.get(one.pk, ())) for one in people]


def teams(run: Run) -> list[Team]:
    """The teams with their mentors; two queries."""
    mentors = Prefetch("mentors", Mentor.objects.select_related("user"))
    return list(run.teams.select_related("in_charge__user").prefetch_related(mentors))


def days(run: Run) -> dict[date, list[Session]]:
    """The sessions that stand, by their Korean day."""
    found: dict[date, list[Session]] = {}
    for session in run.sessions.standing().select_related("room__venue", "run").order_by("starts_at", "pk"):
        found.setdefault(timezone.localdate(session.starts_at), []).append(session)
    return found


def of_teams(run: Run, only: Iterable[Team] | None = None) -> list[TeamDay]:
    """Each team with its people, those of ``only`` where it is given."""
    everybody = lines(run)
    return [
        TeamDay(
            team,
            tuple(
                f"{mentor} · 담당" if mentor.pk == team.in_charge_id else str(mentor) for mentor in team.mentors.all()
            ),
            tuple(line for line in everybody if line.team == team.pk),
        )
        for team in (teams(run) if only is None else only)
    ]


def contacts(team: Team) -> list[Contact]:
    """What is to be known of each of a team in an emergency. The caller writes down who opened it."""
    mine = [line for line in lines(team.run) if line.team == team.pk]
    rows = Response.objects.filter(case_type=SECOND.content_type, case_id__in=[line.key for line in mine]).exclude(
        state=Response.State.DRAFT
    )  # opened again, what was told before still helps
    sent = {row.case_id: row for row in rows.select_related("version").prefetch_related("attachments").order_by("pk")}
    return [_contact(line, sent.get(line.key)) for line in mine]


def students(team: Team) -> list[Student]:
    """Whose data the sheets of a team show, for the access log."""
    stays = Stay.objects.filter(team=team, participant__student__isnull=False).select_related("participant__student")
    return [stay.participant.student for stay in stays.order_by("pk")]


def _contact(line: Line, response: Response | None) -> Contact:
    if response is None:
        return Contact(line, (), "아직 서류를 내지 않았습니다.")
    if response.pruned_at:
        return Contact(line, (), "보존 기간이 지나 지웠습니다.")
    said = tuple(
        (question.text, answer)
        for _title, asked in response.said
        for question, answer, _files in asked
        if answer and not question.is_file and (question.personal or question.is_brief)
    )
    return Contact(line, said, "" if said else "적은 내용이 없습니다.")


def _line(one: Participant, siblings: tuple[str, ...]) -> Line:
    stay = getattr(one, "stay", None)
    student = one.student
    about = [student.school_label, str(student.grade_label)] if student else [str(one.get_role_display())]
    return Line(
        key=one.pk,
        number=one.application.number_label,
        name=one.called,
        about=" · ".join(part for part in about if part),
        kind=stay.kind if stay else "",
        kind_label=stay.get_kind_display() if stay and stay.kind else "",
        room=stay.room_id if stay else None,
        room_name=str(stay.room or "") if stay else "",
        team=stay.team_id if stay else None,
        team_name=str(stay.team or "") if stay else "",
        siblings=siblings,
    )


def _siblings(people: list[Participant]) -> dict[int, tuple[str, ...]]:
    """Those who share a guardian of today."""
    by_student = {one.student_id: one for one in people if one.student_id}
    of_guardian: dict[int, list[Participant]] = {}
    pairs = Guardianship.objects.current().filter(student__in=list(by_student)).order_by("pk")
    for guardian, student in pairs.values_list("guardian", "student"):
        of_guardian.setdefault(guardian, []).append(by_student[student])
    found: dict[int, set[Participant]] = {}
    for family in of_guardian.values():
        for one in family:
            found.setdefault(one.pk, set()).update(other for other in family if other.pk != one.pk)
    return {
        key: tuple(sorted(f"{other.application.number_label} {mask_name(other.called)}" for other in others))
        for key, others in found.items()
        if others
    }
