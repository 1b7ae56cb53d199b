"""Redis is killed while bookings go on: they go on as fast, and every notice arrives afterwards, once.

Halfway through the outage the worker is killed, too: its keeper starts it again, and it does what was left.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db.models import Count

from benchmarks import journeys, stage
from benchmarks.client import Browser, percentile
from benchmarks.drills import crew
from benchmarks.measure import Effort
from benchmarks.portal import Portal
from benchmarks.report import Report
from benchmarks.web import Web
from counseling.models import Booking
from notices.models import Notice, SandboxMessage

VISITORS = 2  # families that are booking at any moment
PAUSE_SECONDS = 0.1  # between two of them
BEFORE_SECONDS, AFTER_SECONDS = 10, 5
CATCH_UP_SECONDS = 180
SLOWER = 1.5  # times the latency before, at most
NOTICES = 3  # of one booking: a text message and an e-mail to the guardian, an e-mail to the counsellor


@dataclass
class Phase:
    """What families met in one stretch of time."""

    name: str
    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def as_row(self) -> dict[str, object]:
        return {
            "phase": self.name,
            "bookings": len(self.seconds),
            "failed": self.failed,
            "p50_ms": 1000 * percentile(self.seconds, 0.5),
            "p95_ms": 1000 * percentile(self.seconds, 0.95),
            "slowest_ms": 1000 * max(self.seconds, default=0.0),
        }


def run(portal: Portal, report: Report, effort: Effort) -> None:
    before, outage, after = Phase("before"), Phase("Redis is gone"), Phase("Redis is back")
    seconds = BEFORE_SECONDS + effort.outage_seconds + AFTER_SECONDS
    with portal.copy("drill") as url:
        wishes = journeys.wishes(stage.slots(int(seconds * VISITORS / PAUSE_SECONDS)))
        stage.analyse()
        environ = {**portal.environ, "DATABASE_URL": url}
        with portal.served(url) as web, crew.on_duty(environ, portal.folder) as people:
            crew.wait_until_at_work()
            street = Street(web, wishes)
            street.open_for(BEFORE_SECONDS, before)
            portal.broker.kill()
            try:
                street.open_for(effort.outage_seconds / 2, outage)
                killed = people.kill_worker()
                street.open_for(effort.outage_seconds / 2, outage)
            finally:
                portal.broker.start()
            street.open_for(AFTER_SECONDS, after)
            waited = _caught_up()
            back = people.worker_lives and people.worker_pid != killed
        report.exactly("the killed worker was started again", back, True)
        _judge(report, [before, outage, after], waited, restarts=len(people.said) // 2)


class Street:
    """Families that come one after the other and book."""

    def __init__(self, web: Web, wishes: list[journeys.Wish]) -> None:
        self._web = web
        self._wishes = iter(wishes)
        self._door = threading.Lock()

    def open_for(self, seconds: float, phase: Phase) -> None:
        deadline = time.monotonic() + seconds
        with ThreadPoolExecutor(VISITORS) as visitors:
            for work in [visitors.submit(self._come, phase, deadline) for _ in range(VISITORS)]:
                work.result()

    def _come(self, phase: Phase, deadline: float) -> None:
        browser = Browser(self._web.port)
        while time.monotonic() < deadline:
            with self._door:
                wish = next(self._wishes)
            answers = journeys.book(browser, wish)
            phase.seconds.append(sum(answer.seconds for answer in answers))
            phase.failed += answers[-1].status != 200 or len(answers) < 4
            time.sleep(PAUSE_SECONDS)
        browser.close()


def _caught_up() -> float:
    """Seconds until nothing waits any more."""
    began = time.monotonic()
    waiting = Notice.objects.filter(state__in=[Notice.State.DUE, Notice.State.HANDING])
    while waiting.exists() and time.monotonic() - began < CATCH_UP_SECONDS:
        time.sleep(0.5)
    return time.monotonic() - began


def _judge(report: Report, phases: list[Phase], waited: float, restarts: int) -> None:
    before, outage, _ = phases
    rows = [phase.as_row() for phase in phases]
    report.table(
        f"Redis killed while families book ({waited:.0f} s to catch up; the crew was started again {restarts} times)",
        rows,
    )
    booked = Booking.objects.filter(state=Booking.State.BOOKED).count()
    owed = Notice.objects.filter(kind__startswith="counseling.")
    often = SandboxMessage.objects.values("notice").annotate(times=Count("pk"))
    report.exactly("bookings that failed", sum(phase.failed for phase in phases), 0)
    report.exactly("bookings made", booked, sum(len(phase.seconds) for phase in phases))
    report.exactly("notices owed", owed.count(), NOTICES * booked)
    report.exactly("notices sent", owed.filter(state=Notice.State.SENT).count(), NOTICES * booked)
    report.exactly("notices that arrived twice", often.filter(times__gt=1).count(), 0)
    report.exactly("messages that arrived", SandboxMessage.objects.count(), NOTICES * booked)
    for share, name in ((0.5, "median"), (0.95, "95th percentile")):
        slower = percentile(outage.seconds, share) / percentile(before.seconds, share)
        report.at_most(f"{name} of a booking without Redis beside before", slower, SLOWER)
