"""What the centre decides about places by hand: given, refused, put back in line, confirmed, and how many there are.

As ``enrolment``, everything happens under the run's row and is counted there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lifecycle.locks import Refused, contended
from programs import waiting
from programs.enrolment import BUSY, Full, NotNow, Twice, as_they_are, held, is_in_the_hat, taken
from programs.models import Application, Group, Participant, Run
from programs.notices import applying as notices
from programs.seats import Seats

if TYPE_CHECKING:
    from accounts.models import User

State = Application.State

_SAME: Any = object()


def seat(application: Application, *, by: User, reason: str = "", quiet: bool = False) -> Application:
    """Give a place by hand to somebody who applied, waits or was rejected. Past others who wait only with a reason.

    Raises:
        Full: the run's or the group's places do not allow it.
        NotNow: it is in no state for a place, the list to draw from is frozen, or others come first and no reason is
            given.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, application, now = taken(application)
        if application.state in Application.SEATED:
            return application
        if application.state not in {State.APPLIED, State.WAITING, State.REJECTED}:
            raise NotNow(_("‘%(state)s’ 신청에는 자리를 줄 수 없습니다.") % {"state": application.get_state_display()})
        _must_be_held(run, now)
        _must_not_be_in_the_hat(run)
        if application.state == State.WAITING and not reason and _is_passed(run, application):
            raise NotNow(_("먼저 기다리는 신청이 있습니다. 차례를 건너뛰는 사유를 적어 주세요."))
        seats = _settled(run, now)
        if why := seats.why_not(application.places, application.group_id):
            raise Full(why)
        _come_back(application)
        waiting.seat(application, run, now, by=by, reason=reason)
        if not quiet:  # the caller tells the family, of several at once
            notices.seated([application])
        return application


def reject(application: Application, *, by: User, reason: str = "", quiet: bool = False) -> Application:
    """Say no to somebody who applied or waits.

    Raises:
        NotNow: it is decided already in another way, or the list to draw from is frozen.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, application, now = taken(application)
        if application.state == State.REJECTED:
            return application
        if application.state not in {State.APPLIED, State.WAITING}:
            raise NotNow(_("접수했거나 대기 중인 신청만 미선정으로 할 수 있습니다."))
        _must_not_be_in_the_hat(run)
        waiting.leave(application, State.REJECTED, now, by=by, reason=reason)
        if not quiet:
            notices.rejected([application], reason=reason)
        waiting.fill(run, now=now)
        return application


def requeue(application: Application, *, by: User, reason: str) -> Application:
    """Put somebody back in line, where it was if it ever waited: an offer that lapsed unheard, a wrong no.

    Raises:
        NotNow: it is in no state from which one goes back.
        Twice: the same people have applied anew meanwhile.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, application, now = taken(application)
        if application.state == State.WAITING:
            return application
        if State.WAITING not in Application.MOVES[application.state]:
            state = application.get_state_display()
            raise NotNow(_("‘%(state)s’ 신청은 대기로 되돌릴 수 없습니다.") % {"state": state})
        _must_be_held(run, now)
        waiting.withdraw_offer(application, by=by, reason=reason)
        _come_back(application)
        since = application.waiting_since or now
        application.move(
            State.WAITING, by=by, reason=reason[:500], waiting_since=since, sequence=application.sequence + 1
        )
        notices.told([application], positions=waiting.positions([application]))
        waiting.fill(run, now=now)
        return as_they_are([application])[0]


def form_done(application: Application, *, by: User | None, quiet: bool = False) -> Application:
    """The second form is in: the place is confirmed. Said twice, it is said once.

    Raises:
        NotNow: there is no place to confirm.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        _run, application, now = taken(application)
        if application.state == State.CONFIRMED:
            return application
        if application.state != State.ACCEPTED:
            raise NotNow(_("선정된 신청이 아니어서 서류를 받을 수 없습니다."))
        application.move(
            State.CONFIRMED, by=by, reason="서류를 냄", confirmed_at=now, sequence=application.sequence + 1
        )
        if not quiet:
            notices.seated([application])
        return application


def form_undone(application: Application, *, by: User | None) -> Application:
    """The second form has to be done anew: the place is kept until its deadline, and is not confirmed.

    Whoever opens the form tells the family so (``questionnaires.answering.reopen``); nothing is said twice here.

    Raises:
        NotNow: there is no place whose form it was.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, application, now = taken(application)
        if application.state == State.ACCEPTED:
            return application
        if application.state != State.CONFIRMED or run.second_form_id is None:
            raise NotNow(_("확정된 신청이 아니어서 서류를 다시 받을 수 없습니다."))
        application.move(
            State.ACCEPTED,
            by=by,
            reason="서류를 다시 받음",
            confirmed_at=None,
            form_until=waiting.form_until(run, now),
            sequence=application.sequence + 1,
        )
        return application


