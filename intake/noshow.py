"""No-shows: written down with a notice, taken back, explained by the family, forgiven by staff.

What follows (a warning, a pause and its end, the lapse) is ``admission``'s to compute from the strikes and the
clock. Whoever records one has locked the student row, so that the second is known to be the second.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Student
from intake import admission, notices
from intake.models import Appeal, Strike
from intake.rules import Rules, midnight
from lifecycle.locks import Refused, contended, lock

if TYPE_CHECKING:
    from accounts.models import User

State = Strike.State
AGAIN = "잠시 뒤에 다시 시도해 주세요."


def record(
    student: Student, *, area: str, source: int, what: str, missed_at: datetime, rules: Rules, by: User
) -> Strike:
    """Write a no-show down and tell the family what follows. Recorded twice, it is one.

    ``source`` is the key of the booking in its room ``area``. The caller holds the student's row.
    """
    now = timezone.now()
    until = midnight(timezone.localdate(now) + timedelta(days=rules.appeal_days + 1))
    strike, is_new = Strike.objects.get_or_create(
        area=area,
        source=source,
        defaults={
            "student": student,
            "what": what,
            "missed_at": missed_at,
            "recorded_at": now,
            "appeal_until": until,
        },
    )
    if not is_new:
        if strike.state != State.WITHDRAWN:
            return strike
        strike.move(State.STANDING, by=by, reason="다시 불참으로 고침", recorded_at=now, appeal_until=until)
    if rules.noshow_pause_at:
        notices.missed(strike, _pause(strike, rules, now), rules)
    return strike


def take_back(area: str, source: int, *, by: User, reason: str) -> None:
    """It was no no-show after all: the strike goes, its trail stays, and the family is told."""
    strike = Strike.objects.filter(area=area, source=source).exclude(state=State.WITHDRAWN).first()
    if strike is None:
        return
    strike.move(State.WITHDRAWN, by=by, reason=reason)
    notices.taken_back(strike, reason)


def forgive(strike: Strike, *, by: User, reason: str) -> Strike:
    """Staff decide that this no-show does not count. A second click changes nothing and says nothing.

    Raises:
        Refused: it does not stand any more.
    """
    with contended(AGAIN), transaction.atomic():
        strike = lock(Strike.objects.select_related("student__user"), strike.pk)
        if strike.state == State.FORGIVEN:
            return strike
        if strike.state != State.STANDING:
            raise Refused("이미 고쳐진 불참 기록입니다.")
        strike.move(State.FORGIVEN, by=by, reason=reason)
        notices.forgiven(strike, reason)
        return strike


def appeal(strike: Strike, *, by: User, text: str) -> Appeal:
    """A family explains; staff find it in their inbox.

    Raises:
        Refused: the deadline is past, it was explained before, or the no-show does not stand any more.
    """
    with contended(_("이미 사정을 알려 주셨습니다.")), transaction.atomic():
        strike = lock(Strike.objects.all(), strike.pk)
        if strike.state != State.STANDING:
            raise Refused(_("세지 않는 기록이라 알려 주지 않으셔도 됩니다."))
        if timezone.now() >= strike.appeal_until:
            raise Refused(_("사정을 알릴 수 있는 기한이 지났습니다. 센터로 전화해 주세요."))
        return Appeal.objects.create(strike=strike, by=by, text=text)


def answer(appeal: Appeal, *, accept: bool, words: str, by: User) -> Appeal:
    """Answer a family; accepted, the no-show counts no more.

    Raises:
        Refused: somebody answered before.
    """
    with contended(AGAIN), transaction.atomic():
        strike = lock(Strike.objects.select_related("student__user"), appeal.strike_id)
        appeal = lock(Appeal.objects.all(), appeal.pk)
        if appeal.state != Appeal.State.WAITING:
            raise Refused("다른 직원이 먼저 답한 소명입니다.")
        to = Appeal.State.ACCEPTED if accept else Appeal.State.REJECTED
        appeal.move(to, by=by, reason=words, answer=words, answered_at=timezone.now())
        if accept and strike.state == State.STANDING:
            strike.move(State.FORGIVEN, by=by, reason="소명을 받아들임")
        notices.answered(appeal, strike)
        return appeal


def _pause(strike: Strike, rules: Rules, now: datetime) -> datetime | None:
    """The end of the pause that this no-show brings; ``None`` when it is a warning."""
    others = Strike.objects.counting().filter(student=strike.student_id, area=strike.area)
    rows = tuple(
        admission.Strike(missed, recorded)
        for missed, recorded in others.order_by("missed_at").values_list("missed_at", "recorded_at")
    )
    return admission.paused_until(rules, rows, now)
