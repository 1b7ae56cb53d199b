"""Getting a place in a run and giving it back: the only way in for families, staff, imports and invitations alike.

Everything is counted under the run's row (``docs/locks.md``); then come the students, by key, for what is capped
per person. Behind the count of people stand two unique indexes (one person once in a run); behind the count of
places stands nothing, so nobody writes ``state``, ``places`` or ``capacity`` but through here and ``waiting``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Student
from intake.rules import Rules
from krds.dates import kdatetime
from lifecycle.locks import Refused, contended, lock_all
from lifecycle.models import Transition
from programs import papers, rules, waiting
from programs import parties as people
from programs.models import Application, Draw, Group, Participant, Run, Status
from programs.notices import applying as notices
from programs.parties import Class, Entrant, Misfit, Party, People, Twice
from programs.seats import Seats

if TYPE_CHECKING:
    from accounts.models import User

__all__ = ["Class", "Entrant", "Full", "Misfit", "NotNow", "Party", "People", "Twice"]  # and the use cases

State = Application.State

BUSY = waiting.BUSY
FULL = gettext_lazy("방금 자리가 모두 찼습니다.")
_SAME: Any = object()


class Full(Refused):
    """No place, and none to wait for."""


class NotNow(Refused):
    """The clock, the rules or the state of things forbid it; the sentence says from when it may be possible."""


# --- Applying ----------------------------------------------------------------------------------
def apply(
    run_id: int,
    parties: Sequence[Party],
    *,
    by: User,
    on_behalf: bool = False,
    together: bool = False,
    accept_waiting: bool = True,
    remark: str = "",
    invitation: Any = None,
    overridden: frozenset[str] = frozenset(),
    exception: str = "",
) -> list[Application]:
    """Apply for each of ``parties``, all of them or none; one notice for a family.

    First come: seated, or in line behind everybody who waits (with ``together`` all are seated or nothing happens).
    Draw and review: taken down. With ``on_behalf`` staff apply for a caller, before the opening and after the end of
    applying, too; with ``exception``, a reason that stays in the trail, ``overridden`` rules do not stand in the way.

    Raises:
        Misfit: not people whom ``by`` may enter for this run.
        NotNow: not open, cancelled, over, or the rules do not let somebody in.
        Twice: somebody has applied already.
        Full: no place, or none for all together, and nobody may wait or wants to.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, now = _held(run_id), timezone.now()
        _check_clock(run, now, any_time=on_behalf or invitation is not None)
        _check_invitation(run, invitation, now, on_behalf=on_behalf)
        people.check(run, parties, by=by, on_behalf=on_behalf, invited=invitation is not None)
        seats = _counted(run, now)
        people.refuse_the_same_twice(run, parties)
        known = _admit(run, parties, now, on_behalf=on_behalf, overridden=overridden if exception else frozenset())
        each = {"by": by, "on_behalf": on_behalf, "remark": remark, "wait": accept_waiting}
        each["decided"] = waiting.has_decided(run, now)
        made = [_place(run, seats, party, known, now, **each) for party in parties]
        if together and any(one.state == State.WAITING for one in made):
            raise Full(_("모두에게 줄 자리가 없습니다. 따로 신청하거나 대기로 신청해 주세요."))
        Participant.objects.bulk_create(
            [row for one, party in zip(made, parties, strict=True) for row in people.participants(one, party)]
        )
        if exception:
            _leave_reason(made, exception, by=by)
        notices.told(made, positions=waiting.positions(made), invitation=invitation)
        if any(one.state == State.WAITING for one in made):
            waiting.fill(run, now=now)
            made = _as_they_are(made)
        return made


def _held(run_id: int) -> Run:
    try:
        return waiting.enter(run_id)
    except Run.DoesNotExist:
        raise NotNow(_("없어진 회차입니다. 프로그램 목록에서 다시 골라 주세요.")) from None


def _check_clock(run: Run, now: datetime, *, any_time: bool) -> None:
    """``any_time``: staff have no window, and a link has a deadline of its own."""
    if run.state == Run.State.CANCELLED:
        raise NotNow(_("취소된 회차입니다. 다른 회차를 골라 주세요."))
    status = run.status_at(now)
    if status == Status.OVER:
        raise NotNow(_("끝난 회차입니다."))
    if run.admission == Run.Admission.DRAW and (
        _is_in_the_hat(run) or (status == Status.CLOSED and not waiting.has_decided(run, now))
    ):
        raise NotNow(_("추첨할 명단이 정해졌습니다. 추첨이 끝난 뒤에 대기로 신청할 수 있습니다."))
    if any_time:
        return
    published = [run.published_at, run.program.published_at]
    if any(moment is None or moment > now for moment in published):
        raise NotNow(_("아직 공개되지 않은 회차입니다."))
    if status == Status.WALK_IN:
        raise NotNow(_("신청 없이 오시면 되는 행사입니다."))
    if status == Status.COMING:
        raise NotNow(_("%(moment)s부터 신청할 수 있습니다.") % {"moment": kdatetime(run.opens_at)})
    if status == Status.CLOSED:
        raise NotNow(_("%(moment)s에 접수를 마감했습니다.") % {"moment": kdatetime(run.closes_at)})


