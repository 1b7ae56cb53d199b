"""프로그램 통계: of one programme and one year, who applied and what came of it, by run, grade and 동.

Counted are people, each once in every run that they applied for, companions left out; a school class counts its
heads. A run belongs to the calendar year in which it starts, so no two stretches overlap. Small counts are hidden
together with those that would give them away; the divisions of one programme agree on their totals. No table adds
programmes up, so that none can be worked out from the others (``docs/privacy.md``).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Neighbourhood, Student
from accounts.schoolyear import GRADES, LAST_GRADE, school_year
from programs.models import Application, Mark, Participant, Program, Run
from tables.suppression import THRESHOLD, agreeing
from tables.values import HIDDEN, Column, Row, Table, Value

State = Application.State

OUTCOMES = ("참석", "선정(참석 기록 없음)", "접수·대기", "미선정", "취소")
CAME, SEATED, WAITS, NOT_CHOSEN, GIVEN_UP = range(len(OUTCOMES))
DIMENSIONS = {"run": "회차", "grade": "학년", "neighbourhood": "사는 동"}
UNKNOWN, GROWN_UP, CLASS = "미등록", "보호자·교사·손님", "학교 단체"
YEARS = 5
NOTES = (
    "그해에 시작하는 회차의 신청을 사람 수로 셉니다. 동반인은 빼고, 학교 단체는 인원으로 셉니다. 신청은 나머지 칸의 합입니다.",
    "참석은 한 회기라도 온 사람입니다. 학년은 회차가 시작하는 날의 학년입니다.",
)

_OF = {
    State.APPLIED: WAITS,
    State.WAITING: WAITS,
    State.OFFERED: WAITS,
    State.ACCEPTED: SEATED,
    State.CONFIRMED: SEATED,
    State.REJECTED: NOT_CHOSEN,
    State.LAPSED: NOT_CHOSEN,
    State.DECLINED: GIVEN_UP,
    State.CANCELLED: GIVEN_UP,
}


@dataclass
class Tally:
    """What was counted for one row."""

    outcomes: list[int] = field(default_factory=lambda: [0] * len(OUTCOMES))
    people: set[Hashable] = field(default_factory=set)

    def add(self, outcome: int, who: Hashable, number: int = 1) -> None:
        self.outcomes[outcome] += number
        if number:
            self.people |= {who} if number == 1 else {(who, n) for n in range(number)}

    def few(self) -> list[int]:
        """The outcomes behind which, however many uses they count, too few people stand."""
        small = len(self.people) < THRESHOLD
        return [place for place, number in enumerate(self.outcomes) if number and small]


Use = tuple[dict[str, Hashable], int, Hashable, int]  # where it belongs, the outcome, who, how many


def years(today: date) -> range:
    """The years that can be chosen: the next one, for which people apply already, first."""
    return range(today.year + 1, today.year - YEARS, -1)


def tables(program: Program, year: int) -> list[Table]:
    """One table for each of ``DIMENSIONS``, in seven queries."""
    runs = list(program.runs.filter(**_starting(year)).order_by("starts_at", "pk"))
    labels = _labels(runs)
    divisions = {code: {key: Tally() for key in labels[code]} for code in DIMENSIONS}
    for keys, outcome, who, number in _uses(runs):
        for code, tallies in divisions.items():
            tallies[keys[code]].add(outcome, who, number)
    for code, tallies in divisions.items():
        if code != "run":  # a run that nobody applied for is a line, too
            divisions[code] = {key: tally for key, tally in tallies.items() if any(tally.outcomes)}
    grids = [[tally.outcomes for tally in tallies.values()] for tallies in divisions.values()]
    few = [
        {(row, place) for row, tally in enumerate(tallies.values()) for place in tally.few()}
        for tallies in divisions.values()
    ]
    hidden = agreeing(grids, few)
    tables = []
    for code, grid, cells in zip(DIMENSIONS, grids, hidden, strict=True):
        rows = _rows([labels[code][key] for key in divisions[code]], grid, cells)
        tables.append(
            Table(
                f"program-{program.pk}-{year}-{code}",
                f"{program} {year}년 {DIMENSIONS[code]}별",
                DIMENSIONS[code],
                tuple(Column(label) for label in ("신청", *OUTCOMES)),
                tuple(rows),
                as_of=min(date(year, 12, 31), timezone.localdate()),
                notes=NOTES,
            )
        )
    return tables


def _rows(labels: list[str], grid: list[list[int]], hidden: frozenset[tuple[int, int]]) -> list[Row]:
    lines = [*grid, [sum(column) for column in zip(*grid, strict=True)]] if len(grid) > 1 else grid
    rows = []
    for number, counts in enumerate(lines):
        shown: list[Value] = [HIDDEN if (number, j) in hidden else n for j, n in enumerate([*counts, sum(counts)])]
        is_total = number == len(labels)
        rows.append(Row("계" if is_total else labels[number], (shown[-1], *shown[:-1]), total=is_total))
    return rows


def _starting(year: int) -> dict[str, datetime]:
    first, end = (timezone.make_aware(datetime.combine(date(one, 1, 1), time())) for one in (year, year + 1))
    return {"starts_at__gte": first, "starts_at__lt": end}


def _labels(runs: Iterable[Run]) -> dict[str, dict[Hashable, str]]:
    """Every line that may be printed, in its order."""
    others = {GROWN_UP: GROWN_UP, CLASS: CLASS}
    statuses = {status.value: str(status.label) for status in (Student.Status.GRADUATE, Student.Status.OUT_OF_SCHOOL)}
    dong = dict(Neighbourhood.objects.values_list("pk", "name").order_by("position", "name"))
    return {
        "run": {run.pk: run.title for run in runs},
        "grade": {**dict(GRADES), **statuses, None: UNKNOWN, **others},
        "neighbourhood": {**dong, None: UNKNOWN, **others},
    }


def _uses(runs: list[Run]) -> Iterable[Use]:
    """Every person in every run, and every class with its heads."""
    starts = {run.pk: timezone.localdate(run.starts_at) for run in runs}
    people = Participant.objects.filter(run__in=runs).exclude(role=Participant.Role.COMPANION).order_by()
    came, heads = _attended(runs)
    student = ("status", "grade", "grade_year", "neighbourhood")
    columns = ("pk", "run", "application__state", "left_at", "user", "student", *(f"student__{one}" for one in student))
    for pk, run, state, left, user, child, status, grade, grade_year, dong in people.values_list(*columns):
        outcome = GIVEN_UP if left and state in Application.LIVE else _OF[State(state)]
        outcome = CAME if outcome == SEATED and pk in came else outcome
        keys: dict[str, Hashable] = {"run": run, "grade": GROWN_UP, "neighbourhood": GROWN_UP}
        if child is not None:
            keys |= {"grade": _grade(starts[run], status, grade, grade_year), "neighbourhood": dong}
        yield keys, outcome, ("student", child) if child else ("user", user or f"guest {pk}"), 1
    classes = Application.objects.filter(run__in=runs, headcount__isnull=False).order_by()
    for pk, run, state, number in classes.values_list("pk", "run", "state", "headcount"):
        keys = {"run": run, "grade": CLASS, "neighbourhood": CLASS}
        outcome = _OF[State(state)]
        there = min(heads.get(pk, 0), number) if outcome == SEATED else 0
        yield keys, CAME, ("class", pk), there
        yield keys, outcome, ("absent", pk), number - there


def _attended(runs: list[Run]) -> tuple[set[int], dict[int, int]]:
    """Participants who came at least once, and of classes the most heads that came."""
    marks: QuerySet[Mark] = Mark.objects.filter(session__run__in=runs, session__cancelled_at=None).current()
    people, heads = set(), dict[int, int]()
    for status, participant, application, number in marks.values_list(
        "status", "participant_id", "application_id", "heads"
    ):
        if participant is not None and status in Mark.CAME:
            people.add(participant)
        elif participant is None and status in Mark.CAME:
            heads[application] = max(heads.get(application, 0), number)
    return people, heads


def _grade(day: date, status: str, grade: int | None, grade_year: int) -> Hashable:
    """The grade on the day; grades move up on 1 March."""
    if status != Student.Status.ENROLLED or grade is None:
        return status if status != Student.Status.ENROLLED else None
    then = max(grade + school_year(day) - grade_year, 1)
    return then if then <= LAST_GRADE else Student.Status.GRADUATE.value
