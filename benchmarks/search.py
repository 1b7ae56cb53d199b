"""The page of times costs as much among a million slots as among a thousand: past ones, and ones far ahead."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from benchmarks import history, plans, stage
from benchmarks.measure import Effort, cpu_of, in_turns
from benchmarks.pages import FLOOR, page
from benchmarks.portal import Portal
from benchmarks.report import Report
from counseling import finding
from counseling.finding import Need

LIMIT = 2.5  # times the page floor
FLAT = 1.2  # times the processor time among the fewest slots
PAGES_FLAT = 3  # times the database's pages: the indexes of a million rows are two levels deeper
BOOKABLE, BOOKED = 1_000, 300
STUDENTS = 400
SAMPLES = 5


@dataclass(frozen=True)
class House:
    """A centre with so many slots that are over, each booked, and so many that nobody may book yet."""

    past: int
    far: int

    @property
    def name(self) -> str:
        kind = ", most ahead" if self.far > self.past else ", most over" if self.past else ""
        return f"times among {BOOKABLE + self.past + self.far:,}{kind}"


FEW, SOME, MANY, FAR = House(0, 0), House(90_000, 9_000), House(900_000, 99_000), House(0, 99_000)


def run(portal: Portal, report: Report, effort: Effort) -> None:
    short = effort.rounds <= Effort.short().rounds
    houses = [FEW, FAR, SOME] if short else [FEW, FAR, SOME, MANY]
    with ExitStack() as stack:
        subjects, rows = [], []
        for number, house in enumerate(houses):
            url = stack.enter_context(portal.copy(f"search{number}"))
            _fill(house)
            rows += _asked(house)
            web = stack.enter_context(portal.served(url))
            subjects.append(page(house.name, web, reverse("counseling:times")))
        floor, sessions = stack.enter_context(portal.floor())
        subjects.insert(0, page(FLOOR, floor, "/", sessions))
        costs = in_turns(subjects, effort)
    least = cpu_of(costs, FLOOR)
    few = cpu_of(costs, FEW.name)
    report.table("Searching times", [cost.as_row() | {"ratio": cost.cpu_ms / least} for cost in costs])
    report.table("The database's part of it", rows)
    for house in houses:
        cpu = cpu_of(costs, house.name)
        report.at_most(f"{house.name} beside the page floor", cpu / least, LIMIT)
        report.at_most(f"{house.name} beside the fewest", cpu / few, FLAT)
    for what in {row["what"] for row in rows}:
        read = [row["pages"] for row in rows if row["what"] == what]
        report.at_most(f"pages read for {what}, the most beside the fewest", max(read) / read[0], PAGES_FLAT)
    report.exactly("tables read from end to end that grow", sorted({t for row in rows for t in row["scanned"]}), [])


def _fill(house: House) -> None:
    """As many free times as anywhere, amid the rest."""
    stage.bookings(stage.slots(BOOKABLE)[:BOOKED])
    if house.past:
        history.past(house.past, [family.student for family in stage.families(STUDENTS)])
    if house.far:
        history.far(house.far)
    stage.analyse()


def _asked(house: House) -> list[dict[str, object]]:
    """What the two statements of the page read and how long they take, on a warm database."""
    need, today = Need(), timezone.localdate()
    asked = {
        "the list": lambda: finding.times(need, finding.MOST),
        "the calendar": lambda: finding.per_day(need, today),
    }
    rows = []
    for what, ask in asked.items():
        found = [plan for _ in range(SAMPLES) for plan in plans.of(ask)]
        scanned = {table for plan in found for table in plan.scanned} & {"counseling_slot", "counseling_booking"}
        rows.append(
            {
                "house": house.name,
                "what": what,
                "db_ms": median(plan.milliseconds for plan in found),
                "pages": int(median(plan.pages for plan in found)),
                "scanned": sorted(scanned) if house.past + house.far else [],
            }
        )
    connection.close()
    return rows
