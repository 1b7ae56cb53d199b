"""A run's roster for its partner: announced to families first, then opened for some days, each time written down.

The partner gets names, school level and grade, and nothing that reaches a person. A roster can be opened from
``PARTNER_ROSTER_DAYS`` before the run, when preparing begins, until the day to which the partner may keep it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Student, User
from krds.dates import kdatetime
from lifecycle import access
from lifecycle.locks import Refused, contended, lock
from lifecycle.models import AccessLog
from programs.models import Application, HandOver, Participant, RosterAnswer, RosterShare, Run
from programs.models.handovers import ITEMS, partner_keys
from programs.notices import partners as say
from tables.values import Column, Kind, Row, Table

BUSY = "다른 사람이 이 회차를 고치고 있습니다. 잠시 뒤에 다시 시도해 주세요."


class NotNow(Refused):
    """The roster cannot be opened, announced or answered about now."""


@dataclass(frozen=True)
class Line:
    """One person of a roster, or a class by its headcount."""

    name: str
    level: str
    grade: str
    role: str


@dataclass(frozen=True)
class Roster:
    """What a partner sees of who comes. ``without`` counts those who did not agree."""

    share: RosterShare
    lines: tuple[Line, ...]
    people: int
    without: int

    def table(self) -> Table:
        columns = (Column(_("학교급"), Kind.TEXT), Column(_("학년"), Kind.TEXT), Column(_("구분"), Kind.TEXT))
        rows = tuple(Row(line.name, (line.level, line.grade, line.role)) for line in self.lines)
        notes = (
            _("이용 목적: %(purpose)s. %(until)s까지 없애 주세요.")
            % {"purpose": self.share.purpose, "until": kdatetime(self.share.kept_until)},
        )
        return Table(f"roster-{self.share.run_id}", str(self.share.run), _("이름"), columns, rows, notes=notes)


# --- Whose runs --------------------------------------------------------------------------------
def runs_of(user: User) -> QuerySet[Run]:
    """The runs that the partners of ``user`` belong to now; drafts are nobody's business yet."""
    shown = Run.objects.filter(partners__in=partner_keys(user)).exclude(
        state=Run.State.PLANNED, published_at__isnull=True
    )
    return shown.exclude(published_at__gt=timezone.now()).distinct()


def share_for(user: User, run: Run) -> RosterShare | None:
    """What lets ``user`` open the roster of ``run``, if anything does."""
    return RosterShare.objects.visible_to(user).select_related("run__program", "partner").filter(run=run).first()


# --- Announced by staff ------------------------------------------------------------------------
def announce(share: RosterShare, *, by: User) -> RosterShare:
    """Write down that a partner gets the roster, and tell every family that has applied already.

    Raises:
        NotNow: the partner is not of this run, the run is over or cancelled, or it was announced before.
    """
    with contended("이 회차에는 이 기관의 명단 제공 안내가 이미 있습니다.", NotNow), transaction.atomic():
        run = lock(Run.objects.select_related("program"), share.run_id)
        if not run.partners.filter(pk=share.partner_id).exists():
            raise NotNow("이 회차를 함께하는 기관이 아닙니다. 먼저 회차의 ‘함께하는 기관’에 더해 주세요.")
        if run.state == Run.State.CANCELLED or run.ends_at <= timezone.now():
            raise NotNow("끝났거나 취소된 회차의 명단은 건네지 않습니다.")
        share.run, share.created_by = run, by
        share.save(force_insert=True)
        say.roster_shared(share, list(run.applications.live().select_related("applicant")))
    return share


def withdraw(share: RosterShare) -> bool:
    """Take it back: from now on the partner sees nothing. ``False`` when it was taken back before."""
    return bool(RosterShare.objects.filter(pk=share.pk, withdrawn_at=None).update(withdrawn_at=timezone.now()))


# --- Read by families --------------------------------------------------------------------------
def told_of(run: Run) -> QuerySet[RosterShare]:
    """Who gets the roster of a run: what its families read."""
    return RosterShare.objects.standing().filter(run=run).select_related("run", "partner").order_by("pk")


