"""Deciding about everybody who applied, at once: what a draw and a review do in the end.

A few updates whatever the number, a trail row each, and the notices, all in the caller's transaction and under the
run's row (``docs/locks.md``). Whoever was to be decided and is not ``APPLIED`` any more stops everything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import F

from lifecycle.models import StaleState, Transition
from lifecycle.models.states import BATCH, move_all
from programs import waiting
from programs.models import Application, Participant, Run
from programs.notices import applying, drawing
from programs.seats import Seats

if TYPE_CHECKING:
    from accounts.models import User

State = Application.State

_RANKED = """
    UPDATE programs_application SET state = 'waiting', waiting_since = %(now)s, reserve_rank = given.rank,
        sequence = sequence + 1
    FROM unnest(%(keys)s::bigint[], %(ranks)s::int[]) AS given(id, rank)
    WHERE programs_application.id = given.id AND run_id = %(run)s AND state = 'applied'
"""


def settle(
    run: Run,
    seated: Collection[int],
    ranks: Mapping[int, int],
    out: Collection[int],
    *,
    by: User | None,
    reason: str,
    now: datetime,
) -> None:
    """Seat, queue by rank and turn down the applications with these keys; the caller holds the run and has counted.

    Raises:
        StaleState: one of them is not waiting for a decision any more.
    """
    found = {one.pk: one for one in run.applications.filter(state=State.APPLIED)}
    if not {*seated, *ranks, *out} <= found.keys():
        raise StaleState(f"Applications of run {run.pk} changed while they were decided about.")
    if run.second_form_id:
        seat: dict[str, Any] = {"to": State.ACCEPTED, "form_until": waiting.form_until(run, now)}
    else:
        seat = {"to": State.CONFIRMED, "confirmed_at": now}
    chosen, others = [found[pk] for pk in seated], [found[pk] for pk in out]
    again = {"by": by, "reason": reason, "at": now, "sequence": F("sequence") + 1}
    move_all(chosen, **seat, **again)
    move_all(others, State.REJECTED, **again)
    _queue(run, ranks, now, by=by, reason=reason)
    Participant.objects.filter(run=run, application__in=out, left_at=None).update(left_at=now)
    waits = [found[pk] for pk in ranks]
    for one in waits:
        one.state, one.waiting_since, one.reserve_rank = State.WAITING, now, ranks[one.pk]
    for one in (*chosen, *others, *waits):  # as the updates left their rows, for the notices
        one.run, one.sequence = run, one.sequence + 1
    applying.seated(chosen)
    drawing.reserved(waits)
    applying.rejected(others)
    if ranks and Seats.of(run, now).left() != 0:  # places that came after the counting
        waiting.fill(run, now=now)


def _queue(run: Run, ranks: Mapping[int, int], now: datetime, *, by: User | None, reason: str) -> None:
    """Each with a rank of its own, which no one update of the ORM can write."""
    with connection.cursor() as cursor:
        given = {"now": now, "run": run.pk, "keys": list(ranks), "ranks": list(ranks.values())}
        cursor.execute(_RANKED, given)
        if cursor.rowcount != len(ranks):
            raise StaleState(f"Applications of run {run.pk} changed while they were decided about.")
    kind = ContentType.objects.get_for_model(Application)
    Transition.objects.bulk_create(
        (
            Transition(
                subject_type=kind,
                subject_id=pk,
                from_state=State.APPLIED,
                to_state=State.WAITING,
                by=by,
                reason=reason[:500],
                at=now,
            )
            for pk in ranks
        ),
        batch_size=BATCH,
    )
