"""400 logged-in visitors for 100 slots, 32 at once: one booking for each slot, and nobody sees an error.

Two guards stand in the way of a double booking, the slot's row lock and the unique index behind it.
Each is shown to be enough by itself, and without both the same crowd must book slots twice: a race
test that cannot fail proves nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection

from benchmarks import journeys, stage
from benchmarks.client import Answer, crowd, percentile
from benchmarks.measure import Effort
from benchmarks.portal import APPLICATION, Portal
from benchmarks.report import Report
from counseling.models import Booking

SLOTS, FOR_EACH, AT_ONCE = 100, 4, 32
WITHOUT_LOCKS = "benchmarks.unguarded:without_locks()"
BACKSTOP = "booking_one_per_slot"


@dataclass(frozen=True)
class Setup:
    """Which guards stand."""

    name: str
    locks: bool
    index: bool

    @property
    def is_control(self) -> bool:
        return not (self.locks or self.index)


SETUPS = [
    Setup("as it is", locks=True, index=True),
    Setup("lock alone", locks=True, index=False),
    Setup("index alone", locks=False, index=True),
    Setup("neither (control)", locks=False, index=False),
]


@dataclass(frozen=True)
class Outcome:
    setup: str
    bookings: int
    slots: int
    error_pages: int
    seconds: float
    winners_p50_ms: float
    losers_p50_ms: float
    cpu_ms: float

    @property
    def is_right(self) -> bool:
        return self.bookings == self.slots == SLOTS and self.error_pages == 0


def run(portal: Portal, report: Report, effort: Effort) -> None:
    outcomes = [(setup, _once(portal, setup)) for _ in range(max(2, effort.rounds - 2)) for setup in SETUPS]
    outcomes.sort(key=lambda pair: SETUPS.index(pair[0]))
    title = f"Stampede: {SLOTS * FOR_EACH} visitors for {SLOTS} slots, {AT_ONCE} at once"
    report.table(title, [vars(outcome) for _, outcome in outcomes])
    for setup in SETUPS:
        found = [outcome for tried, outcome in outcomes if tried == setup]
        if setup.is_control:
            oversold = sum(outcome.bookings > outcome.slots for outcome in found)
            report.claim("the control without guards books slots twice", oversold, ">= 1 round", kept=oversold > 0)
        else:
            wrong = sum(not outcome.is_right for outcome in found)
            report.exactly(
                f"{setup.name}: rounds with anything but {SLOTS} bookings, {SLOTS} slots, no error", wrong, 0
            )


def _once(portal: Portal, setup: Setup) -> Outcome:
    with portal.copy("stampede") as url:
        # the four that want the same slot come one after the other, so that they meet
        wishes = journeys.wishes([slot for slot in stage.slots(SLOTS) for _ in range(FOR_EACH)])
        stage.analyse()
        if not setup.index:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP INDEX {BACKSTOP}")
        with portal.served(url, APPLICATION if setup.locks else WITHOUT_LOCKS) as web:
            cpu, began = web.cpu_seconds(), time.perf_counter()
            visits = crowd(web.port, wishes, journeys.book, at_once=AT_ONCE)
            took, cpu = time.perf_counter() - began, web.cpu_seconds() - cpu
        booked = Booking.objects.filter(state=Booking.State.BOOKED)
        return Outcome(
            setup.name,
            bookings=booked.count(),
            slots=booked.values("slot").distinct().count(),
            error_pages=sum(answer.failed for answers in visits for answer in answers),
            seconds=took,
            winners_p50_ms=_middle_ms([answers for answers in visits if len(answers) > 1]),
            losers_p50_ms=_middle_ms([answers for answers in visits if len(answers) == 1]),
            cpu_ms=1000 * cpu / len(visits),
        )


def _middle_ms(visits: list[list[Answer]]) -> float:
    """The median time that one of these visitors waited, all answers together."""
    return 1000 * percentile((sum(answer.seconds for answer in answers) for answers in visits), 0.5)
