"""What the house can issue on paper: one ``Kind`` per sort of paper, declared by the room that issues it.

A room puts ``register(Kind(...))`` calls into its ``papers.py``; this app imports those modules at start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise

NOBODY = Q(pk__in=[])


def _no_person(subject: models.Model) -> models.Model | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of paper.

    ``series`` is the word before the number (``상담-2026-000123``); several kinds may share one.
    ``visible`` says, as a condition on ``IssuedDocument``, which of its papers a person may open: usually
    ``of(Booking.objects.visible_to(user))``. ``person`` finds the student or user whose data the paper of
    a subject holds, for the access log. A ``slow`` paper takes more than a second, so a worker makes it.
    A ``sealed`` one lies sealed at rest, figures and file (``lifecycle.sealed``); it is opened for whoever may
    open the paper, and verified without being opened.

    An ``official`` paper is the house's own and about nobody: its figures name their day (``as_of``), whose year numbers it, and the file
    depends on them and its number alone, not on the moment of printing, so that it comes out the same after the store
    was lost. It is handed out with a reason, and by links that expire (``documents.lending``). A ``long`` one is
    made as long work with a progress bar (``documents.printing``).
    """

    code: str
    label: str | Promise
    series: str
    template: str
    visible: Callable[[Any], Q]
    person: Callable[[Any], models.Model | None] = _no_person
    slow: bool = False
    sealed: bool = False
    official: bool = False
    long: bool = False

    def __hash__(self) -> int:
        return hash(self.code)


def of(subjects: models.QuerySet) -> Q:
    """Papers about any of these subjects."""
    return Q(subject_id__in=subjects.order_by().values("pk"))


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Make a kind known to the house.

    Raises:
        ValueError: another kind has this code.
    """
    if _kinds.setdefault(kind.code, kind) is not kind:
        raise ValueError(f"Two kinds of paper are called {kind.code}.")
    return kind


def get(code: str) -> Kind:
    """The kind called ``code``.

    Raises:
        LookupError: nobody registered it.
    """
    try:
        return _kinds[code]
    except KeyError:
        raise LookupError(f"No kind of paper is called {code!r}; register it in <app>/papers.py.") from None


def find(code: str) -> Kind | None:
    """Like ``get`` for codes that come from old rows: a kind may have been given up since."""
    return _kinds.get(code)


def everything() -> Iterable[Kind]:
    """Every kind, by label."""
    return sorted(_kinds.values(), key=lambda kind: str(kind.label))
