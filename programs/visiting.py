"""찾아가는 프로그램: a school asks for a visit, the centre schedules it, proposes other dates or declines.

Scheduling makes a run with one session at the school and one confirmed application of the class, through
``enrolment`` like everybody else's. Every step holds the visit's row, then the run's (``docs/locks.md``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Affiliation, School, User
from krds.dates import kdate
from lifecycle.locks import Refused, contended, lock
from programs import cancelling, enrolment
from programs.models import Application, Program, Run, Visit, VisitTime
from programs.notices import visiting as say
from programs.parties import Class

MOST_TIMES = 3
LONGEST = timedelta(hours=8)
State = Visit.State
TEACHERS = (Affiliation.Role.TEACHER, Affiliation.Role.SCHOOL)


class NotNow(Refused):
    """The request does not allow it in the state it is in, or who asks may not."""


@dataclass(frozen=True)
class Span:
    """One stretch of time, half-open."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Wish:
    """What a school asks for."""

    class_name: str
    headcount: int
    place: str
    phone: str = ""
    remark: str = ""


def schools_of(user: User) -> list[School]:
    """The schools that ``user`` may speak for, as staff confirmed."""
    mine = user.affiliations.current().filter(role__in=TEACHERS).values("school")
    return list(School.objects.filter(pk__in=mine).order_by("name", "pk"))


def ask(program: Program, school: School, wish: Wish, times: Sequence[Span], *, by: User) -> Visit:
    """Ask for a visit.

    Raises:
        NotNow: the programme takes no visits, the affiliation is not confirmed, the dates do not do, or the same
            classes have asked already.
    """
    if not program.takes_visits or not Program.objects.published().filter(pk=program.pk).exists():
        raise NotNow(_("학교 방문을 신청할 수 없는 프로그램입니다."))
    if school not in schools_of(by):
        raise NotNow(_("소속이 확인된 학교의 선생님만 신청할 수 있습니다. 내 정보에서 소속을 등록해 주세요."))
    check(times, earliest=timezone.localdate() + timedelta(days=settings.VISIT_DAYS_AHEAD))
    with (
        contended(_("같은 학급의 신청이 이미 있습니다. ‘학교 방문 신청’에서 확인해 주세요."), NotNow),
        transaction.atomic(),
    ):
        visit = Visit.objects.create(
            program=program,
            school=school,
            asked_by=by,
            class_name=" ".join(wish.class_name.split()),
            headcount=wish.headcount,
            place=wish.place,
            phone=wish.phone,
            remark=wish.remark,
        )
        _put(visit, times, by_centre=False)
    return visit


def check(times: Sequence[Span], *, earliest: object) -> None:
    """Refuse dates that nobody can hold.

    Raises:
        NotNow: none or too many, too early, upside down, over night, too long, or the same twice.
    """
    if not 1 <= len(times) <= MOST_TIMES:
        raise NotNow(_("날짜와 시간을 한 개에서 %(most)d개까지 적어 주세요.") % {"most": MOST_TIMES})
    for one in times:
        if timezone.localdate(one.starts_at) < earliest:
            raise NotNow(_("%(day)s 이후의 날짜를 적어 주세요.") % {"day": kdate(earliest)})
        if not one.starts_at < one.ends_at <= one.starts_at + LONGEST:
            raise NotNow(_("끝나는 시간을 시작보다 뒤로, 8시간 안으로 적어 주세요."))
    if len({one.starts_at for one in times}) < len(times):
        raise NotNow(_("같은 시간을 두 번 적으셨습니다."))


def propose(visit: Visit, times: Sequence[Span], *, by: User, message: str = "") -> Visit:
    """Propose other dates, in place of any proposed before; the teacher takes one by a button."""
    check(times, earliest=timezone.localdate() + timedelta(days=1))
    with contended(_busy(), NotNow), transaction.atomic():
        visit = _open(visit)
        visit.times.filter(by_centre=True).delete()
        _put(visit, times, by_centre=True)
        if visit.state == State.PROPOSED:
            visit.move(State.ASKED, by=by, reason="먼저 제안한 날을 거둠")
        visit.move(State.PROPOSED, by=by, reason=message, answer=message, handled_by=by)
        say.proposed(visit, times)
    return visit


def schedule(visit: Visit, span: Span, *, by: User) -> Visit:
    """Fix the time: a run at the school with the class in it. The teacher reads the notice of the application.

    Raises:
        NotNow: it is decided already, or the time does not do.
    """
    check([span], earliest=timezone.localdate())
    with contended(_busy(), NotNow), transaction.atomic():
        return _schedule(_open(visit), span, staff=by, by=by)