def _check_invitation(run: Run, invitation: Any, now: datetime, *, on_behalf: bool) -> None:
    if invitation is None:
        if run.admission == Run.Admission.INVITATION and not on_behalf:
            raise NotNow(_("초대받은 분만 신청할 수 있습니다. 받으신 초대 주소를 열어 주세요."))
    elif invitation.run_id != run.pk or not invitation.is_open(now):
        raise NotNow(_("이미 쓰였거나 기한이 지난 초대입니다."))


def _counted(run: Run, now: datetime) -> Seats:
    """The places as they are once those in line have had what is free."""
    seats = Seats.of(run, now)
    if seats.lapsed or (seats.all_waiting and seats.left() != 0):
        waiting.fill(run, now=now)
        return Seats.of(run, now)
    return seats


def _admit(
    run: Run, parties: Sequence[Party], now: datetime, *, on_behalf: bool, overridden: frozenset[str]
) -> rules.Facts:
    """Refuse whom the rules do not let in, with the name. Caps are counted under the students' rows."""
    students = [pk for party in parties for pk in party.students]
    if run.rules_id and students:
        lock_all(Student.objects.only("pk"), students)
    known = rules.facts(run, students, now=now)
    if len(known.people) < len(set(students)):
        raise Misfit(_("이용을 마친 학생입니다."))
    allowed = overridden | (rules.FREE_FOR_STAFF if on_behalf else frozenset())
    for pk in students:
        found = rules.verdict(run, known.rules, known.people[pk], now=now, overridden=allowed)
        if not found.allowed:
            name = known.people[pk].name
            raise NotNow(_("%(name)s님: %(sentence)s") % {"name": name, "sentence": found.sentence})
    return known


def _place(
    run: Run,
    seats: Seats,
    party: Party,
    known: rules.Facts,
    now: datetime,
    *,
    by: User,
    on_behalf: bool,
    remark: str,
    wait: bool,
    decided: bool,
) -> Application:
    """One application, with the state that the places allow. Counts into ``seats``."""
    persons = [known.people[pk] for pk in party.students]
    group = rules.group_of(list(seats.groups.values()), persons, timezone.localdate(run.starts_at))
    key = group.pk if group else None
    if seats.never(party.places, key):
        raise Full(_("정원보다 많은 인원은 신청할 수 없습니다."))
    application = Application(
        run=run,
        number=seats.next_number(),
        applicant=by,
        places=party.places,
        group=group,
        remark=remark,
        on_behalf=on_behalf,
        applied_at=now,
    )
    if isinstance(party, Class):
        application.school_id = party.school_id
        application.class_name = party.class_name.strip()
        application.headcount = party.headcount
        if party.user_id is not None and on_behalf:
            application.applicant_id = party.user_id
    if not decided:
        application.state = State.APPLIED
    elif not seats.is_behind(key) and not seats.why_not(party.places, key):
        seats.take(party.places, key)
        _seated_at_once(application, run, now)
    elif not wait:
        raise Full(str(FULL))
    elif run.waiting_most is not None and seats.all_waiting + party.places > run.waiting_most:
        raise Full(_("자리와 대기가 모두 찼습니다."))
    else:
        seats.queue(party.places, key)
        application.state, application.waiting_since = State.WAITING, now
    application.save(force_insert=True)
    return application


def _seated_at_once(application: Application, run: Run, now: datetime) -> None:
    if run.second_form_id:
        application.state, application.form_until = State.ACCEPTED, waiting.form_until(run, now)
    else:
        application.state, application.confirmed_at = State.CONFIRMED, now


def _leave_reason(made: Sequence[Application], exception: str, *, by: User) -> None:
    """Why staff went past a rule; the first step of these trails."""
    Transition.objects.bulk_create(
        Transition(subject=one, from_state="", to_state=one.state, by=by, reason=f"규칙 예외: {exception}"[:500])
        for one in made
    )


def _as_they_are(made: Sequence[Application]) -> list[Application]:
    """Anew from the database: whoever joined the line may have been offered a place already."""
    rows = Application.objects.select_related("run__program").in_bulk([one.pk for one in made])
    return [rows[one.pk] for one in made]


