"""When and where a run meets: many sessions from one rule, one moved, one taken out again.

``plan`` only looks. ``make`` looks again under the run's lock and then the room's (``docs/locks.md``) and does what
it finds; done twice it adds nothing. Whoever has a place is told once of what changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F
from django.utils import timezone

from centre.calendar import Calendar
from centre.models import Room, RoomUse
from centre.rooms import Usage
from krds.dates import kperiod
from lifecycle.locks import Refused, contended, lock, lock_all
from programs import papers
from programs.models import Application, Run, Session
from programs.notices import running
from programs.repeating import Repeat

if TYPE_CHECKING:
    from accounts.models import User

BUSY = "같은 시간이나 방을 다른 사람이 함께 바꾸고 있습니다. 다시 시도해 주세요."
ALTERED = "미리 본 뒤에 일정이나 방이 바뀌었습니다. 새로 본 내용을 확인하고 다시 눌러 주세요."
CALLED_OFF = "취소된 회차입니다. 새 회차를 만들어 주세요."


class Altered(Refused):
    """What would happen now is not what was shown."""


@dataclass(frozen=True)
class Where:
    """Where the new sessions meet, and what they are about. ``without_room``: meet even where the room is taken."""

    room: Room | None = None
    place: str = ""
    title: str = ""
    without_room: bool = False
    on_days_off: bool = False


@dataclass(frozen=True)
class Line:
    """One day of a plan: what happens on it, or why nothing does; ``note`` is worth knowing and stops nobody."""

    day: date
    period: DateTimeTZRange
    reason: str = ""
    note: str = ""


@dataclass
class Plan:
    """What a rule comes to for one run."""

    new: list[Line] = field(default_factory=list)
    kept: list[Line] = field(default_factory=list)  # the run meets then already
    skipped: list[Line] = field(default_factory=list)  # holidays, closures, days that are over
    conflicts: list[Line] = field(default_factory=list)  # the room cannot be had

    @property
    def digest(self) -> str:
        """Says whether two looks saw the same."""
        kinds = (self.new, self.kept, self.skipped, self.conflicts)
        seen = [(number, line.period.lower.isoformat(), line.reason) for number, of in enumerate(kinds) for line in of]
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:24]


def plan(run: Run, rule: Repeat, where: Where, now: datetime) -> Plan:
    """What ``make`` would do now; five queries at most, whatever the rule says."""
    days = list(rule.days())
    found = Plan()
    if not days:
        return found
    calendar = Calendar.load(days[0], days[-1])
    usage = Usage.load([where.room], days[0], days[-1], calendar) if where.room else None
    standing = list(run.sessions.standing())
    venue = where.room.venue_id if where.room else None
    for day in days:
        if len(found.new) + len(found.kept) + len(found.conflicts) >= rule.most:
            break
        period = _period(day, rule)
        closed = calendar.closed_reason(day, venue)
        if _clashing(standing, period.lower, period.upper):
            found.kept.append(Line(day, period, "이 회차의 회기가 이미 있습니다."))
        elif period.lower <= now:
            found.skipped.append(Line(day, period, "이미 지난 시각입니다."))
        elif closed and not where.on_days_off:
            found.skipped.append(Line(day, period, f"쉬는 날입니다({closed})."))
        elif usage and (taken := usage.obstacle(where.room, period, outside_hours=True)):
            found.conflicts.append(Line(day, period, taken))
        else:
            note = calendar.closed_during(period.lower, period.upper, venue) or ""
            found.new.append(Line(day, period, note=note))
    return found


def make(run_id: int, rule: Repeat, where: Where, *, by: User, expected: str | None = None) -> list[Session]:
    """Do what ``plan`` shows; whoever has a place hears of the new sessions.

    Raises:
        Altered: something changed since ``expected`` (the digest that a person saw); nothing was done.
        Refused: the room is taken on some day and ``without_room`` was not chosen, or the run is cancelled.
    """
    with contended(BUSY), transaction.atomic():
        run = _held(run_id)
        if where.room:
            lock(Room.objects, where.room.pk)
        found = plan(run, rule, where, timezone.now())
        if expected and expected != found.digest and (found.new or found.conflicts):
            raise Altered(ALTERED)
        if found.conflicts and not where.without_room:
            raise Refused(f"방을 쓸 수 없는 날이 있습니다. {found.conflicts[0].reason}")
        if papers.has_certificates(run.pk):
            raise Refused("수료증을 발급한 회차에는 회기를 더하지 않습니다. 새 회차를 만들어 주세요.")
        planned = [(line, where.room) for line in found.new] + [(line, None) for line in found.conflicts]
        last = run.sessions.order_by("-number").values_list("number", flat=True).first() or 0
        made = Session.objects.bulk_create(
            Session(
                run=run,
                number=last + number,
                title=where.title,
                starts_at=line.period.lower,
                ends_at=line.period.upper,
                room=room,
                place=where.place,
            )
            for number, (line, room) in enumerate(sorted(planned, key=lambda pair: pair[0].period.lower), 1)
        )
        _number_anew(run)
        if made:
            lines = [f"○ 추가: {kperiod(one.starts_at, one.ends_at)} {one.where}".rstrip() for one in made]
            running.rescheduled(run, touched(run), lines, reason="회기를 더 엽니다.")
    return made


@dataclass(frozen=True)
class Changes:
    """What one session becomes."""

    starts_at: datetime
    ends_at: datetime
    room: Room | None = None
    place: str = ""
    title: str = ""


def move(session_id: int, to: Changes, *, by: User, reason: str = "", now: datetime | None = None) -> Session:
    """Give one session another time, room or place; whoever has a place in the run is told, once.

    A new title alone is told nobody. ``reason`` is what families read.

    Raises:
        Refused: it is over or cancelled, the new time is past, meets another session of the run or lies before the
            end of applications, the room is taken, or a reason is missing while somebody has a place.
    """
    now = now or timezone.now()
    known = Session.objects.only("run_id", "room_id").get(pk=session_id)
    with contended(BUSY), transaction.atomic():
        run = _held(known.run_id)
        rooms = lock_all(Room.objects, [key for key in (known.room_id, to.room and to.room.pk) if key])
        session = Session.objects.select_related("run__program", "room__venue").get(pk=session_id)
        before = session.starts_at, session.ends_at, session.where
        room = next((one for one in rooms if to.room and one.pk == to.room.pk), None)
        _check(session, run, to, room, now)
        session.starts_at, session.ends_at, session.room = to.starts_at, to.ends_at, room
        session.place, session.title = to.place, to.title
        session.save(update_fields=["starts_at", "ends_at", "room", "place", "title"])
        _number_anew(run)
        after = session.starts_at, session.ends_at, session.where
        if after != before:
            seated = touched(run)
            if seated and not reason.strip():
                raise Refused("참가자가 있는 회차입니다. 바꾸는 사유를 적어 주세요. 가족이 함께 읽습니다.")
            running.rescheduled(run, seated, [_moved(before, after)], reason=reason)
    return session


def remove(session_id: int, *, by: User) -> None:
    """Take a session out as if it had never been; only while nobody has ever applied.

    Raises:
        Refused: somebody applied (cancel it instead), or it is the run's only one.
    """
    run_id = Session.objects.values_list("run_id", flat=True).get(pk=session_id)
    with contended(BUSY), transaction.atomic():
        run = _held(run_id)
        if run.applications.exists():
            raise Refused("신청이 있는 회차의 회기는 지울 수 없습니다. ‘회기 취소’로 알리고 취소해 주세요.")
        rest = list(run.sessions.standing().exclude(pk=session_id))
        if not rest:
            raise Refused("회차에는 회기가 하나는 있어야 합니다. 다른 회기를 먼저 만들거나 이 회기를 옮겨 주세요.")
        check_window(run, rest)
        Session.objects.filter(pk=session_id).delete()
        _number_anew(run)


def touched(run: Run) -> list[Application]:
    """Those who have a place, their calendar entries raised by one; under the run's lock."""
    seated = run.applications.filter(state__in=Application.SEATED)
    seated.update(sequence=F("sequence") + 1)
    run.refresh_from_db(fields=["starts_at", "ends_at"])  # as the trigger of Session left them
    return list(seated.order_by("pk"))