def accept(visit: Visit, time_pk: int, *, by: User) -> Visit:
    """The teacher takes one of the proposed times.

    Raises:
        NotNow: it is no longer proposed, or past.
    """
    with contended(_busy(), NotNow), transaction.atomic():
        visit = _open(visit)
        chosen = visit.times.filter(pk=time_pk, by_centre=True).first()
        if visit.state != State.PROPOSED or chosen is None or chosen.starts_at <= timezone.now():
            raise NotNow(_("더 이상 고를 수 없는 날짜입니다. 화면을 새로 고쳐 확인해 주세요."))
        return _schedule(visit, Span(chosen.starts_at, chosen.ends_at), staff=visit.handled_by, by=by)


def decline(visit: Visit, *, by: User, reason: str) -> Visit:
    """Say no, with a reason that the teacher reads."""
    with contended(_busy(), NotNow), transaction.atomic():
        visit = _open(visit)
        visit.move(State.DECLINED, by=by, reason=reason, answer=reason, handled_by=by, ended_at=timezone.now())
        say.declined(visit)
    return visit


def cancel(visit: Visit, *, by: User, reason: str = "", by_centre: bool = False) -> Visit:
    """Give it up, asked or scheduled; what was scheduled is taken off the class and the run. Twice is once.

    Raises:
        Refused: it ended otherwise, the visit is over, or it is too late for the school to cancel by itself.
    """
    with contended(_busy(), NotNow), transaction.atomic():
        visit = lock(Visit.objects.select_related("run", "program", "school", "asked_by"), visit.pk)
        if visit.state == State.CANCELLED:
            return visit
        if State.CANCELLED not in Visit.MOVES[visit.state]:
            raise NotNow(_("이미 끝난 신청입니다."))
        values = {"answer": reason, "handled_by": by} if by_centre else {}
        visit.move(State.CANCELLED, by=by, reason=reason, ended_at=timezone.now(), **values)
        told = visit.run is not None and _take_off(visit.run, by=by, reason=reason, by_centre=by_centre)
        if by_centre and not told:
            say.declined(visit)
    return visit


def _take_off(run: Run, *, by: User, reason: str, by_centre: bool) -> bool:
    """Cancel what was scheduled; whether the class was told by its application."""
    if run.starts_at <= timezone.now():
        raise NotNow(_("이미 시작한 방문입니다."))
    live = list(Application.objects.filter(run=run).live())
    for application in live:
        enrolment.withdraw(application, by=by, reason=reason, by_centre=by_centre)
    if Run.objects.get(pk=run.pk).state != Run.State.CANCELLED:
        cancelling.cancel_run(run.pk, by=by, reason=reason or "학교의 취소")
    return bool(live)


def _schedule(visit: Visit, span: Span, *, staff: User, by: User) -> Visit:
    run = Run.objects.create(
        program=visit.program,
        title=f"{visit.school.name} {visit.class_name}"[:60],
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        place=f"{visit.school.name} {visit.place}"[:100],
        capacity=visit.headcount,
        waiting_most=0,
        party=Run.Party.CLASS,
        admission=Run.Admission.INVITATION,
        published_at=None,  # no page of the catalogue: it is this school's
    )
    run.sessions.create(starts_at=span.starts_at, ends_at=span.ends_at, place=run.place)
    run.move(Run.State.CONFIRMED, by=by, reason="학교 방문 일정 확정")
    party = Class(visit.school_id, visit.class_name, visit.headcount, user_id=visit.asked_by_id)
    enrolment.apply(run.pk, [party], by=staff, on_behalf=True, accept_waiting=False, remark=visit.remark)
    visit.move(State.SCHEDULED, by=by, run=run, handled_by=staff)
    return visit


def _open(visit: Visit) -> Visit:
    visit = lock(Visit.objects.select_related("program", "school", "asked_by", "handled_by"), visit.pk)
    if not visit.is_open:
        raise NotNow(_("이미 처리된 신청입니다(%(state)s).") % {"state": visit.get_state_display()})
    return visit


def _put(visit: Visit, times: Sequence[Span], *, by_centre: bool) -> None:
    VisitTime.objects.bulk_create(
        VisitTime(visit=visit, starts_at=one.starts_at, ends_at=one.ends_at, by_centre=by_centre) for one in times
    )


def _busy() -> str:
    return _("다른 사람이 이 신청을 처리하고 있습니다. 잠시 뒤에 다시 시도해 주세요.")
