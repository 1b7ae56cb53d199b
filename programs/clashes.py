"""What else happens at the same hours: said before applying, and never a reason to refuse it.

Rooms above say what they know through ``register`` (``counseling.programme_clashes``); this room knows its own
sessions only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.models import Student
from krds.dates import kperiod
from programs import engagements
from programs.models import Run

if TYPE_CHECKING:
    from accounts.models import User

Period = tuple[datetime, datetime]  # half-open


@dataclass(frozen=True)
class Clash:
    student_id: int
    sentence: str


Say = Callable[["User", Sequence[Student], Sequence[Period]], Iterable[Clash]]
_says: list[Say] = []


def register(say: Say) -> Say:
    """Ask ``say`` whenever somebody is about to apply: for whom, and for which periods (at least one)."""
    if say not in _says:
        _says.append(say)
    return say


def of(run: Run, students: Sequence[Student], *, user: User) -> list[Clash]:
    """What stands at the hours of ``run``'s sessions for these students, the run itself left out."""
    if not students:
        return []
    periods = periods_of(run)
    names = {student.pk: student.name for student in students}
    found = [
        Clash(one.student_id, _session(names[one.student_id], one))
        for one in engagements.of(students, periods[0][0], max(end for _start, end in periods))
        if one.run_id != run.pk and any(one.starts_at < end and one.ends_at > start for start, end in periods)
    ]
    return found + [clash for say in _says for clash in say(user, students, periods)]


def periods_of(run: Run) -> list[Period]:
    """The standing sessions in order; a run without sessions is one meeting."""
    rows = run.sessions.standing().order_by("starts_at").values_list("starts_at", "ends_at")
    return list(rows) or [(run.starts_at, run.ends_at)]


def _session(name: str, one: engagements.Engagement) -> str:
    return _("%(name)s님은 같은 시간에 다른 프로그램에 참여합니다: %(title)s, %(when)s") % {
        "name": name,
        "title": one.title,
        "when": kperiod(one.starts_at, one.ends_at),
    }
