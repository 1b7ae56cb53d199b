"""Writing down who came. Every way in (roster, QR code, a phone that was offline) passes through ``mark``.

What is written of one application is written under the lock of its row (``docs/locks.md``): four hundred
people who check in at one instant do not wait for each other, and two marks of one person do.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from lifecycle.locks import Refused, contended, lock_all
from programs import papers
from programs.models import Application, Mark, Participant, Session

OLDEST = timedelta(days=7)  # what a phone kept longer than this is no entry any more
UNDO_WITHIN = timedelta(minutes=30)
BUSY = "다른 사람이 같은 신청의 출석을 적고 있습니다. 잠시 뒤에 다시 눌러 주세요."

Status, Source = Mark.Status, Mark.Source


class NotMarked(Refused):
    """Nothing was written; the message says why."""


@dataclass(frozen=True)
class Entry:
    """One mark to write: of a participant, or of a class application with the ``heads`` that came.

    ``key`` names this entry for ever: sent again it is the same one. ``at`` is when it was made, if not now.
    """

    status: str
    participant_id: int | None = None
    application_id: int | None = None
    heads: int | None = None
    at: datetime | None = None
    key: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True)
class Written:
    """What came of it: the new marks, and how many entries had changed nothing (known, or already so)."""

    marks: list[Mark]
    same: int
    withdrawn: int = 0  # papers that hold no longer


def mark(
    session_id: int, entries: Sequence[Entry], *, by: User, reason: str = "", undoes: uuid.UUID | None = None
) -> Written:
    """Write down what staff saw. The caller has checked that ``by`` may.

    Raises:
        NotMarked: the session is cancelled or not yet that day, or an entry names somebody who has no place.
        Refused: the locks were not to be had.
    """
    now = timezone.now()
    with contended(BUSY), transaction.atomic():
        session = _session(session_id)
        _in_time(session, entries, now)
        source = Source.STAFF if now < session.ends_at else Source.LATER
        return _write(session, entries, by=by, source=source, now=now, reason=reason, undoes=undoes)


def check_in(session_id: int, participants: Iterable[int], *, by: User, late_from: datetime) -> Written:
    """Write down that these came by the code on the wall; whoever has a mark keeps it: staff know better.

    Raises:
        as ``mark``
    """
    now = timezone.now()
    status = Status.PRESENT if now < late_from else Status.LATE
    with contended(BUSY), transaction.atomic():
        session = _session(session_id)
        entries = [Entry(status, participant_id=key) for key in participants]
        return _write(session, entries, by=by, source=Source.QR, now=now, only_unmarked=True)


def undo(session_id: int, batch: uuid.UUID, *, by: User) -> Written:
    """Put back what one press of a button of one's own changed, where nothing was written since.

    Raises:
        NotMarked: there is nothing of the kind, or it is too long ago.
    """
    now = timezone.now()
    made = Mark.objects.filter(session=session_id, batch=batch, by=by, undoes=None, recorded_at__gt=now - UNDO_WITHIN)
    if not (rows := list(made)):
        raise NotMarked("되돌릴 것이 없습니다. 표시를 눌러 고쳐 주세요.")
    with contended(BUSY), transaction.atomic():
        session = _session(session_id)
        lock_all(Application.objects.all(), [row.application_id for row in rows])
        held = {row.pk for row in Mark.objects.filter(session=session).current()}
        earlier = Mark.objects.filter(session=session, application__in=[row.application_id for row in rows])
        before = {_who(row): row for row in earlier.exclude(batch=batch).current()}
        entries = []
        for row in rows:
            if row.pk in held:
                old = before.get(_who(row))
                heads = None if row.participant_id else (old.heads if old else 0)
                status = old.status if old else Status.CLEARED
                entries.append(Entry(status, row.participant_id, row.application_id, heads))
        return _write(session, entries, by=by, source=rows[0].source, now=now, undoes=batch)


# --- Steps -------------------------------------------------------------------------------------


def _session(pk: int) -> Session:
    session = Session.objects.select_related("run__program").filter(pk=pk).first()
    if session is None:
        raise NotMarked("회기를 찾을 수 없습니다.")
    if session.cancelled_at is not None:
        raise NotMarked("취소한 회기에는 출석을 적지 않습니다.")
    return session


def _in_time(session: Session, entries: Sequence[Entry], now: datetime) -> None:
    """On the day of the session or later; an absence that was announced may be excused before."""
    early = timezone.localdate(now) < timezone.localdate(session.starts_at)
    if early and any(entry.status not in {Status.EXCUSED, Status.CLEARED} for entry in entries):
        raise NotMarked("출석은 회기 당일부터 적습니다. 미리 알린 결석은 ‘인정결석’으로 적어 주세요.")


def _who(row: Mark) -> tuple[int, int | None]:
    return (row.application_id, row.participant_id)


def _write(
    session: Session,
    entries: Sequence[Entry],
    *,
    by: User,
    source: str,
    now: datetime,
    reason: str = "",
    undoes: uuid.UUID | None = None,
    only_unmarked: bool = False,
) -> Written:
    """Lock the applications, leave out what is known, add the rest; papers that became untrue go back."""
    people = {
        person.pk: person
        for person in Participant.objects.filter(pk__in=[one.participant_id for one in entries if one.participant_id])
    }
    asked = [people[one.participant_id].application_id for one in entries if one.participant_id in people]
    asked += [one.application_id for one in entries if not one.participant_id and one.application_id]
    seated = {one.pk: one for one in lock_all(Application.objects.filter(run=session.run_id), asked) if one.is_seated}
    known = set(Mark.objects.filter(key__in=[one.key for one in entries]).values_list("key", flat=True))
    held = {_who(row): row for row in Mark.objects.filter(session=session, application__in=seated).current()}
    batch, new = uuid.uuid4(), []
    for one in entries:
        if one.key in known:
            continue
        row = _row(one, people, seated)
        old = held.get(_who(row))
        row.session, row.by, row.source, row.reason = session, by, source, reason[:200]
        row.at, row.recorded_at = min(one.at or now, now), now
        row.key, row.batch, row.undoes = one.key, batch, undoes
        is_marked = old is not None and old.status != Status.CLEARED
        if (only_unmarked and is_marked) or _says_the_same(old, row):
            continue
        known.add(row.key)
        if old is None or row.at >= old.at:
            held[_who(row)] = row
        new.append(row)
    Mark.objects.bulk_create(new)
    withdrawn = papers.void_untrue([row.participant_id for row in new if row.participant_id], by=by)
    return Written(new, len(entries) - len(new), withdrawn)


def _row(one: Entry, people: dict[int, Participant], seated: dict[int, Application]) -> Mark:
    if one.status not in Status.values:
        raise NotMarked("출석 표시를 다시 골라 주세요.")
    if one.participant_id:
        person = people.get(one.participant_id)
        if person is None or person.application_id not in seated or person.left_at is not None:
            raise NotMarked("이 회차에 자리가 없는 사람입니다. 명단을 새로 고쳐 주세요.")
        return Mark(application_id=person.application_id, participant_id=person.pk, status=one.status)
    group = seated.get(one.application_id or 0)
    if group is None or group.headcount is None:
        raise NotMarked("이 회차에 자리가 없는 단체입니다. 명단을 새로 고쳐 주세요.")
    heads = one.heads or 0
    if not 0 <= heads <= group.headcount:
        raise NotMarked(f"온 인원은 0명에서 {group.headcount}명까지 적습니다.")
    return Mark(application_id=group.pk, status=one.status, heads=heads)


def _says_the_same(old: Mark | None, new: Mark) -> bool:
    """Twice is once: what holds already is not written again."""
    if old is None:
        return new.status == Status.CLEARED
    return (old.status, old.heads) == (new.status, new.heads) and new.at >= old.at
