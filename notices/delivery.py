"""Handing over what is due: claim with a lease, say so, call, write down what came of it.

Nothing is called while a row is locked. ``handing`` is committed before the outside call, so a worker
that dies leaves at most the one message in its hands in doubt, and everybody can see which one.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from lifecycle.models import StaleState
from notices import costs, rolls, sealing
from notices.channels import Way, way_for
from notices.channels.outcomes import Failed, InDoubt, Never, TryLater, TrySoon
from notices.kinds import SMS
from notices.models import Addressee, AddresseeQuerySet, Notice, NoticeQuerySet
from notices.quiet import is_quiet

BATCH = 20
RUN = 300  # messages per run; the next tick goes on
SOON = [timedelta(seconds=s) for s in (5, 15, 45, 120)]
LATER = [timedelta(minutes=m) for m in (5, 15, 30, 60)]

State, Fault = Notice.State, Notice.Fault

logger = logging.getLogger(__name__)


def deliver_due() -> int:
    """Hand over due notices, one commit each, until none is left; return how many went out.

    Any number of workers may run it at once, and it may be killed at any point.
    """
    settle_abandoned()
    ways: dict[str, Way] = {}
    sent = done = 0
    try:
        while done < RUN and (batch := claim() or claim_of_mailings()):
            for notice in batch:
                way = ways.get(notice.channel) or ways.setdefault(notice.channel, way_for(notice.channel))
                sent += hand_over(notice, way)
            done += len(batch)
    finally:
        for way in ways.values():
            way.close()
    rolls.finish()
    return sent


def claim() -> list[Notice]:
    """Lease a few due notices to this worker alone; other workers step over them."""
    now = timezone.now()
    with transaction.atomic():
        batch = list(sendable_now(now).select_for_update(skip_locked=True, no_key=True)[:BATCH])
        Notice.objects.filter(pk__in=[notice.pk for notice in batch]).update(lease_until=now + lease())
    return batch


def claim_of_mailings() -> list[Addressee]:
    """As ``claim`` for messages to many, which go when nothing else waits; whoever left the list since is left out."""
    while True:
        now = timezone.now()
        with transaction.atomic():
            due = _allowed(Addressee.objects.due(now).select_related("mailing"), now)
            batch = list(due.select_for_update(skip_locked=True, no_key=True, of=("self",))[:BATCH])
            Addressee.objects.filter(pk__in=[row.pk for row in batch]).update(lease_until=now + lease())
            kept = rolls.leave_out(batch)
        if kept or not batch:
            return kept


def sendable_now(now: datetime) -> NoticeQuerySet:
    """Due notices, less the text messages that have to wait for the morning or for next month's money."""
    due = Notice.objects.due(now)
    if is_quiet(now):
        due = due.exclude(channel=SMS, urgent=False)
    if _ceiling_reached(now):
        due = due.exclude(channel=SMS, sealed__isnull=True)  # codes and signed links go on
    return due


def _allowed(due: AddresseeQuerySet, now: datetime) -> AddresseeQuerySet:
    """The same for messages to many: none is urgent, and none holds a code."""
    return due.exclude(channel=SMS) if is_quiet(now) or _ceiling_reached(now) else due


def _ceiling_reached(now: datetime) -> bool:
    return costs.spent_won(now) + costs.cheapest() > settings.SMS_CEILING_WON_A_MONTH


def lease() -> timedelta:
    """How long a worker may keep a notice; longer than the slowest call takes."""
    return timedelta(seconds=settings.NOTICE_LEASE_SECONDS)


def hand_over(notice: Notice | Addressee, way: Way) -> bool:
    """Hand one leased notice over; return whether it was accepted."""
    now = timezone.now()
    if now >= notice.give_up_at:
        return _give_up(notice)
    if notice.channel == SMS and must_wait(notice, now):
        return False  # claimed a moment too early; it becomes due again when the lease runs out
    try:
        notice.move(
            State.HANDING,
            by=None,
            lease_until=now + lease(),
            handed_at=now,
            attempts=notice.attempts + 1,
            provider=way.name,
            cost_won=costs.price(notice),
        )
    except StaleState:
        return False  # another worker took it after our lease had run out
    try:
        receipt = way.send(notice)
    except sealing.Broken:
        failure: Failed = Never("보안 정보를 다시 열 수 없습니다. 새로 요청해 주세요.")
    except Failed as refused:
        failure = refused
    else:
        _mark(notice, State.SENT, provider_id=receipt, sent_at=timezone.now(), problem="", fault=Fault.NONE)
        return True
    _settle(notice, failure)
    return False


def must_wait(notice: Notice | Addressee, now: datetime) -> bool:
    """Whether a text message has to wait for the morning or for next month's money."""
    if not notice.urgent and is_quiet(now):
        return True
    return notice.sealed is None and costs.spent_won(now) + costs.price(notice) > settings.SMS_CEILING_WON_A_MONTH


def settle_abandoned() -> None:
    """Take back what dead workers held: an e-mail goes again under its Message-ID, a text message is in doubt."""
    now = timezone.now()
    for notice in [*Notice.objects.abandoned(now)[:RUN], *Addressee.objects.abandoned(now)[:RUN]]:
        if notice.channel == SMS:
            _settle(notice, InDoubt("보내는 도중에 작업 프로세스가 멈췄습니다."))
        else:
            _settle(notice, TrySoon("보내는 도중에 작업 프로세스가 멈췄습니다."))


def _settle(notice: Notice | Addressee, failure: Failed) -> None:
    """Write down a failure and decide what follows from its kind."""
    now, problem = timezone.now(), str(failure)[:300]
    match failure:
        case InDoubt():
            _mark(notice, State.UNKNOWN, problem=problem, fault=Fault.UNKNOWN)
        case TrySoon() | TryLater():
            soon = isinstance(failure, TrySoon) and notice.attempts <= len(SOON)
            step = SOON[notice.attempts - 1] if soon else LATER[min(notice.attempts, len(LATER)) - 1]
            fault = Fault.SOON if soon else Fault.LATER
            _mark(notice, State.DUE, problem=problem, fault=fault, send_after=now + step, cost_won=0)
        case _:
            _mark(notice, State.FAILED, problem=problem, fault=Fault.PERMANENT, cost_won=0)


def _give_up(notice: Notice | Addressee) -> bool:
    last = f" 마지막 오류: {notice.problem}" if notice.problem else ""
    _mark(notice, State.FAILED, problem=f"보낼 때가 지났습니다.{last}"[:300], fault=Fault.LATE)
    return False


def _mark(notice: Notice | Addressee, to: str, **fields: Any) -> None:
    """Move a notice out of our hands, unless its lease ran out and somebody else has already settled it.

    Secrets stay only in what will be said again.
    """
    if to != State.DUE and notice.sealed:
        fields["sealed"] = None
    try:
        notice.move(to, by=None, reason=fields.get("problem", ""), lease_until=None, **fields)
    except StaleState:
        logger.warning("A notice was settled by another worker.", extra={"notice": notice.pk, "outcome": to})
