"""Who may come into a run by the rules of ``intake``, and how many places there are: what pages and use cases ask.

Nothing here locks. ``enrolment`` asks under the locks of the run and of the students.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.schoolyear import LAST_GRADE
from intake import gathering
from intake.admission import Code, Occasion, Person, Verdict, judge
from intake.rules import Rules
from krds.dates import kdate, kdatetime
from programs.models import Application, Group, Run

AREA = "programs"
State = Application.State

# For a caller staff need no reason to apply before the run opens or after it closes, or before a stage.
FREE_FOR_STAFF = frozenset({Code.STAGE.value})
WITH_A_REASON = frozenset(Code.values)

# A wish counts until it is given up or the run is over; a place that was had counts for good.
_FACTS = f"""
    SELECT {gathering.PERSON} || jsonb_build_object('uses', (
        SELECT jsonb_agg(jsonb_build_array(
            run.program_id, extract(epoch FROM run.starts_at), extract(epoch FROM run.ends_at),
            run.ends_at > %(now)s, false
        ))
        FROM programs_participant part
        JOIN programs_application application ON application.id = part.application_id
        JOIN programs_run run ON run.id = part.run_id
        WHERE part.student_id = student.id AND part.left_at IS NULL AND run.state <> 'cancelled'
          AND part.application_id <> %(but)s
          AND (application.state = ANY(%(seated)s) OR run.ends_at > %(now)s)
    )), (SELECT {gathering.RULES} FROM intake_ruleset rules WHERE rules.id = %(rules)s)
    FROM accounts_student student
    WHERE student.id = ANY(%(students)s) AND student.left_at IS NULL
"""  # noqa: S608 - constants of this module

_PLACES = """
    SELECT application.run_id, application.group_id,
        sum(application.places) FILTER (WHERE application.state = ANY(%(seated)s) OR (
            application.state = 'offered' AND EXISTS (
                SELECT FROM programs_runoffer offer
                WHERE offer.application_id = application.id AND offer.state = 'open' AND offer.deadline > %(now)s
            )
        )),
        sum(application.places) FILTER (WHERE application.state = 'waiting'),
        NULL, '', false, 0
    FROM programs_application application
    WHERE application.run_id = ANY(%(runs)s) AND application.state = ANY(%(live)s)
    GROUP BY 1, 2
    UNION ALL
    SELECT part.run_id, part.id, 0, 0, part.capacity, part.name, part.for_priority, part.position
    FROM programs_group part
    WHERE part.run_id = ANY(%(runs)s)
"""


# --- Rules -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Facts:
    """What the engine needs of some students and one run."""

    rules: Rules
    people: Mapping[int, Person]  # by student; whoever has left is not in it


def facts(run: Run, students: Iterable[int], *, now: datetime, but: int = 0) -> Facts:
    """One query; none without students. The application ``but`` does not count. Needs ``run.program``."""
    keys = list(students)
    if not keys:
        return Facts(of_the_program(run), {})
    known = gathering.known(AREA, now)
    seated = [state.value for state in Application.SEATED]
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {**known, "students": keys, "rules": run.rules_id, "seated": seated, "but": but})
        rows = [tuple(_loaded(value) for value in row) for row in cursor.fetchall()]
    rules = Rules.read(rows[0][1]) if rows and rows[0][1] else of_the_program(run)
    people = [Person.read(person) for person, _rules in rows]
    return Facts(rules, {person.pk: person for person in people})


def of_the_program(run: Run) -> Rules:
    """Without a rule set only the programme's grades decide; graduates are welcome where 고3 is."""
    last = run.program.last_grade
    return Rules(
        first_grade=run.program.first_grade,
        last_grade=last,
        graduates=last in {None, LAST_GRADE},
        open_most=None,
        noshow_pause_at=0,
    )


def verdicts(run: Run, students: Iterable[Any], now: datetime) -> dict[int, Verdict]:
    """May each of these students (or keys of students) apply for ``run`` at ``now``? One query."""
    keys = [student if isinstance(student, int) else student.pk for student in students]
    found = facts(run, keys, now=now)
    return {pk: verdict(run, found.rules, found.people[pk], now=now) for pk in keys if pk in found.people}


def verdict(
    run: Run, rules: Rules, person: Person, *, now: datetime, overridden: frozenset[str] = frozenset()
) -> Verdict:
    """What stands in this person's way, in the words of programmes."""
    day = timezone.localdate(run.starts_at)
    occasion = Occasion(day, run.program_id, opens_at=run.opens_at, until=run.closes_at)
    found = judge(rules, person, occasion, now=now, overridden=overridden)
    return replace(found, sentence=_worded(found, rules)) if not found.allowed else found


