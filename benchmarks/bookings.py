"""What a booking costs, won and lost, beside the write floor."""

from __future__ import annotations

import itertools

from benchmarks import journeys, stage
from benchmarks.client import Answer, Browser
from benchmarks.journeys import Wish
from benchmarks.measure import LEVELS, Effort, Subject, cpu_of, in_turns, together
from benchmarks.portal import Portal
from benchmarks.report import Report
from benchmarks.web import Web

LIMIT = 5  # times the write floor, for each of the two requests that win a booking
FLOOR = "write floor"
WON = {"hold", "confirm"}  # the two requests without which nobody has a booking
PLACES = 1_000  # of the floor


def run(portal: Portal, report: Report, effort: Effort) -> None:
    with portal.copy("bookings") as url:
        stage.everything(200)
        stage.analyse()
        with portal.served(url) as web, portal.floor() as (floor, sessions):
            costs = in_turns([_claims(floor, sessions), *Journey(web).steps()], effort)
    least = cpu_of(costs, FLOOR)
    won = [together("won: hold + confirm", [c for c in costs if c.name in WON and c.at_once == at]) for at in LEVELS]
    report.table(
        "Bookings (ratio: processor time beside the write floor)",
        [cost.as_row() | {"ratio": cost.cpu_ms / least} for cost in [*costs, *won]],
    )
    hold, confirm, lost = (cpu_of(costs, name) for name in ("hold", "confirm", "lost"))
    report.at_most("the request that keeps a slot, beside the write floor", hold / least, LIMIT)
    report.at_most("the request that books it, beside the write floor", confirm / least, LIMIT)
    report.at_most("a lost booking beside a won one (keep and book)", lost / (hold + confirm), 1)
    report.exactly("answers other than expected", sum(cost.unexpected for cost in costs), 0)


def _claims(web: Web, sessions: list[str]) -> Subject:
    visits = itertools.cycle(zip(itertools.cycle(sessions), range(1, PLACES + 1), strict=False))

    def claim(browser: Browser, visit: tuple[str, int]) -> Answer:
        session, place = visit
        browser.become(session)
        return browser.post(f"/claim/{place}/")

    return Subject(FLOOR, web, lambda number: list(itertools.islice(visits, number)), claim, expected=302)


class Journey:
    """The steps of a booking, each measured for many families at once before the next begins."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._wanted: list[int] = []
        self._reviews: list[tuple[str, str]] = []  # session and path
        self._done: list[tuple[str, str]] = []

    def steps(self) -> list[Subject]:
        return [
            Subject("hold", self._web, self._newcomers, self._hold, expected=302),
            Subject("review page", self._web, lambda number: self._reviews[-number:], _look),
            Subject("confirm", self._web, lambda number: self._reviews[-number:], self._confirm, expected=302),
            Subject("done page", self._web, lambda number: self._done[-number:], _look),
            Subject("lost", self._web, self._latecomers, journeys.hold),
        ]

    def _newcomers(self, number: int) -> list[Wish]:
        self._wanted = stage.slots(number)
        return journeys.wishes(self._wanted)

    def _latecomers(self, number: int) -> list[Wish]:
        return journeys.wishes(self._wanted)

    def _hold(self, browser: Browser, wish: Wish) -> Answer:
        answer = journeys.hold(browser, wish)
        if journeys.is_kept(answer):
            self._reviews.append((wish.session, answer.location))
        return answer

    def _confirm(self, browser: Browser, visit: tuple[str, str]) -> Answer:
        session, review = visit
        browser.become(session)
        answer = browser.post(review)
        self._done.append((session, answer.location))
        return answer


def _look(browser: Browser, visit: tuple[str, str]) -> Answer:
    session, path = visit
    browser.become(session)
    return browser.get(path)
