"""The day on which times open: 2,000 families for 300 slots, all within a minute, in an empty house and an old one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from benchmarks import history, journeys, stage
from benchmarks.client import crowd, percentile
from benchmarks.measure import Effort
from benchmarks.portal import Portal
from benchmarks.report import Report
from counseling.models import Booking

AT_ONCE = 32
SECONDS, MEDIAN_SECONDS = 60, 1.0
OLDER = 1.2  # times the processor time of an empty house


@dataclass(frozen=True)
class Size:
    students: int
    slots: int
    past: int

    @classmethod
    def of(cls, effort: Effort) -> Size:
        """The full rush, or a tenth of it."""
        short = effort.rounds <= Effort.short().rounds
        return cls(students=200, slots=30, past=10_000) if short else cls(students=2_000, slots=300, past=100_000)


@dataclass(frozen=True)
class Outcome:
    """What one rush was like."""

    house: str
    bookings: int
    slots: int
    error_pages: int
    seconds: float
    answer_p50_ms: float
    answer_p95_ms: float
    winner_p50_ms: float
    cpu_ms: float  # of one visitor


def run(portal: Portal, report: Report, effort: Effort) -> None:
    size = Size.of(effort)
    rounds = 2 if size.past < 100_000 else 1
    houses = {"empty": 0, f"{size.past:,} past bookings": size.past}
    outcomes = [_once(portal, size, name, past) for _ in range(rounds) for name, past in houses.items()]
    report.table(
        f"Opening rush: {size.students:,} students for {size.slots} slots, {AT_ONCE} at once",
        [vars(outcome) for outcome in outcomes],
    )
    wrong = [o.house for o in outcomes if not o.bookings == o.slots == size.slots]
    report.exactly(f"rushes with anything but {size.slots} bookings, each slot once", wrong, [])
    report.exactly("error pages", sum(outcome.error_pages for outcome in outcomes), 0)
    report.at_most("seconds until the last was answered", max(o.seconds for o in outcomes), SECONDS)
    report.at_most("median answer in seconds", max(o.answer_p50_ms for o in outcomes) / 1000, MEDIAN_SECONDS)
    cpu = [median(o.cpu_ms for o in outcomes if o.house == name) for name in houses]
    report.at_most("processor time in an old house beside an empty one", cpu[1] / cpu[0], OLDER)


def _once(portal: Portal, size: Size, house: str, past: int) -> Outcome:
    with portal.copy("rush") as url:
        wanted = stage.slots(size.slots)
        # those who want the same slot come one after the other, so that they meet
        wishes = journeys.wishes(sorted(wanted[n % size.slots] for n in range(size.students)))
        if past:
            history.past(past, [wish.form["student"] for wish in wishes])
        stage.analyse()
        before = Booking.objects.filter(state=Booking.State.BOOKED).count()
        with portal.served(url) as web:
            cpu, began = web.cpu_seconds(), time.perf_counter()
            visits = crowd(web.port, wishes, journeys.book, at_once=AT_ONCE)
            took, cpu = time.perf_counter() - began, web.cpu_seconds() - cpu
        booked = Booking.objects.filter(state=Booking.State.BOOKED, slot__in=wanted)
        waits = [answer.seconds for answers in visits for answer in answers]
        winners = [sum(answer.seconds for answer in answers) for answers in visits if len(answers) > 1]
        return Outcome(
            house,
            bookings=Booking.objects.filter(state=Booking.State.BOOKED).count() - before,
            slots=booked.values("slot").distinct().count(),
            error_pages=sum(answer.failed for answers in visits for answer in answers),
            seconds=took,
            answer_p50_ms=1000 * percentile(waits, 0.5),
            answer_p95_ms=1000 * percentile(waits, 0.95),
            winner_p50_ms=1000 * percentile(winners, 0.5),
            cpu_ms=1000 * cpu / len(visits),
        )
