"""What the clock decides in runs: offers and forms whose time is over, mornings, lines that end, the day before.

Whoever comes next closes a lapsed offer under the run's lock anyway; but the next in line should hear of a place
without anybody coming. Everything is pulled by a window and by what is not done yet, so a missed run heals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from intake import waiting as queues
from intake.rules import midnight
from lifecycle.locks import Refused, contended
from notices.quiet import is_quiet
from programs import rules, waiting
from programs.models import Application, Participant, Run, RunOffer, Session
from programs.notices import applying as notices

State = Application.State

BATCH = 50
LEFT = "함께 신청한 분이 이용을 마침"
FORM_SOON = timedelta(days=1)
APART = timedelta(days=2)  # a session is reminded of unless another one was so shortly before


def sweep() -> dict[str, int]:
    """Do all that is due; say in how many runs (forms, reminders: for how many applications)."""
    now = timezone.now()
    return {
        "left": _each(_gone(), _give_back),
        "lapsed": _each(_offers_over(now), _lapse),
        "forms": _each(_forms_over(now), _lapse_forms),
        "announced": 0 if is_quiet(now) else _each(_untold(now), _announce),
        "ended": _each(_begun(now), _end_line),
        "filled": _each(_could_offer(now), _fill),
        "warned": 0 if is_quiet(now) else _each(_forms_due(now), _warn),
        "reminded": 0 if is_quiet(now) else _remind(now),
    }


def _each(keys: Iterable[int], act: Callable[[int], int]) -> int:
    """The sum of what was done; a run that somebody else is just busy with comes again next time."""
    done = 0
    for key in list(keys):
        try:
            with contended(str(waiting.BUSY)), transaction.atomic():
                done += act(key)
        except Refused:
            continue
    return done


# --- Who has left ------------------------------------------------------------------------------
def _without_somebody() -> QuerySet[Application]:
    """Living applications of which somebody has left the portal, or whose class nobody speaks for any more."""
    left = Participant.objects.filter(
        Q(student__left_at__isnull=False) | Q(user__withdrawn_at__isnull=False),
        application=OuterRef("pk"),
        left_at=None,
    )
    alone = Q(headcount__isnull=False, applicant__withdrawn_at__isnull=False)
    return Application.objects.live().filter(Exists(left) | alone)


def _gone() -> QuerySet:
    return _without_somebody().order_by("run").values_list("run", flat=True).distinct()[:BATCH]


def _give_back(run_id: int) -> int:
    """End what they had and let the line move; who stood with them in one application is told."""
    run, now = waiting.enter(run_id), timezone.now()
    gone = list(_without_somebody().filter(run=run).order_by("pk"))
    for application in gone:
        application.run = run
        waiting.withdraw_offer(application, by=None, reason=LEFT)
        waiting.leave(application, State.CANCELLED, now, by=None, reason=LEFT)
    notices.cancelled(gone, by_centre=True, reason=LEFT)
    waiting.fill(run, now=now)
    return len(gone)


# --- Offers ------------------------------------------------------------------------------------
def _offers_over(now: datetime) -> QuerySet:
    runs = RunOffer.objects.lapsed(now).order_by("application__run").values_list("application__run", flat=True)
    return runs.distinct()[:BATCH]


def _lapse(run_id: int) -> int:
    run, now = waiting.enter(run_id), timezone.now()
    lapsed = waiting.settle(run, now)
    waiting.fill(run, now=now)
    return lapsed


def _untold(now: datetime) -> QuerySet:
    return RunOffer.objects.open(now).to_announce().order_by("pk").values_list("pk", flat=True)[:BATCH]


def _announce(offer_id: int) -> int:
    """Tell the family in the morning; its time to answer begins now. With too little of it staff have to call."""
    run = waiting.enter(RunOffer.objects.values_list("application__run", flat=True).get(pk=offer_id))
    now = timezone.now()
    offer = RunOffer.objects.select_related("application").get(pk=offer_id)
    if not offer.is_open(now) or offer.announced_at:
        return 0
    offer.application.run = run
    window = queues.window(waiting.settings(), now, run.starts_at)
    if window is None:
        waiting.back_in_line(offer, by=None, reason=waiting.TOO_SHORT)
        return 0
    offer.deadline = window.deadline
    offer.save(update_fields=["deadline"])
    waiting.announce(offer, now)
    return 1


def _could_offer(now: datetime) -> list[int]:
    """Runs with somebody in line and something free that have not begun; ``fill`` finds out for whom."""
    line = Application.objects.filter(run=OuterRef("pk"), state=State.WAITING)
    runs = Run.objects.exclude(state=Run.State.CANCELLED).filter(Exists(line), starts_at__gt=now).order_by("pk")
    places = rules.places(runs, now)
    return [pk for pk, one in places.items() if one.left != 0]


def _fill(run_id: int) -> int:
    return len(waiting.fill(waiting.enter(run_id), now=timezone.now()))


def _begun(now: datetime) -> QuerySet:
    """Runs that have begun while somebody was still in line."""
    left = Application.objects.filter(run=OuterRef("pk"), state=State.WAITING)
    closed = Q(closes_at=None) | Q(closes_at__lte=now)
    begun = Run.objects.filter(closed, Exists(left), starts_at__lte=now)
    return begun.order_by("pk").values_list("pk", flat=True)[:BATCH]


def _end_line(run_id: int) -> int:
    run, now = waiting.enter(run_id), timezone.now()
    ended = list(run.applications.in_line())
    for application in ended:
        application.run = run
        waiting.leave(application, State.LAPSED, now, by=None, reason="자리가 나지 않은 채 시작함")
    notices.waiting_ended(ended)
    return len(ended)


# --- The second form -----------------------------------------------------------------------------
def _forms_over(now: datetime) -> QuerySet:
    over = Application.objects.filter(state=State.ACCEPTED, form_until__lte=now)
    return over.order_by("run").values_list("run", flat=True).distinct()[:BATCH]


def _lapse_forms(run_id: int) -> int:
    run, now = waiting.enter(run_id), timezone.now()
    over = list(run.applications.filter(state=State.ACCEPTED, form_until__lte=now).order_by("pk"))
    for application in over:
        application.run = run
        waiting.leave(application, State.LAPSED, now, by=None, reason="서류 마감이 지남")
    notices.form_lapsed(over)
    waiting.fill(run, now=now)
    return len(over)


def _missing(now: datetime) -> QuerySet[Application]:
    """Forms not in on their last day, of those who were not told of it on that day."""
    untold = Q(reminded_at=None) | Q(reminded_at__lt=F("form_until") - FORM_SOON)
    return Application.objects.filter(
        untold, state=State.ACCEPTED, form_until__gt=now, form_until__lte=now + FORM_SOON
    ).order_by("pk")


def _forms_due(now: datetime) -> QuerySet:
    return _missing(now).order_by("run").values_list("run", flat=True).distinct()[:BATCH]


def _warn(run_id: int) -> int:
    run, now = waiting.enter(run_id), timezone.now()
    missing = list(_missing(now).filter(run=run))
    for application in missing:
        application.run = run
    notices.form_due(missing)
    Application.objects.filter(pk__in=[one.pk for one in missing]).update(reminded_at=now)
    return len(missing)


# --- The day before ------------------------------------------------------------------------------
def due(now: datetime) -> QuerySet[Session]:
    """Sessions of tomorrow once the reminding hour has come, and of today for whoever was missed yesterday."""
    today = timezone.localdate(now)
    tomorrow, after = midnight(today + timedelta(days=1)), midnight(today + timedelta(days=2))
    window = Q(starts_at__gt=now, starts_at__lt=tomorrow)
    if now >= _hour(today):
        window |= Q(starts_at__gte=tomorrow, starts_at__lt=after)
    before = Session.objects.standing().filter(
        run=OuterRef("run"), starts_at__lt=OuterRef("starts_at"), starts_at__gte=OuterRef("starts_at") - APART
    )
    sessions = Session.objects.standing().exclude(run__state=Run.State.CANCELLED)
    return sessions.filter(window, ~Exists(before)).select_related("run__program", "room__venue").order_by("pk")


def _remind(now: datetime) -> int:
    return sum(_each([session.pk], lambda _pk, session=session: _remind_of(session, now)) for session in due(now))


def _remind_of(session: Session, now: datetime) -> int:
    """Tell everybody who has a place and had it before the reminding hour; once for each day of reminding."""
    hour = _hour(timezone.localdate(session.starts_at) - timedelta(days=1))
    untold = Q(reminded_at=None) | Q(reminded_at__lt=hour)
    seated = Application.objects.filter(untold, run=session.run_id, state=State.CONFIRMED, confirmed_at__lt=hour)
    rows = seated.order_by("pk").select_for_update(no_key=True, of=("self",), skip_locked=True)
    told = list(rows)
    for application in told:
        application.run = session.run
    notices.reminder(told, session)
    Application.objects.filter(pk__in=[one.pk for one in told]).update(reminded_at=now)
    return len(told)


def _hour(day: date) -> datetime:
    """The hour of ``day`` from which the families of the next day are reminded."""
    return timezone.make_aware(datetime.combine(day, time(settings.COUNSELING_REMIND_HOUR)))