class Changed(Refused):
    """Somebody else has set other numbers since the page was opened."""


def sizes(run: Run) -> dict[str, int | None]:
    """The places of a run (key ``""``) and of its groups by key, as a page shows them."""
    return {"": run.capacity, **{str(group.pk): group.capacity for group in run.groups.order_by("pk")}}


def resize(
    run_id: int,
    *,
    capacity: int | None = _SAME,
    groups: Mapping[int, int] | None = None,
    seen: Mapping[str, int | None] | None = None,
    by: User | None,
) -> Run:
    """Set how many places a run and its groups have; what is added goes to the line. The only writer of ``capacity``.

    Args:
        capacity: of the run; ``None`` is without limit.
        groups: new places by key of the group; the others stay.
        seen: ``sizes`` as whoever decides saw them; with others by now nothing is changed.

    Raises:
        Changed: it is not as ``seen``.
        NotNow: fewer than are taken, or fewer than the least with which the run is held.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, now = held(run_id), timezone.now()
        if seen is not None and seen != sizes(run):
            raise Changed(_changed(run))
        seats = _settled(run, now)
        if capacity is not _SAME and capacity != run.capacity:
            _check_capacity(run, capacity, seats.all_taken)
            run.capacity = capacity
            run.save(update_fields=["capacity"])
        for pk, places in (groups or {}).items():
            _check_group(seats, pk, places)
            Group.objects.filter(pk=pk, run=run).update(capacity=places)
        waiting.fill(run, now=now)
        return run


def _changed(run: Run) -> str:
    stands = [_("정원 %(places)s") % {"places": _("없음") if run.capacity is None else run.capacity}]
    stands += [f"‘{group.name}’ {group.capacity}" for group in run.groups.order_by("pk")]
    words = _("그사이 다른 직원이 정원을 바꿨습니다(지금 %(stands)s). 적은 수를 확인하고 다시 눌러 주세요.")
    return words % {"stands": ", ".join(stands)}


def _check_capacity(run: Run, capacity: int | None, taken: int) -> None:
    if capacity is None:
        if run.admission == Run.Admission.DRAW:
            raise NotNow(_("추첨하려면 정원이 있어야 합니다."))
        return
    if capacity < 1:
        raise NotNow(_("정원은 1명 이상이어야 합니다."))
    if capacity < taken:
        raise NotNow(_("이미 %(taken)d자리가 찼습니다. 그보다 줄일 수 없습니다.") % {"taken": taken})
    if run.min_participants and capacity < run.min_participants:
        raise NotNow(_("정원은 최소 인원(%(least)d명)보다 적을 수 없습니다.") % {"least": run.min_participants})


def _check_group(seats: Seats, pk: int, places: int) -> None:
    if pk not in seats.groups:
        raise NotNow(_("없어진 그룹입니다."))
    if places < 1:
        raise NotNow(_("그룹의 정원은 1명 이상이어야 합니다."))
    taken, name = seats.taken.get(pk, 0), seats.groups[pk].name
    if places < taken:
        raise NotNow(
            _("‘%(name)s’에 이미 %(taken)d자리가 찼습니다. 그보다 줄일 수 없습니다.") % {"name": name, "taken": taken}
        )


def _must_be_held(run: Run, now: datetime) -> None:
    if run.state == Run.State.CANCELLED or now >= run.ends_at:
        raise NotNow(_("취소되었거나 끝난 회차입니다."))


def _must_not_be_in_the_hat(run: Run) -> None:
    """Between the freezing of a draw's list and the draw nobody is chosen or turned down by hand."""
    if is_in_the_hat(run):
        raise NotNow(_("추첨할 목록을 확정했습니다. 추첨이 끝난 뒤에 처리해 주세요."))


def _is_passed(run: Run, application: Application) -> bool:
    return run.applications.in_line().values_list("pk", flat=True).first() != application.pk


def _settled(run: Run, now: datetime) -> Seats:
    """The places without offers that are over; nothing new is offered by asking."""
    waiting.settle(run, now)
    return Seats.of(run, now)


def _come_back(application: Application) -> None:
    """People of an application that had ended are in the run again.

    Raises:
        Twice: they have applied anew meanwhile.
    """
    if application.is_live:
        return
    gone = application.participants.exclude(left_at=None)
    here = Participant.objects.filter(run=application.run_id, left_at=None)
    again = here.filter(student__in=gone.values("student")) | here.filter(user__in=gone.values("user"))
    if again.exists():
        raise Twice(_("그사이 같은 사람이 다시 신청했습니다. 새 신청에서 처리해 주세요."))
    gone.update(left_at=None)
