"""나의 페이지: what waits for a family and what lies ahead of it, said by every room that has something to say.

A room puts its say into ``<app>/steps.py``; those modules are imported at start-up::

    @overview.steps
    def my_steps(asked): ...   # asked: Asked -> Iterable[Step]

    @overview.entries
    def my_entries(asked): ...  # Asked -> Iterable[Entry]

    @overview.front
    def what_presses(user, now): ...  # -> Step | None

Each is asked once for all children together, so that a page costs the same for one child and for five. The front door
asks the last alone: everybody passes it, so a room says there what one cheap statement can tell, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from functools import cached_property
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Student, User

FAR = datetime.max.replace(tzinfo=UTC)


class Urgency(IntEnum):
    """How much it matters that somebody acts, the most urgent first."""

    NOW = 0  # something is lost at ``until``
    SOON = 1  # within a day or two, or others wait for it
    LATER = 2  # good to know, good to have done


class Group(models.TextChoices):
    """Where an entry stands under its child, in this order."""

    AHEAD = "ahead", _("다가오는 일정")
    WAITING = "waiting", _("기다리고 있는 것")
    PAST = "past", _("지난 상담과 결과")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do or to know next.

    ``until`` is when it is too late; ``happens`` says that it is when it takes place. ``student`` is the key of the child it is
    about; ``None`` means the person who is looking.
    """

    sentence: str
    url: str
    action: str
    urgency: Urgency = Urgency.LATER
    until: datetime | None = None
    happens: bool = False
    student: int | None = None

    @property
    def rank(self) -> tuple[int, datetime]:
        return self.urgency, self.until or FAR


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that a child has: a booking, a place in a queue, a sheet of results. ``at`` puts them in order."""

    student: int
    group: Group
    at: datetime
    title: str
    url: str
    text: str = ""
    badge: str = ""
    kind: str = ""  # of the badge, as ``krds.badge`` knows it
    countdown: bool = False  # say how long it is until ``at``


@dataclass(frozen=True)
class Asked:
    """Whom the rooms are asked about, at one moment."""

    user: User
    students: tuple[Student, ...]
    now: datetime
    _kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def by(cls, user: User) -> Asked:
        family = Student.objects.of_family(user).select_related("school", "neighbourhood").order_by("birth_date", "pk")
        return cls(user, tuple(family), timezone.now())

    def once(self, key: str, load: Callable[[], Any]) -> Any:
        """What ``load`` finds, found once for steps and entries together. ``key`` begins with the room's name."""
        if key not in self._kept:
            self._kept[key] = load()
        return self._kept[key]

    @cached_property
    def names(self) -> dict[int, str]:
        return {student.pk: student.name for student in self.students}

    @cached_property
    def steps(self) -> list[Step]:
        """What waits, the most urgent and the soonest over first."""
        found = [step for say in _steps for step in say(self)]
        return sorted(found, key=lambda step: step.rank)

    @cached_property
    def entries(self) -> list[Entry]:
        return [entry for say in _entries for entry in say(self)]

    def of(self, student: Student, group: Group) -> list[Entry]:
        """The entries of one child: what lies ahead begins with the next, what is past with the latest."""
        mine = [entry for entry in self.entries if entry.student == student.pk and entry.group == group]
        return sorted(mine, key=lambda entry: entry.at, reverse=group == Group.PAST)


SaySteps = Callable[[Asked], Iterable[Step]]
SayEntries = Callable[[Asked], Iterable[Entry]]
SayFront = Callable[[User, datetime], Step | None]
_steps: list[SaySteps] = []
_entries: list[SayEntries] = []
_front: list[SayFront] = []


def steps(say: SaySteps) -> SaySteps:
    """Ask ``say`` for steps whenever somebody opens 나의 페이지."""
    if say not in _steps:
        _steps.append(say)
    return say


def entries(say: SayEntries) -> SayEntries:
    """Ask ``say`` for entries whenever somebody opens 나의 페이지."""
    if say not in _entries:
        _entries.append(say)
    return say


def front(say: SayFront) -> SayFront:
    """Ask ``say`` for the one step that presses most whenever somebody opens the home page: one statement at most."""
    if say not in _front:
        _front.append(say)
    return say


def foremost(user: User, now: datetime) -> Step | None:
    """What the home page says to somebody who is logged in; ``None`` when nothing presses."""
    found = [step for say in _front if (step := say(user, now))]
    return min(found, key=lambda step: step.rank, default=None)