def _worded(found: Verdict, rules: Rules) -> str:
    """``intake`` speaks of bookings where programmes are applied for."""
    if found.code == Code.OPEN:
        return _("한 학생이 함께 신청해 둘 수 있는 프로그램은 %(most)d건까지입니다.") % {"most": rules.open_most}
    if found.code == Code.STAGE and isinstance(found.possible_from, datetime):
        return _("%(moment)s부터 신청할 수 있습니다.") % {"moment": kdatetime(found.possible_from)}
    if found.code == Code.PAUSED and isinstance(found.possible_from, datetime):
        return _("신청하고 오지 않은 일이 거듭되어 %(day)s부터 다시 신청할 수 있습니다.") % {
            "day": kdate(found.possible_from)
        }
    return found.sentence


def group_of(groups: Sequence[Group], people: Sequence[Person], day: Any) -> Group | None:
    """The first group that suits all of ``people`` on a day; ``None`` when none does, or when there is nobody."""

    def suits(group: Group, person: Person) -> bool:
        grade = person.grade_on(day)
        graded = group.first_grade is None or (grade is not None and group.first_grade <= grade <= group.last_grade)
        return graded and (person.priority or not group.for_priority)

    return next((group for group in groups if people and all(suits(group, person) for person in people)), None)


# --- Places ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class GroupPlaces:
    """A group as everybody may see it; those of priority are shown to nobody."""

    pk: int
    name: str
    capacity: int
    taken: int
    waiting: int

    @property
    def left(self) -> int:
        return max(self.capacity - self.taken, 0)


@dataclass(frozen=True)
class Places:
    """How many places a run has, counted in people. ``None`` of capacity or left: without limit.

    ``full`` says that whoever applies now is not seated at once: nothing is left, or somebody waits.
    """

    capacity: int | None
    taken: int = 0
    waiting: int = 0
    left: int | None = None
    full: bool = False
    takes_waiting: bool = True
    groups: tuple[GroupPlaces, ...] = field(default=())


def places(runs: Iterable[Run], now: datetime) -> dict[int, Places]:
    """By run, in one query for all. An offer past its deadline takes no place."""
    runs = list(runs)
    counts, groups = _counted([run.pk for run in runs], now) if runs else ({}, {})
    return {run.pk: _of(run, counts.get(run.pk, {}), groups.get(run.pk, [])) for run in runs}


def _of(run: Run, counts: dict[int | None, tuple[int, int]], groups: list[tuple[Any, ...]]) -> Places:
    taken = sum(one[0] for one in counts.values())
    waiting = sum(one[1] for one in counts.values())
    shown = [GroupPlaces(pk, name, capacity, *counts.get(pk, (0, 0))) for pk, capacity, name, _priority, _at in groups]
    left = None if run.capacity is None else max(run.capacity - taken, 0)
    own_full = {group.pk for group in shown if not group.left}
    before = any(one[1] for pk, one in counts.items() if pk not in own_full)  # they wait for the run's places
    return Places(
        capacity=run.capacity,
        taken=taken,
        waiting=waiting,
        left=left,
        full=left == 0 or before or bool(shown and len(own_full) == len(shown)),
        takes_waiting=run.waiting_most is None or waiting < run.waiting_most,
        groups=tuple(
            group for group, row in zip(shown, groups, strict=True) if not row[3]
        ),  # who has priority is nobody's business
    )


def _counted(runs: list[int], now: datetime) -> tuple[dict[int, dict], dict[int, list]]:
    """Taken and waiting by run and group, and the groups of each run in their order."""
    asked = {
        "runs": runs,
        "now": now,
        "seated": [state.value for state in Application.SEATED],
        "live": [state.value for state in Application.LIVE],
    }
    counts: dict[int, dict[int | None, tuple[int, int]]] = {}
    groups: dict[int, list[tuple[Any, ...]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, asked)
        for run, group, taken, waiting, capacity, name, priority, position in cursor.fetchall():
            if capacity is None:
                counts.setdefault(run, {})[group] = (taken or 0, waiting or 0)
            else:
                groups.setdefault(run, []).append((group, capacity, name, priority, position))
    for rows in groups.values():
        rows.sort(key=lambda row: (row[4], row[0]))
    return counts, groups


def _loaded(value: object) -> Any:
    """``jsonb`` as Django's connections give it: text."""
    return json.loads(value) if isinstance(value, str) else value
