"""What programmes have to say on 나의 페이지: offers to answer, forms to fill, what comes next, places in line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import overview
from accounts.models import User, family_keys
from accounts.overview import Asked, Entry, Group, Step, Urgency
from krds.dates import kdate, kdatetime, kperiod
from programs import engagements, waiting
from programs.engagements import Engagement
from programs.models import Application, Mark, Mentor, Participant, Program, Run, RunOffer

State = Application.State

AHEAD = timedelta(days=366)
SOON = timedelta(days=3)  # a form that is still missing then is pressing

# Written by hand: everybody who is logged in passes the front door. An offer first, then what else has a deadline,
# then the run that begins next.
_FRONT = """
    SELECT application.id, application.state, offer.deadline, application.form_until, run.starts_at, program.id, program.title
    FROM programs_participant part
    JOIN programs_application application ON application.id = part.application_id
    JOIN programs_run run ON run.id = part.run_id
    JOIN programs_program program ON program.id = run.program_id
    LEFT JOIN programs_runoffer offer
        ON offer.application_id = application.id AND offer.state = 'open' AND offer.deadline > %s
    WHERE (part.student_id IN ({family}) OR part.user_id = %s) AND part.left_at IS NULL
      AND run.starts_at > %s AND run.state <> 'cancelled'
      AND (offer.id IS NOT NULL OR application.state IN ('accepted', 'confirmed'))
    ORDER BY offer.deadline NULLS LAST, (application.state <> 'accepted'), run.starts_at, application.id
    LIMIT 1