def check_window(run: Run, sessions: Iterable[Session]) -> None:
    """Refuse sessions that would all be over before applications close; the database would, in worse words."""
    last = max(session.ends_at for session in sessions)
    if run.closes_at and run.closes_at > last:
        raise Refused("접수 마감이 마지막 회기보다 뒤가 됩니다. 회차의 접수 기간을 먼저 고쳐 주세요.")


def _held(run_id: int) -> Run:
    run = lock(Run.objects.select_related("program"), run_id)
    if run.state == Run.State.CANCELLED:
        raise Refused(CALLED_OFF)
    return run


def _check(session: Session, run: Run, to: Changes, room: Room | None, now: datetime) -> None:
    if session.cancelled_at:
        raise Refused("취소된 회기는 옮길 수 없습니다. 새 회기를 만들어 주세요.")
    timed = (to.starts_at, to.ends_at) != (session.starts_at, session.ends_at)
    if timed and session.ends_at <= now:
        raise Refused("이미 끝난 회기는 옮길 수 없습니다.")
    if timed and to.starts_at <= now:
        raise Refused("새 시작은 지금보다 뒤여야 합니다.")
    if to.ends_at <= to.starts_at:
        raise Refused("끝은 시작보다 뒤여야 합니다.")
    others = list(run.sessions.standing().exclude(pk=session.pk))
    if other := _clashing(others, to.starts_at, to.ends_at):
        raise Refused(f"같은 회차의 다른 회기와 시간이 겹칩니다: {kperiod(other.starts_at, other.ends_at)}")
    check_window(run, [*others, Session(starts_at=to.starts_at, ends_at=to.ends_at)])
    if room:
        period = DateTimeTZRange(to.starts_at, to.ends_at, "[)")
        days = timezone.localdate(to.starts_at), timezone.localdate(to.ends_at)
        mine = RoomUse.objects.of(session).first()
        if taken := Usage.load([room], *days).obstacle(room, period, ignoring=mine, outside_hours=True):
            raise Refused(taken)


