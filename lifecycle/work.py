"""Long work in small steps that survive a killed worker, with a progress bar for whoever waits.

A room registers a ``Kind`` at start-up and calls ``start``. Workers of the kind's queue take unfinished work
by a lease on the beat and do one item after the other; each item is committed before the next. A worker
that dies loses the one item in its hands: another does that item again, so ``Kind.do`` must be idempotent.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import Error, models, transaction
from django.db.models import F
from django.utils import timezone

from lifecycle.locks import Refused, lock
from lifecycle.models import StaleState, Work

LEASE = timedelta(minutes=2)  # longer than any one item takes
SLICE_SECONDS = 20  # what one tick works before it lets others at the queue
MOST_TRIES = 3  # workers that may die of one item before it is passed over
PUZZLED = "알 수 없는 문제로 하지 못했습니다. 다시 해 보고, 그래도 안 되면 관리자에게 알려 주세요."
DEADLY = "이 항목을 하던 일꾼이 세 번 멈추어 건너뛰었습니다. 관리자에게 알려 주세요."

State = Work.State

logger = logging.getLogger(__name__)


def _no_result(work: Work) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of long work.

    ``items`` lists what is to be done, as JSON values without anybody's name, and is asked once, at the start;
    ``do`` does one of them, outside any transaction, and doing it twice is doing it once. What it ``Refused``
    is listed and passed over. ``finish`` is called once at the end, in the transaction that ends the work;
    its ``{"message": …, "url": …, "label": …}`` stands on the page. ``permission`` lets others than the
    starter watch and stop it. ``name`` says how an item is called in the list of those that failed.
    """

    code: str
    label: str
    items: Callable[[dict[str, Any]], Iterable[Any]]
    do: Callable[[Work, Any], None]
    finish: Callable[[Work], dict[str, Any]] = _no_result
    name: Callable[[Any], str] = str
    queue: str = "default"
    permission: str = ""

    def __hash__(self) -> int:
        return hash(self.code)


_kinds: dict[str, Kind] = {}
_listeners: list[Callable[[Work], None]] = []


def register(kind: Kind) -> Kind:
    """Make a kind known to the house.

    Raises:
        ValueError: another kind has this code.
    """
    if _kinds.setdefault(kind.code, kind) is not kind:
        raise ValueError(f"Two kinds of work are called {kind.code}.")
    return kind


def kinds() -> list[Kind]:
    """Every kind, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def when_done(tell: Callable[[Work], None]) -> Callable[[Work], None]:
    """Have ``tell`` called in the transaction that finishes any work (``notices`` writes to the starter)."""
    _listeners.append(tell)
    return tell


def start(kind: Kind, *, by: models.Model, params: dict[str, Any] | None = None, title: str = "") -> Work:
    """Begin a piece of work; workers take it up within seconds. The caller has checked that ``by`` may.

    Raises:
        Refused: there is nothing to do.
    """
    params = params or {}
    items = list(kind.items(params))
    if not items:
        raise Refused("할 일이 없습니다. 고른 조건을 확인해 주세요.")
    return Work.objects.create(
        kind=kind.code,
        title=(title or kind.label)[:200],
        queue=kind.queue,
        started_by=by,
        params=params,
        items=items,
        total=len(items),
    )


def cancel(work: Work, *, by: models.Model) -> None:
    """Stop after the item in hand; what is done stays done.

    Raises:
        Refused: it has ended already.
    """
    if not work.is_running:
        raise Refused("이미 끝난 작업입니다.")
    try:
        work.move(State.CANCELLED, by=by, ended_at=timezone.now(), holder=None, lease_until=None)
    except StaleState as error:
        raise Refused("방금 끝난 작업입니다. 결과를 확인해 주세요.") from error


def advance(queue: str, *, seconds: float = SLICE_SECONDS) -> int:
    """Take up what waits in ``queue`` for about ``seconds``; return how many items were passed.

    Any number of workers may run it at once, each with a work of its own, and it may be killed at any point.
    """
    until, passed = time.monotonic() + seconds, 0
    while time.monotonic() < until and (work := claim(queue)):
        passed += _go_on(work, until)
    return passed


def told(work: Work, part: int) -> None:
    """Say how much of the item in hand is done, 0 to 99 percent; the lease is renewed with it.

    Raises:
        Refused: the work was stopped, or another worker has taken it: give up the item.
    """
    if not _held(work).update(part=min(max(part, 0), 99), lease_until=timezone.now() + LEASE):
        raise Refused("작업을 그만두었습니다.")


def claim(queue: str) -> Work | None:
    """Lease the work that waited longest to this worker alone; others step over it. ``None`` when none waits."""
    now = timezone.now()
    with transaction.atomic():
        work = (
            Work.objects.waiting_for(queue, now)
            .filter(kind__in=_kinds)
            .select_for_update(skip_locked=True, no_key=True, of=("self",))
            .first()
        )
        if work is None:
            return None
        work.holder, work.lease_until, work.tries = uuid.uuid4(), now + LEASE, work.tries + 1
        work.save(update_fields=["holder", "lease_until", "tries"])
    return work


def _go_on(work: Work, until: float) -> int:
    """Do item after item while the lease is ours and there is time; then end it or let it go."""
    kind, passed = _kinds[work.kind], 0
    while work.position < work.total:
        if passed and time.monotonic() >= until:
            _held(work).update(holder=None, lease_until=None, tries=0)
            return passed
        if not _pass(work, _do(kind, work)):
            return passed  # cancelled, or the lease ran out and somebody else goes on
        passed += 1
    _end(kind, work)
    return passed


def _do(kind: Kind, work: Work) -> str:
    """Do the item at ``position``; return what kept it from being done, or nothing."""
    if work.tries > MOST_TRIES:
        return DEADLY
    try:
        kind.do(work, work.items[work.position])
    except Refused as refused:
        return str(refused)
    except Error:
        raise  # the database is away or busy: nobody's fault, the lease runs out and it is tried again
    except Exception:  # one bad item must not keep the other 499 waiting for ever
        logger.exception("an item of long work failed", extra={"kind": kind.code, "work": work.pk})
        return PUZZLED
    return ""


def _pass(work: Work, problem: str) -> bool:
    """Write down that the item at ``position`` is behind us; whether the work was still ours."""
    if problem:
        name = _kinds[work.kind].name(work.items[work.position])
        work.failed = [*work.failed, {"item": name, "why": problem}]
    kept = _held(work).update(
        position=F("position") + 1, part=0, tries=0, lease_until=timezone.now() + LEASE, failed=work.failed
    )
    work.position, work.tries = work.position + 1, 0
    return bool(kept)


def _held(work: Work) -> models.QuerySet[Work]:
    """The row as long as it is in our hands, and where we left it."""
    return Work.objects.filter(pk=work.pk, holder=work.holder, position=work.position, state=State.RUNNING)


def _end(kind: Kind, work: Work) -> None:
    with transaction.atomic():
        work = lock(Work.objects.all(), work.pk)
        if not work.is_running:
            return
        result = kind.finish(work)
        work.move(State.DONE, by=None, ended_at=timezone.now(), holder=None, lease_until=None, result=result)
        for tell in _listeners:
            tell(work)
