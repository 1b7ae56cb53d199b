"""What is said of applications: one message for everybody who is told of the same of them, whatever their number.

A family with two children in one run reads one text. Whoever sees only one of the children reads of that one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from centre.models import Centre
from krds.dates import kmoment, kperiod
from notices import outbox
from notices.kinds import LINK
from notices.outbox import Recipient, Word
from programs.models import Application, Participant, Run, RunOffer, Session
from programs.notices import inviting, wording

State = Application.State

# Written by hand: applying asks it every time. A guardian who cares no more for a student is told nothing more.
_PEOPLE = """
    WITH part AS (
        SELECT part.application_id, part.student_id, part.user_id
        FROM programs_participant part WHERE part.application_id = ANY(%(applications)s)
    ), told AS (
        SELECT part.application_id, care.guardian_id AS user_id
        FROM part JOIN accounts_guardianship care ON care.student_id = part.student_id
        WHERE care.confirmed_at IS NOT NULL AND care.ended_at IS NULL
        UNION
        SELECT part.application_id, student.user_id
        FROM part JOIN accounts_student student ON student.id = part.student_id
        UNION
        SELECT part.application_id, part.user_id FROM part
        UNION
        SELECT application.id, application.applicant_id
        FROM programs_application application JOIN accounts_user person ON person.id = application.applicant_id
        WHERE application.id = ANY(%(applications)s) AND NOT (application.on_behalf AND person.is_staff)
          AND NOT EXISTS (
              SELECT FROM part WHERE part.application_id = application.id AND part.student_id IS NOT NULL
          )
    )
    SELECT person.*, told.application_id
    FROM told JOIN accounts_user person ON person.id = told.user_id
    WHERE person.is_active
    ORDER BY person.id, told.application_id
