"""Moving answers out of the spool: many of one kind at once, shuffled, so that nobody is joined to an answer.

Whoever owns the database sees which invitations were used and in what order, for PostgreSQL stamps every row with the
transaction that wrote it, and keeps rows where they came. So all of a batch are written by one transaction, in an order of
chance, and every batch has ``LEAST`` answers that agree in all that is kept beside them. What is left at the end of a
quarter gives up the school level, then what was used, until there are enough; else it waits for the next quarter.
"""

from __future__ import annotations

import logging
import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from lifecycle.sealed.envelope import Unreadable
from surveys import answering
from surveys.models import Answer, Comment, Spooled

LEAST = 5
_chance = secrets.SystemRandom()
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiting:
    """One answer in the spool, opened."""

    key: Any
    survey: int
    subject: str
    level: str
    quarter: date
    values: dict[str, int]
    texts: dict[str, str]


Cell = tuple[int, str, str, date]


def gather(*, least: int = LEAST) -> int:
    """Move whatever has enough of its kind; return how many answers were moved."""
    this_quarter = answering.quarter_of(timezone.localdate())
    with transaction.atomic():
        waiting = _opened()
        moved: list[Waiting] = []
        for coarser in (_as_given, _without_level, _without_subject):
            late = coarser is not _as_given  # the last day may bring another: nothing is given up before
            ready = [coarser(one) for one in waiting if not late or one.quarter < this_quarter]
            for batch in _cells(ready):
                if len(batch) >= least:
                    _write(batch)
                    moved += batch
                    keys = {one.key for one in batch}
                    waiting = [one for one in waiting if one.key not in keys]
        Spooled.objects.filter(pk__in=[one.key for one in moved]).delete()
    return len(moved)


def _opened() -> list[Waiting]:
    found = []
    for row in Spooled.objects.select_for_update():  # a second who gathers waits, and finds them gone
        try:
            content = row.content
        except Unreadable:  # the keys are not here: it waits for them
            logger.error("an answer in the spool cannot be opened")
            continue
        quarter = date.fromisoformat(content["quarter"])
        found.append(
            Waiting(
                row.pk,
                content["survey"],
                content["subject"],
                content["level"],
                quarter,
                content["values"],
                content["texts"],
            )
        )
    return found


def _as_given(one: Waiting) -> Waiting:
    return one


def _without_level(one: Waiting) -> Waiting:
    return replace(one, level="")


def _without_subject(one: Waiting) -> Waiting:
    """Nor the quarter as it was: the last that is over stands for all before it."""
    return replace(one, level="", subject="", quarter=_last_over())


def _last_over() -> date:
    first = answering.quarter_of(timezone.localdate())
    return answering.quarter_of(date.fromordinal(first.toordinal() - 1))


def _cells(rows: Iterable[Waiting]) -> list[list[Waiting]]:
    """Answers that agree in all that will be kept beside them."""
    found: dict[Cell, list[Waiting]] = defaultdict(list)
    for one in rows:
        found[one.survey, one.subject, one.level, one.quarter].append(one)
    return list(found.values())


def _write(batch: list[Waiting]) -> None:
    """One batch, numbers and texts each in an order of their own."""
    answers = [
        Answer(survey_id=one.survey, subject=one.subject, level=one.level, quarter=one.quarter, values=one.values)
        for one in batch
    ]
    texts = [
        comment for one in batch for comment in answering.comments(one.survey, one.subject, one.quarter, one.texts)
    ]
    for rows in (answers, texts):
        _chance.shuffle(rows)
    Answer.objects.bulk_create(answers)
    Comment.objects.bulk_create(texts)
