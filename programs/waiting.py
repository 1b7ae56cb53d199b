"""The line of those who wait for a place in a run: offers with a deadline, and their answers.

The run's row is the queue's lock, too. Whoever frees a place calls ``fill`` in the same transaction; whoever comes
next closes offers whose deadline is past, so nothing depends on a sweep having run. The line is walked from the
front; somebody for whom the free places are too few is passed over, and the offer says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from intake import waiting as queues
from intake.models import Queue
from krds.dates import kdatetime
from lifecycle.locks import Refused, contended, lock
from programs.models import Application, Draw, Review, Run, RunOffer
from programs.notices import applying as notices
from programs.seats import Seats

if TYPE_CHECKING:
    from accounts.models import User

State = Application.State
Answer = RunOffer.State

CODE = "programs"
ANSWER_HOURS = 13  # of day: from one morning to the next
FORM_DAYS = 2  # whoever is seated late has at least so long for the second form

BUSY = gettext_lazy("다른 신청을 처리하고 있습니다. 잠시 뒤에 다시 시도해 주세요.")
NO_CONTACT = "알릴 연락처가 없음"
TOO_SHORT = "답할 시간이 모자람"
DEADLINE_PAST = "답할 기한이 지남"

_POSITIONS = """
    SELECT id, place FROM (
        SELECT id, row_number() OVER (
            PARTITION BY run_id ORDER BY reserve_rank ASC NULLS LAST, waiting_since, id
        ) AS place
        FROM programs_application WHERE run_id = ANY(%s) AND state = 'waiting'
    ) line
    WHERE id = ANY(%s)
"""


class OfferGone(Refused):
    """The offer was answered, taken back, or its deadline is past."""


def settings() -> Queue:
    """How long an offer stands; staff change it."""
    found = Queue.objects.filter(code=CODE).first()
    defaults = {"label": "프로그램 대기", "answer_hours": ANSWER_HOURS}
    return found or Queue.objects.get_or_create(code=CODE, defaults=defaults)[0]


def enter(run_id: int) -> Run:
    """Hold the run until commit: nobody else counts or gives places in it meanwhile."""
    return lock(Run.objects.select_related("program"), run_id)


def positions(applications: Iterable[Application]) -> dict[int, int]:
    """The place in line, from 1, of each of those who wait. One query."""
    waiting = [one for one in applications if one.state == State.WAITING]
    if not waiting:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_POSITIONS, [list({one.run_id for one in waiting}), [one.pk for one in waiting]])
        return dict(cursor.fetchall())


# --- Under the run's lock ----------------------------------------------------------------------
def fill(run: Run, *, now: datetime) -> list[RunOffer]:
    """Close offers that are over and offer what is free to those in line; the offers that were made.

    The caller holds the run. Before a draw or a review has decided about everybody nothing is offered, nor once the
    run has begun, nor when too little day is left to answer: then staff call (``seating.seat``).
    """
    settle(run, now)
    seats = Seats.of(run, now)
    if not seats.all_waiting or not has_decided(run, now):
        return []
    queue = settings()
    window = queues.window(queue, now, run.starts_at)
    if queue.paused or window is None or run.state == Run.State.CANCELLED or now >= run.starts_at:
        return []
    made: list[RunOffer] = []
    passed: dict[str, str] = {}
    for application in run.applications.in_line().for_page():
        if seats.left() == 0:
            break
        reason = seats.why_not(application.places, application.group_id)
        if not reason and not notices.reachable(application):
            reason = NO_CONTACT
        if reason:
            if len(passed) < queues.MOST_PASSED:
                passed[str(application.pk)] = reason
            continue
        seats.take(application.places, application.group_id)
        made.append(_offer(application, window, now, dict(passed)))
    return made


def has_decided(run: Run, now: datetime) -> bool:
    """Whether places go by who came first: always, or since a draw or a review has decided about everybody."""
    if run.admission in {Run.Admission.FIRST_COME, Run.Admission.INVITATION}:
        return True
    if Draw.objects.drawn().filter(run=run).exists() or Review.objects.announced().filter(run=run).exists():
        return True
    closed = run.closes_at is None or run.closes_at <= now
    return closed and not run.applications.filter(state=State.APPLIED).exists()


def _offer(application: Application, window: queues.Window, now: datetime, passed: dict[str, str]) -> RunOffer:
    application.move(State.OFFERED, by=None, reason="자리가 남", sequence=application.sequence + 1)
    offer = RunOffer(application=application, made_at=now, deadline=window.deadline, passed=passed)
    offer.save(force_insert=True)
    if window.begins <= now:
        announce(offer, now)
    return offer


def announce(offer: RunOffer, now: datetime) -> None:
    """Tell the family; at night ``sweeping`` does it in the morning."""
    offer.announced_at = now
    offer.save(update_fields=["announced_at"])
    notices.offered(offer)


def settle(run: Run, now: datetime) -> int:
    """Close the offers of a held run whose deadline is past; how many."""
    over = RunOffer.objects.lapsed(now).filter(application__run=run).select_related("application").order_by("pk")
    offers = list(over)
    for offer in offers:
        offer.move(Answer.LAPSED, by=None, reason=DEADLINE_PAST)
        leave(offer.application, State.LAPSED, now, by=None, reason=DEADLINE_PAST)
    if offers:
        notices.offer_lapsed(offers)
    return len(offers)


def leave(application: Application, to: str, now: datetime, *, by: User | None, reason: str = "") -> None:
    """Take an application out of those that live, and its people out of the run."""
    application.move(to, by=by, reason=reason[:500], sequence=application.sequence + 1)
    application.participants.filter(left_at=None).update(left_at=now)


def seat(application: Application, run: Run, now: datetime, *, by: User | None, reason: str = "") -> None:
    """Give a place: confirmed, or accepted until the second form is in. The caller has counted."""
    changed = {"sequence": application.sequence + 1, "waiting_since": application.waiting_since}
    if run.second_form_id:
        application.move(State.ACCEPTED, by=by, reason=reason[:500], form_until=form_until(run, now), **changed)
    else:
        application.move(State.CONFIRMED, by=by, reason=reason[:500], confirmed_at=now, **changed)


def form_until(run: Run, now: datetime) -> datetime:
    """Until when the second form has to be in: the run's own end, for latecomers some days, never past the start."""
    late = min(now + timedelta(days=FORM_DAYS), run.starts_at)
    return max(run.second_form_until, late) if run.second_form_until else late