def _clashing(sessions: Sequence[Session], starts: datetime, ends: datetime) -> Session | None:
    return next((one for one in sessions if one.starts_at < ends and starts < one.ends_at), None)


def _period(day: date, rule: Repeat) -> DateTimeTZRange:
    return DateTimeTZRange(*(timezone.make_aware(datetime.combine(day, at)) for at in (rule.starts, rule.ends)), "[)")


def _moved(before: tuple[datetime, datetime, str], after: tuple[datetime, datetime, str]) -> str:
    """``○ 12. 12.(토) 10:00 → 12. 13.(일) 10:00``, and the places where they differ."""
    old, new = kperiod(*before[:2]), kperiod(*after[:2])
    line = f"○ {old} → {new}" if old != new else f"○ {new}"
    return line if before[2] == after[2] else f"{line} · 장소: {before[2] or '미정'} → {after[2] or '미정'}"


_NUMBER = """
    UPDATE programs_session SET number = fresh.number
    FROM (SELECT id, row_number() OVER (ORDER BY starts_at, id) AS number
          FROM programs_session WHERE run_id = %s) fresh
    WHERE programs_session.id = fresh.id AND programs_session.number <> fresh.number
"""


def _number_anew(run: Run) -> None:
    """1, 2, 3 … by time; the unique number is checked at commit."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBER, [run.pk])
