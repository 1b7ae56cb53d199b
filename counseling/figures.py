"""상담 통계: who came for what, as tables that may be published.

Counted are bookings that were ever agreed, by the day for which the counselling was planned; a hold that was
given up is nobody's use. Small counts are hidden together with those that would give them away
(``tables.suppression``). All tables of one stretch divide the same bookings, so a total hidden in one is hidden
in all. What this cannot prevent: whoever holds the tables of two stretches that overlap may subtract them, so a
centre publishes one kind of stretch only (``docs/privacy.md``).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.utils import timezone

from accounts.models import Neighbourhood, Student
from accounts.schoolyear import LAST_GRADE, Level, level_of, school_year
from counseling.models import Booking, Counselor, Mode, Slot, Topic
from counseling.periods import Stretch
from tables.suppression import THRESHOLD, hidden_cells
from tables.values import HIDDEN, Column, Kind, Ratio, Row, Table, Value

State = Booking.State
Status = Student.Status

OUTCOMES = {State.DONE: "완료", State.NO_SHOW: "불참", State.CANCELLED: "취소", State.BOOKED: "예정·처리 전"}
PLACES = {State.ARRIVED: State.BOOKED}  # counted as another outcome
DIMENSIONS = {
    "month": "월",
    "topic": "상담 주제",
    "level": "학교급",
    "neighbourhood": "사는 동",
    "mode": "상담 방식",
    "counselor": "상담사",
}
WITH_SEATS = ("month", "counselor")  # divisions in which the offered times can be told apart too
UNKNOWN = "미등록"
NOTES = (
    "상담 예정일 기준으로, 확정된 적이 있는 예약을 셉니다. 신청은 완료, 불참, 취소, 예정·처리 전을 더한 수입니다.",
    "이용 학생은 상담을 완료한 학생 수(중복 제외)이고, 평균 대기는 예약 확정부터 상담까지의 날수(취소 제외)입니다.",
)
SEATS_NOTE = "자리 이용률은 공개한 상담 시간 가운데 예약이 취소되지 않은 시간의 비율입니다."
TENTH = Decimal("0.1")


@dataclass
class Tally:
    """What was counted for one row."""

    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    students: set[int] = field(default_factory=set)  # of those who came
    everybody: set[int] = field(default_factory=set)
    waited: timedelta = timedelta()
    offered: int = 0  # published times

    def add(self, state: str, student: int, wait: timedelta) -> None:
        self.outcomes[PLACES.get(state, state)] += 1
        self.everybody.add(student)
        if state == State.DONE:
            self.students.add(student)
        if state != State.CANCELLED:
            self.waited += wait

    @property
    def kept(self) -> int:
        """Bookings that were not cancelled."""
        return sum(self.outcomes.values()) - self.outcomes[State.CANCELLED]

    @property
    def days(self) -> Decimal | None:
        """Mean days from the agreement to the counselling, one decimal; ``None`` without any."""
        if not self.kept:
            return None
        return (Decimal(self.waited / self.kept / timedelta(days=1))).quantize(TENTH, rounding=ROUND_HALF_UP)


@dataclass
class Division:
    """The bookings of one stretch, divided in one way: every row that is printed, and which cells are hidden."""

    code: str
    labels: dict[Hashable, str]
    tallies: dict[Hashable, Tally] = field(init=False)
    hidden: frozenset[tuple[int, int]] = frozenset()
    hidden_people: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        self.tallies = {key: Tally() for key in self.labels}

    def of(self, key: Hashable) -> Tally:
        if key not in self.tallies:
            self.labels[key], self.tallies[key] = UNKNOWN, Tally()
        return self.tallies[key]

    def protect(self, totals: Iterable[int], everyone: bool) -> tuple[set[int], bool]:
        """Hide what must be, given which totals are hidden elsewhere; return which totals are hidden now."""
        grid = [list(tally.outcomes.values()) for tally in self.tallies.values()]
        few = (
            (i, j)
            for i, tally in enumerate(self.tallies.values())
            if len(tally.everybody) < THRESHOLD
            for j, number in enumerate(grid[i])
            if number
        )
        end = len(grid) if len(grid) > 1 else 0  # a single row is its own total
        self.hidden = hidden_cells(grid, also={*few, *((end, j) for j in totals)})
        people = [[len(tally.students) for tally in self.tallies.values()]]
        self.hidden_people = frozenset(j for _, j in hidden_cells(people, also={(0, len(grid))} if everyone else ()))
        return {j for i, j in self.hidden if i == end}, len(grid) in self.hidden_people

    def table(self, stretch: Stretch, whole: Tally, as_of: date) -> Table:
        with_seats = self.code in WITH_SEATS
        columns = [Column("신청"), *(Column(label) for label in OUTCOMES.values()), Column("이용 학생(명)")]
        columns += [Column("평균 대기(일)", Kind.NUMBER)]
        columns += [Column("자리 이용률", Kind.RATIO)] if with_seats else []
        tallies = list(self.tallies.items())
        rows = [self._row(place, self.labels[key], tally, with_seats) for place, (key, tally) in enumerate(tallies)]
        if len(rows) > 1:
            rows.append(self._row(len(rows), "계", whole, with_seats, total=True))
        return Table(
            f"counseling-{stretch.code}-{self.code}",
            f"{stretch.label} {DIMENSIONS[self.code]}별 상담",
            DIMENSIONS[self.code],
            tuple(columns),
            tuple(rows),
            as_of=as_of,
            notes=(*NOTES, SEATS_NOTE) if with_seats else NOTES,
        )

    def _row(self, place: int, label: str, tally: Tally, with_seats: bool, *, total: bool = False) -> Row:
        counts = [*tally.outcomes.values()]
        counts.append(sum(counts))
        shown: list[Value] = [HIDDEN if (place, j) in self.hidden else n for j, n in enumerate(counts)]
        cells = [shown[-1], *shown[:-1]]
        cells.append(HIDDEN if place in self.hidden_people else len(tally.students))
        whole = HIDDEN not in shown  # a mean or a share would tell what is hidden beside it
        cells.append(tally.days if whole else HIDDEN)
        if with_seats:
            cells.append(Ratio(tally.kept, tally.offered) if whole else HIDDEN)
        return Row(label, tuple(cells), total=total)


def tables(stretch: Stretch) -> list[Table]:
    """Every table of ``stretch``, in five queries. A month is not divided into months."""
    labels = _labels(stretch)
    divisions = [Division(code, labels[code]) for code in DIMENSIONS if code != "month" or stretch.months > 1]
    whole = Tally()
    for keys, state, student, wait in _uses(stretch):
        whole.add(state, student, wait)
        for division in divisions:
            division.of(keys[division.code]).add(state, student, wait)
    _count_seats(stretch, divisions, whole)
    _protect(divisions)
    as_of = min(stretch.last, timezone.localdate())
    return [division.table(stretch, whole, as_of) for division in divisions]


def _protect(divisions: Sequence[Division]) -> None:
    """Until no table hides a total that another one prints."""
    totals: set[int] = set()
    everyone = False
    while True:
        before = set(totals), everyone
        for division in divisions:
            more, all_people = division.protect(totals, everyone)
            totals |= more
            everyone |= all_people
        if (totals, everyone) == before:
            return


def _labels(stretch: Stretch) -> dict[str, dict[Hashable, str]]:
    """The rows of every division, those without a use included, in the order in which they are printed."""
    levels = {level.value: str(level.label) for level in Level}
    levels |= {status.value: str(status.label) for status in (Status.GRADUATE, Status.OUT_OF_SCHOOL)}
    return {
        "month": {month: f"{month.month}월" for month in stretch.each_month()},
        "topic": dict(Topic.objects.filter(at_fair=False).values_list("pk", "name").order_by("position", "name")),
        "level": levels,
        "neighbourhood": dict(Neighbourhood.objects.values_list("pk", "name").order_by("position", "name")),
        "mode": {mode.value: str(mode.label) for mode in Mode},
        "counselor": dict(Counselor.objects.of_the_house().values_list("pk", "name").order_by("name", "pk")),
    }


def _uses(stretch: Stretch) -> Iterable[tuple[dict[str, Hashable], str, int, timedelta]]:
    """Every booking that counts: where it belongs in each division, its state, its student, and how long they waited."""
    first, end = stretch.window
    rows = Booking.objects.filter(
        period__startswith__gte=first, period__startswith__lt=end, booked_at__isnull=False, topic__at_fair=False
    ).order_by()
    columns = ("topic", "mode", "slot__counselor", "state", "student", "booked_at", *_STUDENT)
    for start, topic, mode, counselor, state, student, booked, *person in rows.values_list(
        RangeStartsWith("period"), *columns
    ).iterator():
        day = timezone.localdate(start)
        keys = {
            "month": day.replace(day=1),
            "topic": topic,
            "level": _level(day, *person[:3]),
            "neighbourhood": person[3],
            "mode": mode,
            "counselor": counselor,
        }
        yield keys, state, student, max(start - booked, timedelta())


_STUDENT = ("student__status", "student__grade", "student__grade_year", "student__neighbourhood")


def _level(day: date, status: str, grade: int | None, grade_year: int) -> str:
    """학교급 on the day of the counselling: grades move up on 1 March."""
    if status != Status.ENROLLED or grade is None:
        return status
    then = max(grade + school_year(day) - grade_year, 1)
    return level_of(then).value if then <= LAST_GRADE else Status.GRADUATE.value


def _count_seats(stretch: Stretch, divisions: Sequence[Division], whole: Tally) -> None:
    """The published times of the stretch, per month and counsellor."""
    first, end = stretch.window
    window = {"period__startswith__gte": first, "period__startswith__lt": end}
    offered = Slot.objects.of_the_house().filter(**window, published=True)
    months = offered.order_by().annotate(month=TruncMonth(RangeStartsWith("period"))).values("month", "counselor")
    seats = {division.code: division for division in divisions if division.code in WITH_SEATS}
    for row in months.annotate(number=Count("pk")):
        whole.offered += row["number"]
        for code, division in seats.items():
            division.of(row[code] if code == "counselor" else _month(row["month"])).offered += row["number"]


def _month(moment: datetime) -> date:
    return timezone.localdate(moment)
