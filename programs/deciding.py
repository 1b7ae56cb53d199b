"""Go or no-go (개설 결정): at ``decide_at`` staff are asked whether a run with a minimum takes place, and they decide.

Nothing is called off by itself. The clock says that it is time; people confirm or cancel (``cancelling.cancel_run``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from lifecycle.locks import Refused, contended, lock
from programs.models import Application, Run
from programs.notices import running

if TYPE_CHECKING:
    from accounts.models import User

BATCH = 50
BUSY = "같은 회차를 다른 사람이 함께 바꾸고 있습니다. 다시 시도해 주세요."


def undecided(now: datetime) -> QuerySet[Run]:
    """Runs with a minimum that nobody has decided on and that have not begun, the most urgent first."""
    runs = Run.objects.filter(state=Run.State.PLANNED, min_participants__isnull=False, starts_at__gt=now)
    return runs.filter(decide_at__isnull=False).order_by("decide_at", "pk")


def due(now: datetime) -> QuerySet[Run]:
    """Those of ``undecided`` whose time has come."""
    return undecided(now).filter(decide_at__lte=now)


def with_taken(runs: QuerySet[Run], now: datetime) -> QuerySet[Run]:
    """Annotate ``taken``, the places that are occupied, in the same query."""
    occupying = Application.objects.occupying(now).filter(run=OuterRef("pk")).order_by()
    sums = occupying.values("run").annotate(sum=Sum("places")).values("sum")
    return runs.annotate(taken=Coalesce(Subquery(sums), 0))


def confirm(run_id: int, *, by: User, reason: str = "", now: datetime | None = None) -> Run:
    """The run takes place (개설 확정); whoever has a place is told.

    Raises:
        Refused: it is confirmed or cancelled already, over, or below its minimum without a reason.
    """
    now = now or timezone.now()
    with contended(BUSY), transaction.atomic():
        run = lock(Run.objects.select_related("program"), run_id)
        if run.state != Run.State.PLANNED:
            raise Refused(f"이미 ‘{run.get_state_display()}’된 회차입니다.")
        if run.ends_at <= now:
            raise Refused("이미 끝난 회차입니다.")
        taken = run.applications.occupying(now).places_taken()
        if run.min_participants and taken < run.min_participants and not reason.strip():
            raise Refused(
                f"자리가 {taken}명으로 최소 인원 {run.min_participants}명보다 적습니다. 그래도 열려면 사유를 적어 주세요."
            )
        run.move(Run.State.CONFIRMED, by=by, reason=reason)
        seated = list(run.applications.filter(state__in=Application.SEATED).order_by("pk"))
        running.run_confirmed(run, seated, list(run.sessions.standing().select_related("room__venue")))
    return run


def sweep(now: datetime | None = None) -> int:
    """Ask staff about every run that is due and was not asked about; say how many. Run it as often as you like."""
    now = now or timezone.now()
    asked = 0
    keys = due(now).filter(asked_at=None).values_list("pk", flat=True)[:BATCH]
    for pk in list(keys):
        try:
            with contended(BUSY), transaction.atomic():
                asked += _ask(pk, now)
        except Refused:
            continue  # somebody is just busy with it; it comes again
    return asked


def _ask(pk: int, now: datetime) -> bool:
    lock(Run.objects, pk)
    run = with_taken(due(now), now).filter(pk=pk, asked_at=None).select_related("program").first()
    if run is None:
        return False
    Run.objects.filter(pk=pk).update(asked_at=now)
    running.to_decide(run, run.taken)
    return True


def short(runs: QuerySet[Run]) -> QuerySet[Run]:
    """After ``with_taken``: those below their minimum."""
    return runs.filter(taken__lt=F("min_participants"))
