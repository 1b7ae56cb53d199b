"""What a page costs, beside the page floor."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from django.urls import reverse

from benchmarks import stage
from benchmarks.client import Answer, Browser
from benchmarks.measure import Effort, Subject, cpu_of, in_turns
from benchmarks.portal import Portal
from benchmarks.report import Report
from benchmarks.web import Web

LIMIT = 2.5  # times the page floor, for the home page, the slot list and the catalogue
FLOOR = "page floor"
SLOTS, TAKEN, VISITORS = 1_000, 400, 64


def run(portal: Portal, report: Report, effort: Effort) -> None:
    with portal.copy("pages") as url:
        families = stage.families(VISITORS)
        stage.bookings(stage.slots(SLOTS)[:TAKEN])
        stage.analyse()
        times = reverse("counseling:times")
        with portal.served(url) as web, portal.floor() as (floor, sessions):
            logged_in = [family.session for family in families]
            subjects = [
                page(FLOOR, floor, "/", sessions),
                page("home", web, reverse("home")),
                page("home, logged in", web, reverse("home"), logged_in),
                page("times", web, times),
                page("times of a topic", web, f"{times}?topic={stage.topic().slug}"),
                page("times, logged in", web, times, logged_in),
                page("programmes", web, reverse("programs:list")),
                page("news", web, reverse("newsletter:list")),
            ]
            costs = in_turns(subjects, effort)
    least = cpu_of(costs, FLOOR)
    report.table(
        "Pages (ratio: processor time beside the page floor)",
        [cost.as_row() | {"ratio": cost.cpu_ms / least} for cost in costs],
    )
    for subject in subjects[1:7]:
        report.at_most(f"{subject.name} beside the page floor", cpu_of(costs, subject.name) / least, LIMIT)
    report.exactly("pages that did not answer 200", sum(cost.unexpected for cost in costs), 0)


def page(name: str, web: Web, path: str, sessions: list[str] | None = None) -> Subject:
    """One page, asked by one visitor after another, or by nobody in particular."""
    visitors: Iterator[str] = itertools.cycle(sessions or [""])

    def ask(browser: Browser, session: str) -> Answer:
        browser.become(session)
        return browser.get(path)

    return Subject(name, web, lambda number: list(itertools.islice(visitors, number)), ask)
