"""Taking turns: every subject is asked in every round, so that a busy moment hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.client import Answer, Browser, crowd, percentile
from benchmarks.web import Web

LEVELS = (1, 8, 32)  # requests in flight
WARM_UP = 48  # enough for each process to have loaded its templates


@dataclass(frozen=True)
class Effort:
    """How much to ask: the full run, or the short one of CI."""

    rounds: int
    requests: int  # of one subject in one round at one level
    outage_seconds: int

    @classmethod
    def full(cls) -> Effort:
        return cls(rounds=5, requests=120, outage_seconds=60)

    @classmethod
    def short(cls) -> Effort:
        return cls(rounds=2, requests=48, outage_seconds=10)


@dataclass(frozen=True)
class Subject:
    """Something to ask of a site. ``visits(n)`` makes n visits; each is spent by one ``act``."""

    name: str
    web: Web
    visits: Callable[[int], Sequence[Any]]
    act: Callable[[Browser, Any], Answer]
    expected: int = 200


@dataclass(frozen=True)
class Cost:
    """What one subject cost at one level: medians over the rounds."""

    name: str
    at_once: int
    cpu_ms: float
    p50_ms: float
    p95_ms: float
    per_second: float
    unexpected: int

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def take(subject: Subject, requests: int, at_once: int) -> Cost:
    """One turn of one subject."""
    visits = subject.visits(requests)
    cpu, began = subject.web.cpu_seconds(), time.perf_counter()
    answers = crowd(subject.web.port, visits, subject.act, at_once=at_once)
    took, cpu = time.perf_counter() - began, subject.web.cpu_seconds() - cpu
    seconds = [answer.seconds for answer in answers]
    return Cost(
        subject.name,
        at_once,
        cpu_ms=1000 * cpu / requests,
        p50_ms=1000 * percentile(seconds, 0.5),
        p95_ms=1000 * percentile(seconds, 0.95),
        per_second=requests / took,
        unexpected=sum(answer.status != subject.expected for answer in answers),
    )


def in_turns(subjects: Sequence[Subject], effort: Effort) -> list[Cost]:
    """Every subject at every level in every round; medians, level by level."""
    for subject in subjects:
        take(subject, WARM_UP, 8)
    turns = [
        take(subject, effort.requests, level) for _ in range(effort.rounds) for level in LEVELS for subject in subjects
    ]
    return [
        middle([turn for turn in turns if (turn.name, turn.at_once) == (subject.name, level)])
        for subject in subjects
        for level in LEVELS
    ]


def middle(turns: Sequence[Cost]) -> Cost:
    """The median of each figure; what went wrong is added up."""
    return Cost(
        turns[0].name,
        turns[0].at_once,
        cpu_ms=median(turn.cpu_ms for turn in turns),
        p50_ms=median(turn.p50_ms for turn in turns),
        p95_ms=median(turn.p95_ms for turn in turns),
        per_second=median(turn.per_second for turn in turns),
        unexpected=sum(turn.unexpected for turn in turns),
    )


def together(name: str, costs: Sequence[Cost]) -> Cost:
    """What requests cost that one visitor sends one after the other."""
    return Cost(
        name,
        costs[0].at_once,
        cpu_ms=sum(cost.cpu_ms for cost in costs),
        p50_ms=sum(cost.p50_ms for cost in costs),
        p95_ms=sum(cost.p95_ms for cost in costs),
        per_second=1 / sum(1 / cost.per_second for cost in costs),
        unexpected=sum(cost.unexpected for cost in costs),
    )


def cpu_of(costs: Sequence[Cost], name: str) -> float:
    """Milliseconds of processor time for one request of ``name``, over all levels."""
    return median(cost.cpu_ms for cost in costs if cost.name == name)