# --- Answers -----------------------------------------------------------------------------------
def accept(offer: RunOffer, *, by: User) -> Application:
    """Take the offered place. A second click changes nothing and says nothing.

    Raises:
        OfferGone: the offer cannot be taken any more.
    """
    with contended(str(BUSY), OfferGone), transaction.atomic():
        offer, run, now = _taken(offer)
        application = offer.application
        if offer.state == Answer.ACCEPTED:
            return application
        _must_stand(offer, run, now)
        offer.move(Answer.ACCEPTED, by=by)
        seat(application, run, now, by=by, reason="자리 제안을 받음")
        notices.seated([application])
        return application


def decline(offer: RunOffer, *, by: User) -> Application:
    """Leave the offered place to the next in line.

    Raises:
        OfferGone: there is nothing to decline any more.
    """
    with contended(str(BUSY), OfferGone), transaction.atomic():
        offer, run, now = _taken(offer)
        application = offer.application
        if offer.state == Answer.DECLINED:
            return application
        _must_stand(offer, run, now)
        offer.move(Answer.DECLINED, by=by)
        leave(application, State.DECLINED, now, by=by, reason="자리 제안을 받지 않음")
        notices.declined([application])
        fill(run, now=now)
        return application


def withdraw_offer(application: Application, *, by: User | None, reason: str) -> None:
    """Close what stands of an application's offers. The caller holds the run and moves the application."""
    for offer in application.offers.standing():
        offer.move(Answer.WITHDRAWN, by=by, reason=reason[:500])


def back_in_line(offer: RunOffer, *, by: User | None, reason: str) -> None:
    """Take an offer back and leave its application where it waited. The caller holds the run."""
    application = offer.application
    offer.move(Answer.WITHDRAWN, by=by, reason=reason[:500])
    application.move(State.WAITING, by=by, reason=reason[:500], sequence=application.sequence + 1)


def _taken(offer: RunOffer) -> tuple[RunOffer, Run, datetime]:
    """The offer as it is now, under the lock of its run."""
    run = enter(Application.objects.values_list("run", flat=True).get(pk=offer.application_id))
    now = timezone.now()
    offer = RunOffer.objects.select_related("application").get(pk=offer.pk)
    offer.application.run = run
    return offer, run, now


def _must_stand(offer: RunOffer, run: Run, now: datetime) -> None:
    if run.state == Run.State.CANCELLED:
        raise OfferGone(_("취소된 회차입니다."))
    if offer.has_lapsed(now) or offer.state == Answer.LAPSED:
        raise OfferGone(
            _("답할 기한(%(until)s)이 지나 다음 분께 제안했습니다. 다시 신청하시면 대기할 수 있습니다.")
            % {"until": kdatetime(offer.deadline)}
        )
    if not offer.is_open(now):
        raise OfferGone(_("이미 답했거나 거둔 제안입니다. ‘내 신청’에서 확인해 주세요."))
