"""The buttons of a run's page. Every part of the work registers its own; the page knows none of them.

A builder of applications, draws, rosters or messages calls ``door`` in a module of ``programs.admin``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from programs.models import Run


@dataclass(frozen=True)
class Door:
    """One button: ``name`` is a URL of the admin that takes the run's key, or ``url`` says where it leads."""

    label: str
    permissions: tuple[str, ...]
    name: str = ""
    url: Callable[[Run], str] | None = None
    shown: Callable[[Run], bool] = lambda _run: True
    position: int = 50  # the smaller, the further in front
    alert: bool = False  # something that cannot be undone

    def leads_to(self, run: Run) -> str:
        return self.url(run) if self.url else reverse(f"admin:{self.name}", args=[run.pk])


_doors: list[Door] = []


def door(label: str, *permissions: str, **how: Any) -> Door:
    """Put a button on every run's page; called once, at start-up."""
    made = Door(label, permissions, **how)
    _doors.append(made)
    return made


def doors(run: Run, user: Any) -> list[tuple[Door, str]]:
    """The buttons that ``user`` may press on this run, each with its address."""
    mine = [one for one in _doors if user.has_perms(one.permissions) and one.shown(run)]
    return [(one, one.leads_to(run)) for one in sorted(mine, key=lambda one: (one.alert, one.position))]
