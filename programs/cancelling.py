"""Calling off one session, the rest of a run, or all of it: with a reason, and one message a family for all of it.

Everything happens under the run's row lock. Applications of a run that is called off are cancelled in bulk, each with
its trail row; a session that is cancelled gives its room back in the same statement (a trigger of ``Session``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from krds.dates import kmoment
from lifecycle.locks import Refused, contended, lock
from lifecycle.models.states import move_all
from programs import sessions
from programs.models import Application, Participant, Run, RunOffer, Session, Visit
from programs.notices import applying, running

if TYPE_CHECKING:
    from accounts.models import User

BUSY = "같은 회차를 다른 사람이 함께 바꾸고 있습니다. 다시 시도해 주세요."
NO_REASON = "취소하는 사유를 적어 주세요. 가족이 함께 읽습니다."


class LastSession(Refused):
    """Nothing of the run would be left: the run itself is to be cancelled."""

    sentence = "남는 회기가 없습니다. 회기 대신 ‘회차 취소’를 해 주세요. 신청한 가족 모두에게 알립니다."


@dataclass(frozen=True)
class Preview:
    """What cancelling would do: which sessions, whose applications by state, how many people are told."""

    sessions: Sequence[Session]
    states: dict[str, int]  # label of the state: applications
    people: int

    @property
    def applications(self) -> int:
        return sum(self.states.values())


def preview(run: Run, hit: Sequence[Session], *, whole: bool) -> Preview:
    """A look, no promise: ``whole`` counts everybody who applied and has not given up, else who has a place."""
    wanted = Application.LIVE if whole else Application.SEATED
    told = list(run.applications.filter(state__in=wanted))
    states: dict[str, int] = {}
    for label in (one.get_state_display() for one in sorted(told, key=lambda one: one.state)):
        states[label] = states.get(label, 0) + 1
    return Preview(hit, states, len(applying.people(told)))


def cancel_session(session_id: int, *, by: User, reason: str, now: datetime | None = None) -> Session:
    """Cancel one session; whoever has a place is told.

    Raises:
        LastSession: it is the only one that stands.
        Refused: no reason, it is over, cancelled already, or the run is.
    """
    now = now or timezone.now()
    run_id = Session.objects.values_list("run_id", flat=True).get(pk=session_id)
    with contended(BUSY), transaction.atomic():
        run = _held(run_id, reason)
        session = run.sessions.select_related("room__venue").get(pk=session_id)
        if session.cancelled_at:
            raise Refused("이미 취소된 회기입니다.")
        if session.ends_at <= now:
            raise Refused("이미 끝난 회기는 취소할 수 없습니다.")
        _cancel(run, [session], reason, now)
    session.refresh_from_db()
    return session


def cancel_rest(run_id: int, *, by: User, reason: str, now: datetime | None = None) -> list[Session]:
    """Cancel every session that has not begun; what was held stays held.

    Raises:
        LastSession: none has begun.
        Refused: no reason, none is left, or the run is cancelled.
    """
    now = now or timezone.now()
    with contended(BUSY), transaction.atomic():
        run = _held(run_id, reason)
        rest = list(run.sessions.standing().filter(starts_at__gt=now).select_related("room__venue"))
        if not rest:
            raise Refused("앞으로 남은 회기가 없습니다.")
        _cancel(run, rest, reason, now)
    return rest


def cancel_run(run_id: int, *, by: User, reason: str, now: datetime | None = None) -> Run:
    """Call the whole run off (폐강): sessions, offers and live applications are cancelled, everybody is told once.

    Raises:
        Refused: no reason, a session has begun (``cancel_rest`` is for that), or it is cancelled already.
    """
    now = now or timezone.now()
    with contended(BUSY), transaction.atomic():
        run = _held(run_id, reason)
        if run.sessions.standing().filter(starts_at__lte=now).exists():
            raise Refused("이미 시작한 회차입니다. ‘남은 회기 취소’를 해 주세요.")
        run.move(Run.State.CANCELLED, by=by, reason=reason)
        live = list(run.applications.live().order_by("pk"))
        offers = RunOffer.objects.standing().filter(application__in=live)
        move_all(list(offers), RunOffer.State.WITHDRAWN, by=by, reason=reason)
        move_all(live, Application.State.CANCELLED, by=by, reason=reason, sequence=F("sequence") + 1)
        Participant.objects.filter(application__in=live, left_at=None).update(left_at=now)
        run.sessions.standing().update(cancelled_at=now, cancelled_because=reason)
        running.run_cancelled(run, live, reason=reason)
        for visit in Visit.objects.filter(run=run, state=Visit.State.SCHEDULED):  # what a school asked for ends with it
            visit.move(Visit.State.CANCELLED, by=by, reason=reason, ended_at=now, answer=reason, handled_by=by)
    return run


def _held(run_id: int, reason: str) -> Run:
    if not reason.strip():
        raise Refused(NO_REASON)
    run = lock(Run.objects.select_related("program"), run_id)
    if run.state == Run.State.CANCELLED:
        raise Refused("이미 취소된 회차입니다.")
    return run


def _cancel(run: Run, hit: Sequence[Session], reason: str, now: datetime) -> None:
    left = list(run.sessions.standing().exclude(pk__in=[session.pk for session in hit]))
    if not left:
        raise LastSession(LastSession.sentence)
    sessions.check_window(run, left)
    Session.objects.filter(pk__in=[session.pk for session in hit]).update(cancelled_at=now, cancelled_because=reason)
    ahead = [session for session in left if session.starts_at > now]
    following = kmoment(ahead[0].starts_at) if ahead else "없음"
    running.sessions_cancelled(run, sessions.touched(run), hit, reason=reason, following=following)