"""


def people(applications: Sequence[Application]) -> list[User]:
    """Everybody with a login who is told of any of these."""
    return list({user.pk: user for user in _told_of(applications)}.values())


def reachable(application: Application) -> bool:
    """Whether anybody at all can be told of it, with an account or where a link was sent."""
    return bool(people([application]) or _invited([application], None))


def _told_of(applications: Sequence[Application]) -> list[User]:
    """A row for every person and application; each with its ``application_id``."""
    return list(User.objects.raw(_PEOPLE, {"applications": [one.pk for one in applications]}))


# --- Occasions ---------------------------------------------------------------------------------
def told(applications: Sequence[Application], *, positions: Mapping[int, int], invitation: Any = None) -> None:
    """What became of applications just made or put back: taken down, in line, or seated."""
    said = {
        State.APPLIED: wording.APPLIED,
        State.WAITING: wording.WAITING,
        State.ACCEPTED: wording.ACCEPTED,
        State.CONFIRMED: wording.CONFIRMED,
    }
    for state, kind in said.items():
        some = [one for one in applications if one.state == state]
        say(kind.code, some, state, invitation=invitation, more=lambda one: _of_state(one, positions))


def seated(applications: Sequence[Application], *, invitation: Any = None) -> None:
    told(applications, positions={}, invitation=invitation)


def _of_state(application: Application, positions: Mapping[int, int]) -> dict[str, str]:
    if application.state == State.WAITING:
        return {"순번": str(positions.get(application.pk, ""))}
    if application.state == State.ACCEPTED:
        return {"기한": kmoment(application.form_until) if application.form_until else ""}
    return {}


def offered(offer: RunOffer) -> None:
    say(
        wording.OFFERED.code,
        [offer.application],
        f"offer/{offer.pk}",
        more=lambda _one: {"기한": kmoment(offer.deadline)},
        url=reverse("programs:offer", args=[offer.pk]),
    )


def offer_lapsed(offers: Sequence[RunOffer]) -> None:
    say(wording.OFFER_LAPSED.code, [offer.application for offer in offers], "offer_lapsed")


def declined(applications: Sequence[Application]) -> None:
    say(wording.DECLINED.code, applications, "declined")


def form_due(applications: Sequence[Application]) -> None:
    """The second form is missing, and its end is near."""
    say(wording.FORM_DUE.code, applications, "form_due", more=lambda one: {"기한": kmoment(one.form_until)})


def form_lapsed(applications: Sequence[Application]) -> None:
    say(wording.FORM_LAPSED.code, applications, "form_lapsed")


def rejected(applications: Sequence[Application], *, reason: str = "") -> None:
    say(wording.REJECTED.code, applications, "rejected")


def cancelled(applications: Sequence[Application], *, by_centre: bool, reason: str) -> None:
    kind = wording.CANCELLED_BY_CENTRE if by_centre else wording.CANCELLED
    words = {"사유": reason or _("센터 사정")} if by_centre else {}
    say(kind.code, applications, "cancelled", more=lambda _one: words)


def waiting_ended(applications: Sequence[Application]) -> None:
    """The run has begun and nothing became free."""
    say(wording.WAITING_ENDED.code, applications, "waiting_ended", url=reverse("programs:list"))


def reminder(applications: Sequence[Application], session: Session) -> None:
    """Of one session, to all who have a place in its run."""
    words = {
        "일시": kperiod(session.starts_at, session.ends_at),
        "시작": kmoment(session.starts_at),
        "장소": place_of(session),
    }
    say(wording.REMINDER.code, applications, f"reminder/{session.pk}", more=lambda _one: words)


def place_of(session: Session) -> str:
    """Where a session takes place, as people find it. Needs ``run`` and ``room__venue``."""
    if session.room:
        return f"{session.room.venue.name} {session.room}"
    return session.place or session.run.place


# --- The machinery -----------------------------------------------------------------------------
def say(
    kind: str,
    applications: Iterable[Application],
    occasion: str,
    *,
    more: Any = lambda _one: {},
    invitation: Any = None,
    url: str = "",
) -> None:
    """One message for everybody about those ``applications`` of a run that concern them and of which the same is true.

    ``more`` gives the values of an application beside ``wording.SAMPLE``'s; where they differ, so do the messages.
    The link leads to ``url``, or to the page of the application. Who has no account finds it where the invitation led.
    The key holds how often each has changed, so that what happens again is said again.
    """
    applications = list(applications)
    if not applications:
        return
    known = {one.pk: one for one in applications}
    names = _names(applications)
    concerned: dict[int, set[int]] = defaultdict(set)
    users = {}
    for user in _told_of(applications):
        users[user.pk] = user
        concerned[user.pk].add(user.application_id)
    centre = Centre.objects.current()
    groups: dict[tuple[tuple[int, ...], bool], list[Any]] = defaultdict(list)
    for pk, keys in concerned.items():
        for some in _alike([known[key] for key in sorted(keys)], more):
            groups[some, True].append(users[pk])
    for pk, recipient in _invited(applications, invitation):
        groups[(pk,), False].append(recipient)
    elsewhere = {LINK: _("받으신 초대 주소를 다시 열어 주세요.")}
    said = [
        Word(
            kind=kind,
            to=to,
            key=_key([known[pk] for pk in keys], occasion),
            context={
                **_context([known[pk] for pk in keys], names),
                "전화": centre.phone if centre else "",
                **more(known[keys[0]]),
                **({} if has_login else elsewhere),
            },
            url=url or _url([known[pk] for pk in keys]),
        )
        for (keys, has_login), to in groups.items()
    ]
    outbox.post_all(said)


def _alike(applications: Sequence[Application], more: Any) -> list[tuple[int, ...]]:
    """Those that one message can speak of: of one run, with the same values."""

    def kind(one: Application) -> tuple[Any, ...]:
        return (one.run_id, sorted(more(one).items()))

    return [tuple(one.pk for one in some) for _kind, some in groupby(sorted(applications, key=kind), key=kind)]


def _key(applications: Sequence[Application], occasion: str) -> str:
    return f"application/{'+'.join(f'{one.pk}.{one.sequence}' for one in applications)}/{occasion}"[:200]


def _url(applications: Sequence[Application]) -> str:
    """The application's page; of several, the family's list of them."""
    return applications[0].get_absolute_url() if len(applications) == 1 else reverse("programs:applications")


def _context(applications: Sequence[Application], names: Mapping[int, list[str]]) -> dict[str, str]:
    run: Run = applications[0].run
    return {
        "참가자": "·".join(name for one in applications for name in names[one.pk]),
        "번호": "·".join(one.number_label for one in applications),
        "프로그램": run.program.title,
        "일시": kperiod(run.starts_at, run.ends_at),
        "시작": kmoment(run.starts_at),
        "장소": run.place,
    }


def _names(applications: Sequence[Application]) -> dict[int, list[str]]:
    """What to call each: its people without companions, or the class. One query."""
    found: dict[int, list[str]] = {
        one.pk: [f"{one.class_name} {one.headcount}명"] if one.headcount else [] for one in applications
    }
    rows = Participant.objects.filter(application__in=[pk for pk, names in found.items() if not names])
    rows = rows.exclude(role=Participant.Role.COMPANION).order_by("pk")
    for pk, student, user, name in rows.values_list("application", "student__name", "user__name", "name"):
        found[pk].append(student or user or name)
    return found


def _invited(applications: Sequence[Application], invitation: Any) -> list[tuple[int, Recipient]]:
    """Who came by a link and has no account is told where the link was sent."""
    pairs = [(applications[0].pk, invitation)] if invitation is not None else []
    if invitation is None:
        wanted = Application.objects.filter(pk__in=[one.pk for one in applications], invitation__isnull=False)
        pairs = [(one.pk, one.invitation) for one in wanted.select_related("invitation")]
    return [(pk, inviting.recipient(one)) for pk, one in pairs if one.contact]
