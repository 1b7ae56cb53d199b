"""The catalogue and its search among 100 and 20,000 programmes, beside the page floor."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from urllib.parse import quote

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from benchmarks import plans, stage
from benchmarks.measure import Effort, cpu_of, in_turns
from benchmarks.pages import FLOOR, page
from benchmarks.portal import Portal
from benchmarks.report import Report
from programs import finding
from programs.models import Application, Program, ProgramWords, Run

LIMIT = 2.5  # times the page floor
FLAT = 1.2  # times the processor time among the fewest
SEARCH = 2.0  # times the search among the fewest, until the answer is there
LIVE, APPLIED = 60, 10  # programmes with a date ahead in every house, and applications of each
SEEDS = ("별", "바다", "숲", "코딩", "로봇", "그림", "음악", "역사", "수학", "화학")
RARE = "무지개"  # stands in as many titles of each house
HITS = 12
SAMPLES = 5


@dataclass(frozen=True)
class House:
    """A centre with so many programmes; ``ahead`` of them have a date to come, and all others are over."""

    programs: int
    ahead: int

    @property
    def name(self) -> str:
        return f"catalogue of {self.programs:,}" + (", all ahead" if self.ahead > LIVE else "")


FEW, MANY, AHEAD = House(100, LIVE), House(20_000, LIVE), House(20_000, 20_000)


def run(portal: Portal, report: Report, effort: Effort) -> None:
    houses = [FEW, MANY, AHEAD]
    with ExitStack() as stack:
        subjects, rows = [], []
        for number, house in enumerate(houses):
            url = stack.enter_context(portal.copy(f"catalogue{number}"))
            _fill(house)
            rows += _asked(house)
            web = stack.enter_context(portal.served(url))
            listed = reverse("programs:list")
            subjects.append(page(house.name, web, listed))
            subjects.append(page(f"search in a {house.name}", web, f"{listed}?q={quote(RARE)}"))
        floor, sessions = stack.enter_context(portal.floor())
        subjects.insert(0, page(FLOOR, floor, "/", sessions))
        costs = in_turns(subjects, effort)
    least = cpu_of(costs, FLOOR)
    report.table("The catalogue", [cost.as_row() | {"ratio": cost.cpu_ms / least} for cost in costs])
    report.table("The database's part of it", rows)
    few, alone = cpu_of(costs, FEW.name), {cost.name: cost.p50_ms for cost in costs if cost.at_once == 1}
    for house in houses:
        cpu = cpu_of(costs, house.name)
        report.at_most(f"{house.name} beside the page floor", cpu / least, LIMIT)
        report.at_most(f"{house.name} beside the fewest", cpu / few, FLAT)
    few_found, many_found = f"search in a {FEW.name}", f"search in a {MANY.name}"
    report.at_most(
        "search among 20,000 beside 100, processor time", cpu_of(costs, many_found) / cpu_of(costs, few_found), SEARCH
    )
    report.at_most("search among 20,000 beside 100, until it is there", alone[many_found] / alone[few_found], SEARCH)
    report.exactly("pages that did not answer 200", sum(cost.unexpected for cost in costs), 0)


def _fill(house: House) -> None:
    """As many programmes with a date ahead and as many hits as anywhere, amid those that are over."""
    now = timezone.now()
    Program.objects.all().delete()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger for each of 20,000 rows
        _many(house, now)
        cursor.execute(_SESSIONS)
    ProgramWords.rebuild()
    stage.analyse()


# One for each run, as the trigger that is passed over would make it.
_SESSIONS = """
    INSERT INTO programs_session (run_id, number, title, starts_at, ends_at, place, cancelled_because)
    SELECT id, 1, '', starts_at, ends_at, '', '' FROM programs_run
"""


def _many(house: House, now: datetime) -> None:
    programs = Program.objects.bulk_create(
        (
            Program(
                title=f"{RARE if n < HITS else SEEDS[n % 10]} {SEEDS[n // 10 % 10]} 교실 {n}",
                area=Program.Area.CAREER,
                kind=Program.Kind.EXPERIENCE,
                summary=f"{SEEDS[n % 7]}에 관해 배우고 함께 만들어 봅니다.",
                audience=[Program.Audience.STUDENT],
                published_at=now - timedelta(days=1),
            )
            for n in range(house.programs)
        ),
        batch_size=1000,
    )
    runs = Run.objects.bulk_create(
        (_run(program, n < house.ahead, now) for n, program in enumerate(programs)), batch_size=1000
    )
    applicant = stage.new_counselor().user
    Application.objects.bulk_create(
        Application(run=one, number=n, applicant=applicant, state=Application.State.CONFIRMED, confirmed_at=now)
        for one in runs[:LIVE]
        for n in range(1, APPLIED + 1)
    )


def _run(program: Program, ahead: bool, now: datetime) -> Run:
    starts = now + timedelta(days=20) if ahead else now - timedelta(days=400)
    return Run(
        program=program,
        title="1회",
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        opens_at=starts - timedelta(days=30),
        closes_at=starts - timedelta(days=5),
        capacity=20,
        published_at=now - timedelta(days=2),
    )


def _asked(house: House) -> list[dict[str, object]]:
    """What the statement of the page reads and how long it takes, on a warm database."""
    asked = {"the list": finding.Wish(), "a search": finding.Wish(words=RARE)}
    rows = []
    for what, wish in asked.items():
        found = [plan for _ in range(SAMPLES) for plan in plans.of(lambda wish=wish: finding.find(wish))]
        rows.append(
            {
                "house": house.name,
                "what": what,
                "db_ms": median(plan.milliseconds for plan in found),
                "pages": int(median(plan.pages for plan in found)),
            }
        )
    connection.close()
    return rows
