"""Deciding about everybody who applied, at once: what a draw and a review do in the end.

Three updates whatever the number, a trail row each, and the notices, all in the caller's transaction and under the
run's row (``docs/locks.md``). Whoever was to be decided and is not ``APPLIED`` any more stops everything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F

from lifecycle.models import StaleState, Transition
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
BATCH = 2_000


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
        seat: dict[str, Any] = {"state": State.ACCEPTED, "form_until": waiting.form_until(run, now)}
    else:
        seat = {"state": State.CONFIRMED, "confirmed_at": now}
    moved = _move(run, seated, seat) + _queue(run, ranks, now) + _move(run, out, {"state": State.REJECTED})
    if moved != len(seated) + len(ranks) + len(out):
        raise StaleState(f"Applications of run {run.pk} changed while they were decided about.")
    Participant.objects.filter(run=run, application__in=out, left_at=None).update(left_at=now)
    changed = [
        *(_as_moved(found[pk], run, **seat) for pk in seated),
        *(_as_moved(found[pk], run, state=State.WAITING, waiting_since=now, reserve_rank=ranks[pk]) for pk in ranks),
        *(_as_moved(found[pk], run, state=State.REJECTED) for pk in out),
    ]
    steps = [
        Transition(subject=one, from_state=State.APPLIED, to_state=one.state, by=by, reason=reason[:500], at=now)
        for one in changed
    ]
    Transition.objects.bulk_create(steps, batch_size=BATCH)
    applying.seated([one for one in changed if one.state in Application.SEATED])
    drawing.reserved([one for one in changed if one.state == State.WAITING])
    applying.rejected([one for one in changed if one.state == State.REJECTED])
    if ranks and Seats.of(run, now).left() != 0:  # places that came after the counting
        waiting.fill(run, now=now)


def _move(run: Run, keys: Collection[int], to: Mapping[str, Any]) -> int:
    rows = run.applications.filter(pk__in=keys, state=State.APPLIED)
    return rows.update(sequence=F("sequence") + 1, **to) if keys else 0


def _queue(run: Run, ranks: Mapping[int, int], now: datetime) -> int:
    with connection.cursor() as cursor:
        given = {"now": now, "run": run.pk, "keys": list(ranks), "ranks": list(ranks.values())}
        cursor.execute(_RANKED, given)
        return cursor.rowcount


def _as_moved(application: Application, run: Run, **fields: Any) -> Application:
    """This copy as the update left its row, for the trail and the notices."""
    for name, value in {"run": run, "sequence": application.sequence + 1, **fields}.items():
        setattr(application, name, value)
    return application
