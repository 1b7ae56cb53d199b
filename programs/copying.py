"""Last year's runs into a new period, and a programme under a new name: everything that staff would type again.

Dates move by whole weeks, so that a Saturday stays a Saturday; what then falls on a day off is copied and flagged.
Copies are not published: ``publishing`` says what is to be put right first. Nobody's application is copied.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import GeneratedField
from django.utils import timezone

from centre.calendar import Calendar
from centre.models import Room
from centre.rooms import Usage
from lifecycle.locks import Refused, contended, lock_all
from programs.models import Group, Program, Run, Session
from programs.sessions import Altered

if TYPE_CHECKING:
    from accounts.models import User

BUSY = "같은 방이나 회차를 다른 사람이 함께 바꾸고 있습니다. 다시 시도해 주세요."
ALTERED = "미리 본 뒤에 회차나 방이 바뀌었습니다. 새로 본 내용을 확인하고 다시 눌러 주세요."
MOST_RUNS = 60

# Every column of a run is one of these; a new one fails ``tests/programs/test_copying.py`` until somebody decides.
AS_IT_IS = (
    "place", "capacity", "admission", "party", "companions", "waiting_most", "min_participants", "rules",
    "questionnaire", "second_form", "pass_percent",
)  # fmt: skip
SHIFTED = ("starts_at", "ends_at", "opens_at", "closes_at", "decide_at", "second_form_until")
NOT_COPIED = ("id", "program", "title", "state", "published_at", "source", "asked_at")

_OWN = {"id", "plan_key", "plan_text", "published_at", "title"}  # of a programme: not copied as it is
_YEAR = re.compile(r"20\d\d")


@dataclass(frozen=True)
class Meeting:
    """One session of a copy; ``flag`` says what staff should look at."""

    session: Session
    starts_at: datetime
    ends_at: datetime
    room: Room | None
    flag: str = ""


@dataclass
class Copy:
    """One run and what becomes of it; ``reason`` says why nothing does."""

    source: Run
    title: str
    meetings: list[Meeting] = field(default_factory=list)
    reason: str = ""

    @property
    def starts_at(self) -> datetime:
        return min(meeting.starts_at for meeting in self.meetings)


@dataclass
class Plan:
    """What ``copy`` would do now."""

    weeks: int
    copies: list[Copy]

    @property
    def new(self) -> list[Copy]:
        return [one for one in self.copies if not one.reason]

    @property
    def digest(self) -> str:
        seen = [
            (one.source.pk, one.reason, [(m.starts_at.isoformat(), m.room and m.room.pk, m.flag) for m in one.meetings])
            for one in self.copies
        ]
        return hashlib.sha256(repr((self.weeks, seen)).encode()).hexdigest()[:24]


def weeks_to(runs: Iterable[Run], day: date) -> int:
    """How many weeks bring the earliest of ``runs`` into the week (from Monday) of ``day``."""
    first = min(timezone.localdate(run.starts_at) for run in runs)
    return (_monday(day) - _monday(first)).days // 7


def plan(runs: Iterable[Run], weeks: int, *, into: Program | None = None) -> Plan:
    """A look; seven queries at most, however many runs. ``into``: another programme than their own."""
    runs = list(runs)[:MOST_RUNS]
    shift = timedelta(weeks=weeks)
    sessions: dict[int, list[Session]] = {run.pk: [] for run in runs}
    for session in Session.objects.filter(run__in=runs).select_related("room__venue").order_by("starts_at", "pk"):
        sessions[session.run_id].append(session)
    moments = [moment + shift for of in sessions.values() for one in of for moment in (one.starts_at, one.ends_at)]
    if not moments:
        return Plan(weeks, [])
    days = timezone.localdate(min(moments)), timezone.localdate(max(moments))
    calendar = Calendar.load(*days)
    rooms = {one.room_id: one.room for of in sessions.values() for one in of if one.room}
    usage = Usage.load(rooms.values(), *days, calendar) if rooms else None
    known = set(Run.objects.filter(source__in=runs).values_list("source_id", "program_id", "starts_at"))
    taken: list[tuple[int, datetime, datetime]] = []
    found = []
    for run in runs:
        copy = Copy(run, _renamed(run.title, run.starts_at, run.starts_at + shift))
        standing = [one for one in sessions[run.pk] if not one.cancelled_at] or sessions[run.pk]
        copy.meetings = [_meeting(one, shift, calendar, usage, taken) for one in standing]
        if not copy.meetings:
            copy.reason = "회기가 없는 회차입니다."
        elif (run.pk, (into or run.program).pk, copy.starts_at) in known:
            copy.reason = "같은 때로 이미 베낀 회차입니다."
        found.append(copy)
    return Plan(weeks, found)


def copy(
    run_ids: Iterable[int], weeks: int, *, by: User, into: Program | None = None, expected: str | None = None
) -> list[Run]:
    """Do what ``plan`` shows, all of it or nothing. Done twice it adds nothing.

    Raises:
        Altered: something changed since ``expected`` (the digest that a person saw).
        Refused: nothing to copy.
    """
    with contended(BUSY), transaction.atomic():
        runs = lock_all(Run.objects.select_related("program"), run_ids)
        keys = Session.objects.filter(run__in=runs, room__isnull=False).values_list("room_id", flat=True)
        lock_all(Room.objects, list(keys))
        found = plan(runs, weeks, into=into)
        if expected and expected != found.digest:
            raise Altered(ALTERED)
        if not found.new:
            raise Refused("베낄 회차가 없습니다. 회차를 고르고, 이미 베낀 것은 아닌지 확인해 주세요.")
        return [_made(one, found.weeks, into) for one in found.new]


def copy_program(program_id: int, title: str, *, by: User) -> Program:
    """The same programme under a new name, not published, without the plan's words; its runs are copied apart.

    Raises:
        Refused: there is a programme of that name.
    """
    title = title.strip()
    if not title:
        raise Refused("새 프로그램의 이름을 적어 주세요.")
    with transaction.atomic():
        if Program.objects.filter(title=title).exists():
            raise Refused("같은 이름의 프로그램이 이미 있습니다. 다른 이름을 적어 주세요.")
        source = Program.objects.get(pk=program_id)
        columns = [one for one in Program._meta.concrete_fields if not isinstance(one, GeneratedField)]
        values = {one.attname: getattr(source, one.attname) for one in columns if one.name not in _OWN}
        made = Program.objects.create(title=title, published_at=None, **values)
        for many in Program._meta.many_to_many:
            getattr(made, many.name).set(getattr(source, many.name).all())
        return made


def _made(one: Copy, weeks: int, into: Program | None) -> Run:
    run, shift = one.source, timedelta(weeks=weeks)
    values: dict[str, Any] = {name: getattr(run, name) for name in AS_IT_IS}
    values |= {name: moment + shift if (moment := getattr(run, name)) else None for name in SHIFTED}
    values["starts_at"] = one.starts_at
    values["ends_at"] = max(meeting.ends_at for meeting in one.meetings)
    made = Run.objects.create(program=into or run.program, title=one.title, source=run, published_at=None, **values)
    Session.objects.bulk_create(
        Session(
            run=made,
            number=number,
            title=meeting.session.title,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            room=meeting.room,
            place=meeting.session.place,
        )
        for number, meeting in enumerate(one.meetings, 1)
    )
    groups = list(run.groups.all())
    for group in groups:
        group.pk, group.run, group._state.adding = None, made, True
    Group.objects.bulk_create(groups)
    made.partners.set(run.partners.all())
    return made


def _meeting(
    session: Session,
    shift: timedelta,
    calendar: Calendar,
    usage: Usage | None,
    taken: list[tuple[int, datetime, datetime]],
) -> Meeting:
    """``taken`` are the rooms that other copies of the same go have; the session's are added to it."""
    starts, ends = session.starts_at + shift, session.ends_at + shift
    room, flags = session.room, []
    if reason := calendar.closed_reason(timezone.localdate(starts), room.venue_id if room else None):
        flags.append(f"쉬는 날입니다({reason}).")
    if room and usage:
        period = DateTimeTZRange(starts, ends, "[)")
        obstacle = usage.obstacle(room, period, outside_hours=True)
        if obstacle or any(key == room.pk and begin < ends and starts < end for key, begin, end in taken):
            flags.append(f"{obstacle or f'{room}: 함께 베끼는 다른 회기와 겹칩니다.'} 방 없이 베낍니다.")
            room = None
        else:
            taken.append((room.pk, starts, ends))
    return Meeting(session, starts, ends, room, " ".join(flags))


def _renamed(title: str, old: datetime, new: datetime) -> str:
    """``2026년 겨울 1회`` a year later is ``2027년 겨울 1회``."""
    years = timezone.localdate(new).year - timezone.localdate(old).year
    return _YEAR.sub(lambda year: str(int(year.group()) + years), title)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def last_years(program: Program, now: datetime) -> Sequence[Run]:
    """What is most likely to be held again: the runs that began in the last 400 days, the earliest first."""
    since = now - timedelta(days=400)
    return list(
        program.runs.filter(starts_at__gte=since).select_related("program").order_by("starts_at", "pk")[:MOST_RUNS]
    )