# --- Giving back -------------------------------------------------------------------------------
def withdraw(application: Application, *, by: User, reason: str = "", by_centre: bool = False) -> Application:
    """Give up an application in any living state; what it had goes to the line. A second click says nothing.

    Raises:
        NotNow: a place cannot be given back by the family any more, or there is nothing to give up.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, application, now = _taken(application)
        if application.state == State.CANCELLED:
            return application
        if not application.is_live:
            raise NotNow(_("이미 끝난 신청입니다."))
        if not by_centre and now >= cancel_until(run, application):
            until = kdatetime(cancel_until(run, application))
            raise NotNow(_("인터넷 취소 기한(%(until)s)이 지났습니다. 센터로 전화해 주세요.") % {"until": until})
        waiting.withdraw_offer(application, by=by, reason="신청을 취소함")
        waiting.leave(application, State.CANCELLED, now, by=by, reason=reason)
        papers.void_untrue([one.pk for one in application.participants.all()], by=by)
        notices.cancelled([application], by_centre=by_centre, reason=reason)
        waiting.fill(run, now=now)
        return application


def cancel_until(run: Run, application: Application) -> datetime:
    """Until when (that moment excluded) the family may give it up by itself: a place as the rules say, a wish always."""
    if application.state not in Application.SEATED:
        return run.ends_at
    own = {"cancel_days": run.rules.cancel_days, "cancel_hour": run.rules.cancel_hour} if run.rules else {}
    return Rules(**own).cancel_until(run.starts_at)


def _taken(application: Application) -> tuple[Run, Application, datetime]:
    """The application as it is now, under the lock of its run."""
    run = _held(application.run_id)
    application = Application.objects.for_page().get(pk=application.pk)
    application.run = run
    return run, application, timezone.now()


# --- The centre decides ------------------------------------------------------------------------
def seat(application: Application, *, by: User, reason: str = "") -> Application:
    """Give a place by hand to somebody who applied, waits or was rejected. Past others who wait only with a reason.

    Raises:
        Full: the run's or the group's places do not allow it.
        NotNow: it is in no state for a place, the list to draw from is frozen, or others come first and no reason is
            given.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, application, now = _taken(application)
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
        notices.seated([application])
        return application


def reject(application: Application, *, by: User, reason: str = "") -> Application:
    """Say no to somebody who applied or waits.

    Raises:
        NotNow: it is decided already in another way, or the list to draw from is frozen.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, application, now = _taken(application)
        if application.state == State.REJECTED:
            return application
        if application.state not in {State.APPLIED, State.WAITING}:
            raise NotNow(_("접수했거나 대기 중인 신청만 미선정으로 할 수 있습니다."))
        _must_not_be_in_the_hat(run)
        waiting.leave(application, State.REJECTED, now, by=by, reason=reason)
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
        run, application, now = _taken(application)
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
        return _as_they_are([application])[0]


def form_done(application: Application, *, by: User | None) -> Application:
    """The second form is in: the place is confirmed. Said twice, it is said once.

    Raises:
        NotNow: there is no place to confirm.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        _run, application, now = _taken(application)
        if application.state == State.CONFIRMED:
            return application
        if application.state != State.ACCEPTED:
            raise NotNow(_("선정된 신청이 아니어서 서류를 받을 수 없습니다."))
        application.move(
            State.CONFIRMED, by=by, reason="서류를 냄", confirmed_at=now, sequence=application.sequence + 1
        )
        notices.seated([application])
        return application


def form_undone(application: Application, *, by: User | None) -> Application:
    """The second form has to be done anew: the place is kept until its deadline, and is not confirmed.

    Whoever opens the form tells the family so (``questionnaires.answering.reopen``); nothing is said twice here.

    Raises:
        NotNow: there is no place whose form it was.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, application, now = _taken(application)
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


def resize(
    run_id: int, *, capacity: int | None = _SAME, groups: Mapping[int, int] | None = None, by: User | None
) -> Run:
    """Set how many places a run and its groups have; what is added goes to the line. The only writer of ``capacity``.

    Args:
        capacity: of the run; ``None`` is without limit.
        groups: new places by key of the group; the others stay.

    Raises:
        NotNow: fewer than are taken, or fewer than the least with which the run is held.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, now = _held(run_id), timezone.now()
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
    if _is_in_the_hat(run):
        raise NotNow(_("추첨할 목록을 확정했습니다. 추첨이 끝난 뒤에 처리해 주세요."))


def _is_in_the_hat(run: Run) -> bool:
    """Whether the list is frozen and not drawn, even when somebody opened the applying again."""
    return run.admission == Run.Admission.DRAW and Draw.objects.to_draw().filter(run=run).exists()


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