def answer(application: Application, share: RosterShare, agreed: bool, *, by: User) -> None:
    """Whether the people of an application may be on a roster that a partner gets for purposes of its own.

    Raises:
        NotNow: the application is over, or the roster is of another run or needs no consent.
    """
    with contended(BUSY, NotNow), transaction.atomic():
        application = lock(Application.objects, application.pk)
        share = RosterShare.objects.standing().filter(pk=share.pk, run=application.run_id).first()
        if share is None or share.basis != RosterShare.Basis.PROVIDED or not application.is_live:
            raise NotNow(_("지금은 답할 수 없습니다. 화면을 새로 고쳐 확인해 주세요."))
        last = RosterAnswer.objects.filter(share=share, application=application).order_by("-at", "-pk").first()
        if last is None or last.agreed != agreed:
            RosterAnswer.objects.create(share=share, application=application, agreed=agreed, by=by)


# --- Opened by the partner ----------------------------------------------------------------------
def refusal(share: RosterShare, now: datetime) -> str:
    """Why the roster cannot be opened at ``now``; empty when it can."""
    if now < share.opens_at:
        return _("명단은 준비에 필요한 때부터 열 수 있습니다. %(when)s부터 열어 주세요.") % {
            "when": kdatetime(share.opens_at)
        }
    if now >= share.closes_at:
        return _("보유 기간이 %(when)s에 끝나 명단을 더 열 수 없습니다. 가지고 계신 명단은 없애 주세요.") % {
            "when": kdatetime(share.closes_at)
        }
    return ""


@transaction.atomic
def hand_over(request: HttpRequest, run_pk: int, act: HandOver.Act) -> Roster:
    """The roster for the logged-in partner, with the rows that say so.

    Raises:
        Http404: not their run, or nobody announced that they get the roster.
        NotNow: too early or too late.
    """
    shares = RosterShare.objects.visible_to(request.user).select_related("run__program", "partner")
    share = get_object_or_404(shares.order_by("pk"), run=run_pk)
    if sentence := refusal(share, timezone.now()):
        raise NotNow(sentence)
    roster, students, users = _read(share)
    HandOver.objects.create(
        run=share.run,
        partner=share.partner,
        by=request.user,
        act=act,
        basis=share.basis,
        purpose=share.purpose,
        items=str(ITEMS),
        people=roster.people,
    )
    what = f"명단 제공 {share.run}"
    kind = AccessLog.Act.EXPORT if act == HandOver.Act.FILE else AccessLog.Act.VIEW
    reason = f"{share.get_basis_display()}: {share.purpose}"
    for subjects in (students, users):
        if subjects:
            access.record(request, kind, what, subjects=subjects, reason=reason)
    return roster


def _read(share: RosterShare) -> tuple[Roster, Sequence[Student], Sequence[User]]:
    """Who has a place, and may be told of; in two queries."""
    seated = Application.objects.filter(run=share.run, state__in=Application.SEATED).select_related("school")
    if share.basis == RosterShare.Basis.PROVIDED:
        seated = seated.annotate(agreed=RosterAnswer.objects.latest_of(share))
    everybody = list(seated.order_by("number"))
    told = [one for one in everybody if getattr(one, "agreed", True) or one.headcount]  # a class has no names
    people = (
        Participant.objects.filter(application__in=[one.pk for one in told])
        .select_related("student__school", "user")
        .order_by("application__number", "pk")
    )
    lines, students, users = [], [], []
    for person in people:
        student = person.student
        level = str(student.level.label) if student and student.level else ""
        lines.append(Line(person.called, level, student.grade_label if student else "", str(person.get_role_display())))
        students += [student] if student else []
        users += [person.user] if person.user else []
    for one in told:
        if one.headcount:
            where = f"{one.school} {one.class_name}".strip()
            heads = _("%(n)d명") % {"n": one.headcount}
            lines.append(Line(where, str(one.school.get_kind_display()), "", heads))
    left_out = sum(one.places for one in everybody) - sum(one.places for one in told)
    return Roster(share, tuple(lines), sum(one.places for one in told), left_out), students, users