"""


@overview.front
def what_presses(user: User, now: datetime) -> Step | None:
    """The offer that is over first, else a missing form, else the run that begins next; one statement."""
    family = family_keys(user)
    with connection.cursor() as cursor:
        cursor.execute(_FRONT.format(family=family.sql), [now, *family.params, user.pk, now])
        found = cursor.fetchone()
    if found is None:
        return None
    pk, state, deadline, form_until, starts_at, program, title = found
    application = Application(pk=pk, state=state, form_until=form_until, run=Run(program=Program(pk=program)))
    if deadline:
        return _offered(application, title, starts_at, deadline, None)
    if state == State.ACCEPTED:
        return _form(application, title, now, None)
    return _coming(title, starts_at, now, url=_page(application))


@overview.steps
def my_camps(asked: Asked) -> Iterable[Step]:
    """The teams that one looks after, while their camp is near."""
    for mentor in Mentor.objects.serving(asked.user, asked.now).select_related("run__program"):
        yield Step(
            sentence=_("%(title)s의 멘토로 함께하고 계십니다.") % {"title": mentor.run.program.title},
            url=reverse("programs:camps"),
            action=_("내 조 보기"),
            urgency=Urgency.SOON,
        )


@overview.steps
def my_programmes(asked: Asked) -> Iterable[Step]:
    """Offers and missing forms of all, and of each child and oneself the next run or session."""
    told: set[int | None] = set()
    for session in _sessions(asked):
        if session.student_id not in told and session.starts_at > asked.now:
            told.add(session.student_id)
            names = asked.names[session.student_id]
            yield _coming(
                session.title, session.starts_at, asked.now, url=session.url, who=session.student_id, name=names
            )
    for application in _live(asked):
        run, who = application.run, _about(application, asked)
        title = run.program.title
        if application.state == State.OFFERED and application.standing_offers:
            yield _offered(application, title, run.starts_at, application.standing_offers[0].deadline, who)
        elif application.state == State.ACCEPTED:
            yield _form(application, title, asked.now, who)
        if application.state in Application.SEATED and who is None and run.starts_at > asked.now and None not in told:
            told.add(None)
            yield _coming(title, run.starts_at, asked.now, url=_page(application))


@overview.entries
def sessions_ahead(asked: Asked) -> Iterable[Entry]:
    for session in _sessions(asked):
        yield Entry(
            student=session.student_id,
            group=Group.AHEAD,
            at=session.starts_at,
            title=f"{session.title} · {kperiod(session.starts_at, session.ends_at)}",
            url=session.url,
            text=session.place,
            countdown=True,
        )


@overview.entries
def applications_open(asked: Asked) -> Iterable[Entry]:
    """What waits for a draw, a review, a place or an answer, of the children."""
    waiting_ones = [one for one in _live(asked) if one.state not in Application.SEATED]
    places = waiting.positions(waiting_ones)
    for application in waiting_ones:
        run = application.run
        text = kperiod(run.starts_at, run.ends_at)
        if application.pk in places:
            text = _("대기 %(number)d번째 · %(when)s") % {"number": places[application.pk], "when": text}
        for part in application.participants.all():
            if part.student_id in asked.names:
                yield Entry(
                    student=part.student_id,
                    group=Group.WAITING,
                    at=application.applied_at,
                    title=run.program.title,
                    url=_page(application),
                    text=text,
                    badge=str(State(application.state).label),
                    kind="warning" if application.state == State.OFFERED else "information",
                )


@overview.entries
def taken_part(asked: Asked) -> Iterable[Entry]:
    """Of each child who came to a programme one line, which leads to hours and papers; one statement."""
    marks = Mark.objects.filter(participant__student__in=asked.students, participant__left_at=None).current()
    last: dict[int, datetime] = {}
    for student, status, at in marks.values_list("participant__student", "status", "session__starts_at"):
        if status in Mark.CAME:
            last[student] = max(at, last.get(student, at))
    for student, at in last.items():
        yield Entry(
            student=student,
            group=Group.PAST,
            at=at,
            title=_("프로그램 활동 이력과 수료증"),
            url=reverse("programs:portfolio", args=[student]),
            text=_("마지막 출석 %(day)s") % {"day": kdate(timezone.localdate(at))},
        )


def _page(application: Application) -> str:
    return application.get_absolute_url()


# --- What is said ------------------------------------------------------------------------------
def _offered(application: Application, title: str, starts: datetime, deadline: datetime, who: int | None) -> Step:
    return Step(
        sentence=_("기다리던 ‘%(title)s’(%(when)s)에 자리가 났습니다. 기한까지 답해 주세요.")
        % {"title": title, "when": kdatetime(starts)},
        url=_page(application),
        action=_("답하기"),
        urgency=Urgency.NOW,
        until=deadline,
        student=who,
    )


def _form(application: Application, title: str, now: datetime, who: int | None) -> Step:
    until = application.form_until
    return Step(
        sentence=_("‘%(title)s’에 선정되었습니다. 서류를 내셔야 참여가 확정됩니다.") % {"title": title},
        url=_page(application),
        action=_("서류 내기"),
        urgency=Urgency.SOON if until and until - now <= SOON else Urgency.LATER,
        until=until,
        student=who,
    )


def _coming(title: str, starts: datetime, now: datetime, *, url: str, who: int | None = None, name: str = "") -> Step:
    days = (timezone.localdate(starts) - timezone.localdate(now)).days
    known = {"name": name, "title": title, "when": kdatetime(starts)}
    sentence = (
        _("%(name)s님의 ‘%(title)s’이(가) %(when)s에 있습니다.")
        if name
        else _("‘%(title)s’이(가) %(when)s에 있습니다.")
    )
    return Step(
        sentence=sentence % known,
        url=url,
        action=_("신청 보기"),
        urgency=Urgency.SOON if days <= 1 else Urgency.LATER,
        until=starts,
        happens=True,
        student=who,
    )


def _about(application: Application, asked: Asked) -> int | None:
    """Which child it is about; ``None``: oneself, or several people together."""
    mine = [part.student_id for part in application.participants.all() if part.student_id in asked.names]
    return mine[0] if len(mine) == 1 else None


# --- What is looked up -------------------------------------------------------------------------
def _sessions(asked: Asked) -> list[Engagement]:
    return asked.once("programs.sessions", lambda: engagements.of(asked.students, asked.now, asked.now + AHEAD))


def _live(asked: Asked) -> list[Application]:
    """Everything of the family that lives in runs that are not over, in three queries at most."""
    people = Participant.objects.select_related("student")
    standing = RunOffer.objects.open(asked.now).order_by("deadline")
    mine = (
        Application.objects.of_family(asked.user)
        .live()
        .filter(run__ends_at__gt=asked.now)
        .exclude(run__state=Run.State.CANCELLED)
        .select_related("run__program")
        .prefetch_related(Prefetch("participants", people), Prefetch("offers", standing, to_attr="standing_offers"))
        .order_by("run__starts_at", "pk")
    )
    return asked.once("programs.live", lambda: list(mine))
