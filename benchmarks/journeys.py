"""How a visitor books: the requests that a browser sends, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from benchmarks import stage
from benchmarks.client import Answer, Browser
from counseling.models import Mode


@dataclass(frozen=True)
class Wish:
    """One family that wants one slot."""

    session: str
    path: str
    form: dict[str, Any]


def wishes(slots: Sequence[int]) -> list[Wish]:
    """A family of its own for each of ``slots``; a slot named twice is wanted by two."""
    topic = stage.topic()
    return [
        Wish(
            family.session,
            reverse("counseling:slot", args=[slot]),
            {"student": family.student, "topic": topic.pk, "mode": Mode.VISIT.value},
        )
        for family, slot in zip(stage.families(len(slots)), slots, strict=True)
    ]


def hold(browser: Browser, wish: Wish) -> Answer:
    """Ask for the slot; an answer that leads on to the review means that it is kept."""
    browser.become(wish.session)
    return browser.post(wish.path, wish.form)


def is_kept(answer: Answer) -> bool:
    return answer.status == 302 and answer.location.endswith("/review/")


def book(browser: Browser, wish: Wish) -> list[Answer]:
    """The whole way: ask, look at the review, book, look at what was booked. It ends where the slot is lost."""
    answers = [hold(browser, wish)]
    if is_kept(answers[0]):
        review = answers[0].location
        answers += [browser.get(review), browser.post(review)]
        if answers[-1].status == 302:
            answers.append(browser.get(answers[-1].location))
    return answers
