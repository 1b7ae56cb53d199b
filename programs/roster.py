"""The roster of one session as a page, a paper and a list of entries shows it: frozen values, constant queries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from lifecycle.masking import mask_name
from programs.models import Application, Mark, Participant, Session


@dataclass(frozen=True)
class Line:
    """One person, or one class, of the roster. ``who`` names it in a form: ``p12``, ``a5``."""

    who: str
    number: str
    name: str
    about: str
    status: str
    status_label: str
    source_label: str
    heads: int | None = None
    of: int | None = None  # heads of the class

    @property
    def masked(self) -> str:
        return self.name if self.of else mask_name(self.name)


def lines(session: Session) -> list[Line]:
    """Everybody who has a place, by application number."""
    applications = (
        Application.objects.filter(run=session.run_id, state__in=Application.SEATED)
        .select_related("school")
        .prefetch_related("participants__student__school", "participants__user")
        .order_by("number")
    )
    held = {(mark.application_id, mark.participant_id): mark for mark in Mark.objects.filter(session=session).current()}
    found = []
    for application in applications:
        if application.headcount:
            mark = held.get((application.pk, None))
            name = f"{application.school.name} {application.class_name}".strip()
            found.append(_line(f"a{application.pk}", application, name, "단체", mark, of=application.headcount))
            continue
        for person in application.participants.all():
            if person.left_at is None:
                mark = held.get((application.pk, person.pk))
                found.append(_line(f"p{person.pk}", application, person.called, _about(person), mark))
    return found


def _about(person: Participant) -> str:
    """What helps to tell two 김*늘 apart."""
    if person.student is None:
        return str(person.get_role_display())
    return " · ".join(part for part in (person.student.school_label, str(person.student.grade_label)) if part)


def _line(
    who: str, application: Application, name: str, about: str, mark: Mark | None, *, of: int | None = None
) -> Line:
    is_marked = mark is not None and mark.status != Mark.Status.CLEARED
    return Line(
        who=who,
        number=application.number_label,
        name=name,
        about=about,
        status=mark.status if is_marked else "",
        status_label=str(mark.get_status_display()) if is_marked else "",
        source_label=str(mark.get_source_display()) if is_marked else "",
        heads=mark.heads if is_marked else None,
        of=of,
    )


def counts(found: list[Line]) -> list[tuple[str, int]]:
    """How many of each mark, and how many without one; a class counts as one line."""
    by = Counter(line.status for line in found)
    marked = [(str(label), by[value]) for value, label in Mark.Status.choices if value != Mark.Status.CLEARED]
    return [*marked, ("표시 없음", by[""])]
