"""One programme as its page shows it: its runs with everything one wants to know before applying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Student
from intake import wording
from intake.rules import Audience
from programs import rules
from programs.finding import places_left
from programs.models import Material, Program, Run, Session, Status

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import Partner, User
    from centre.models import Venue
    from intake.admission import Verdict
    from programs.rules import Places


@dataclass(frozen=True)
class ShownRun:
    """One run: what it is, and what can be done about it now."""

    run: Run
    status: Status
    sessions: Sequence[Session]
    partners: Sequence[Partner]
    places: Places
    verdicts: Sequence[tuple[str, Verdict]] = ()  # a child's name, and what the rules say

    @property
    def apply_url(self) -> str:
        """Where one applies; empty where nobody can now. Who may, that page says of everybody who asks."""
        if self.status not in {Status.OPEN, Status.WAITING} or self.run.admission == Run.Admission.INVITATION:
            return ""
        return reverse("programs:apply", args=[self.run.pk])

    @property
    def standing(self) -> int:
        """How many sessions take place."""
        return sum(session.cancelled_at is None for session in self.sessions)

    @property
    def place(self) -> str:
        """``체험용 센터 2층 강의실``: every place that its sessions name; the run's own word otherwise."""
        named = (
            f"{session.room.venue} {session.room}" if session.room else session.place
            for session in self.sessions
            if session.cancelled_at is None
        )
        return ", ".join(dict.fromkeys(one for one in named if one)) or self.run.place

    @property
    def draw_url(self) -> str:
        """Where everybody can check the draw; empty where its rule is not set."""
        draw = getattr(self.run, "draw", None) if self.run.admission == Run.Admission.DRAW else None
        return draw.get_absolute_url() if draw else ""

    @property
    def how(self) -> str:
        """How places are given."""
        return str(_HOW[self.run.admission])

    @property
    def party(self) -> str:
        """Who stands together in one application; empty where everybody applies alone."""
        if self.run.companions:
            return _("동반인 한 사람까지 함께(자리를 하나 더 씁니다)")
        return "" if self.run.party == Run.Party.SINGLE else str(self.run.get_party_display())

    @property
    def who(self) -> list[str]:
        """The run's own rules in words; empty when it has none."""
        rules = self.run.rules
        if rules is None:
            return []
        named = {place.pk: place.name for place in rules.neighbourhoods.all()}
        columns = {field.attname: getattr(rules, field.attname) for field in rules._meta.fields}
        return [wording.audience(Audience.read(columns | {"neighbourhoods": tuple(named)}), named)]

    @property
    def left(self) -> str:
        if self.run.admission == Run.Admission.FIRST_COME and self.status in APPLIED:
            return places_left(self.places.capacity, self.places.taken, self.places.waiting)
        return _("정원 %(n)d명") % {"n": self.run.capacity}

    @property
    def groups(self) -> list[str]:
        """Each group with its places left; those of priority stand on no page."""
        return [
            f"{group.name}: {places_left(group.capacity, group.taken, group.waiting)}" for group in self.places.groups
        ]


APPLIED = frozenset({Status.OPEN, Status.WAITING, Status.CLOSED})
_HOW = {
    Run.Admission.FIRST_COME: gettext_lazy("먼저 신청한 순서대로(선착순)"),
    Run.Admission.DRAW: gettext_lazy("접수 마감 뒤 추첨"),
    Run.Admission.REVIEW: gettext_lazy("접수 마감 뒤 심사"),
    Run.Admission.INVITATION: gettext_lazy("초대받은 사람만"),
}


@dataclass(frozen=True)
class Shown:
    """A programme at one moment."""

    status: Status
    runs: list[ShownRun]
    past: list[ShownRun]  # the newest first
    venues: list[Venue] = field(default_factory=list)  # where its sessions are, as far as we know the house
    materials: list[Material] = field(default_factory=list)


def shown(program: Program, user: User | AnonymousUser, now: datetime | None = None) -> Shown:
    """Everything of ``program`` that ``user`` may see now."""
    now = now or timezone.now()
    sessions = Session.objects.select_related("room__venue").order_by("starts_at", "pk")
    found = list(
        program.runs.published()
        .select_related("rules", "draw")
        .prefetch_related(Prefetch("sessions", sessions), "partners", "rules__neighbourhoods")
        .order_by("starts_at", "pk")
    )
    places = rules.places(found, now)
    children = []
    if user.is_authenticated and Program.Audience.STUDENT in program.audience:
        children = list(Student.objects.of_family(user).order_by("name", "pk"))
    runs = [_run(run, program, places[run.pk], children, now) for run in found]
    ahead = [one for one in runs if one.run.ends_at > now]
    venues = {
        session.room.venue_id: session.room.venue
        for one in ahead
        for session in one.sessions
        if session.room and session.cancelled_at is None
    }
    return Shown(
        status=_best(runs, ahead),
        runs=ahead,
        past=[one for one in reversed(runs) if one.run.ends_at <= now],
        venues=list(venues.values()),
        materials=list(program.materials.all()),
    )


def _run(run: Run, program: Program, places: Places, children: Sequence[Student], now: datetime) -> ShownRun:
    """One query for the children's verdicts, of runs that can be applied for or will be."""
    status = run.status_at(now, places)
    run.program = program
    asked = children if status in {Status.OPEN, Status.WAITING, Status.COMING} and run.party != Run.Party.CLASS else []
    said = rules.verdicts(run, asked, now)
    verdicts = [(child.name, said[child.pk]) for child in asked if child.pk in said]
    return ShownRun(run, status, list(run.sessions.all()), list(run.partners.all()), places, verdicts)


def _best(runs: Sequence[ShownRun], ahead: Sequence[ShownRun]) -> Status:
    """As the list says it: the most useful of what is not over."""
    order = list(Status)
    if ahead:
        return min((one.status for one in ahead), key=order.index)
    return Status.OVER if runs else Status.ANNOUNCED
