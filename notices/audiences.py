"""To whom a mailing may go: one ``Audience`` per list of people, declared by the room that knows them.

``programs`` registers those of a run; the newsletter registers its subscribers. This room asks for rows, by key,
a few hundred at a time, and knows nothing of why somebody is among them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models

Params = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Audience:
    """One list of people.

    Args:
        rows: one row for each who gets it, whatever model that is; asked for anew with every step of the expansion
            and once more before a message leaves, so whoever is no longer among them gets nothing.
        agreed: those of the rows who agreed to advertisements; without it nothing promotional goes to this list.
        recipient: the user, or an ``outbox.Recipient``, behind one of the rows.
        values: the variables that are the same for everybody, such as the run's name and date.
        describe: the list in words, for staff.
        permission: what staff need, beside ``notices.send_mailing``, to write to it.
    """

    code: str
    label: str
    rows: Callable[[Params], models.QuerySet]
    recipient: Callable[[Any], Any]
    values: Callable[[Params], dict[str, str]]
    describe: Callable[[Params], str]
    agreed: Callable[[models.QuerySet], models.QuerySet] | None = None
    permission: str = ""

    def __hash__(self) -> int:
        return hash(self.code)

    def among(self, params: Params, *, promotional: bool) -> models.QuerySet:
        """Who gets it now, by key; of an advertisement those who agreed."""
        rows = self.rows(params)
        if promotional:
            rows = self.agreed(rows) if self.agreed else rows.none()
        return rows.order_by("pk")


_audiences: dict[str, Audience] = {}


def register(audience: Audience) -> Audience:
    """Make a list known to the house.

    Raises:
        ValueError: another list has this code.
    """
    if _audiences.setdefault(audience.code, audience) is not audience:
        raise ValueError(f"Two audiences are called {audience.code}.")
    return audience


def find(code: str) -> Audience | None:
    """The list called ``code``, if anybody still declares it."""
    return _audiences.get(code)
