"""Getting a place in a run and giving it back: the only way in for families, staff, imports and invitations alike.

Everything is counted under the run's row (``docs/locks.md``); then come the students, by key, for what is capped
per person. Behind the count of people stand two unique indexes (one person once in a run); behind the count of
places stands nothing, so nobody writes ``state`` or ``places`` but through here, ``seating`` and ``waiting``.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from programs.models import Application, Draw, Participant, Run, Status
from programs.notices import applying as notices
from programs.parties import Class, Entrant, Misfit, Party, People, Twice
from programs.seats import Seats

if TYPE_CHECKING:
    from accounts.models import User

__all__ = ["Class", "Entrant", "Full", "Misfit", "NotNow", "Party", "People", "Twice"]  # and the use cases

State = Application.State

BUSY = waiting.BUSY
FULL = gettext_lazy("방금 자리가 모두 찼습니다.")


class Full(Refused):
    """No place, and none to wait for."""


class NotNow(Refused):
    """The clock, the rules or the state of things forbid it; the sentence says from when it may be possible."""


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
        run, now = held(run_id), timezone.now()
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
            made = as_they_are(made)
        return made


def held(run_id: int) -> Run:
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
        is_in_the_hat(run) or (status == Status.CLOSED and not waiting.has_decided(run, now))
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


def as_they_are(made: Sequence[Application]) -> list[Application]:
    """Anew from the database: whoever joined the line may have been offered a place already."""
    rows = Application.objects.select_related("run__program").in_bulk([one.pk for one in made])
    return [rows[one.pk] for one in made]


def withdraw(
    application: Application, *, by: User, reason: str = "", by_centre: bool = False, quiet: bool = False
) -> Application:
    """Give up an application in any living state; what it had goes to the line. A second click says nothing.

    With ``quiet`` the caller tells the family, of several at once.

    Raises:
        NotNow: a place cannot be given back by the family any more, or there is nothing to give up.
    """
    with contended(str(BUSY), NotNow), transaction.atomic():
        run, application, now = taken(application)
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
        if not quiet:
            notices.cancelled([application], by_centre=by_centre, reason=reason)
        waiting.fill(run, now=now)
        return application


def cancel_until(run: Run, application: Application) -> datetime:
    """Until when (that moment excluded) the family may give it up by itself: a place as the rules say, a wish always."""
    if application.state not in Application.SEATED:
        return run.ends_at
    own = {"cancel_days": run.rules.cancel_days, "cancel_hour": run.rules.cancel_hour} if run.rules else {}
    return Rules(**own).cancel_until(run.starts_at)


def taken(application: Application) -> tuple[Run, Application, datetime]:
    """The application as it is now, under the lock of its run."""
    run = held(application.run_id)
    application = Application.objects.for_page().get(pk=application.pk)
    application.run = run
    return run, application, timezone.now()


def is_in_the_hat(run: Run) -> bool:
    """Whether the list is frozen and not drawn, even when somebody opened the applying again."""
    return run.admission == Run.Admission.DRAW and Draw.objects.to_draw().filter(run=run).exists()
