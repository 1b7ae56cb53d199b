"""A camp's rooms, teams and mentors, and who is put where. All of it happens under the run's row (``docs/locks.md``).

Behind the count of beds stands nothing, so nobody writes ``Stay`` or a room's capacity but through here. Who loses
the place in the run loses bed and team in the same statement, by a trigger.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils import timezone

from accounts.models import Partner
from lifecycle.locks import Refused, contended, lock
from programs import camp_plan
from programs.camp_plan import Person
from programs.models import CampRoom, Kept, Mentor, Participant, Program, Run, Stay, Team

if TYPE_CHECKING:
    from accounts.models import User

BUSY = "다른 직원이 같은 캠프를 고치고 있거나 같은 이름이 이미 있습니다. 새로 고쳐 확인해 주세요."
CHANGED = "그사이 다른 직원이 배정을 바꾸었거나 참가자가 달라졌습니다. 새로 고친 뒤 다시 배정해 주세요."


class NotPlaced(Refused):
    """Not so: full, kept for others, changed meanwhile, or no camp."""


@dataclass(frozen=True)
class Change:
    """Where somebody shall be; ``was`` is what the page showed (kind, room, team), ``None`` asks nothing."""

    participant_id: int
    kind: str
    room_id: int | None
    team_id: int | None
    was: tuple[str, int | None, int | None] | None = None


@contextmanager
def _at(run_id: int) -> Iterator[Run]:
    """The run, held until commit.

    Raises:
        NotPlaced: it is no camp, or called off.
    """
    with contended(BUSY, NotPlaced), transaction.atomic():
        run = lock(Run.objects.select_related("program"), run_id)
        if run.program.kind != Program.Kind.CAMP:
            raise NotPlaced("캠프로 운영하는 프로그램의 회차에서만 쓸 수 있습니다.")
        if run.state == Run.State.CANCELLED:
            raise NotPlaced("취소된 회차입니다.")
        yield run


def seated(run: Run) -> models.QuerySet[Participant]:
    """Those who have a place, by application number."""
    people = Participant.objects.seated().filter(run=run, left_at=None)
    return people.select_related("application", "run", "student__school", "user", "stay__room", "stay__team").order_by(
        "application__number", "pk"
    )


# --- Rooms -------------------------------------------------------------------------------------
def put_room(run_id: int, *, name: str, capacity: int, kind: str = "", pk: int | None = None) -> CampRoom:
    """Add a room, or change one; never smaller than who sleeps in it.

    Raises:
        NotPlaced: those who sleep there do not fit, or the name is taken.
    """
    with _at(run_id) as run:
        room = run.camp_rooms.get(pk=pk) if pk else CampRoom(run=run)
        room.name, room.capacity, room.kind = " ".join(name.split()), capacity, kind
        _own_name(run.camp_rooms, room)
        if pk:
            _check_rooms([room], Stay.objects.filter(room=room))
        room.save()
        return room


def remove_room(run_id: int, pk: int) -> None:
    with _at(run_id) as run:
        room = run.camp_rooms.filter(pk=pk).first()
        if room is None:
            return
        if room.stays.exists():
            raise NotPlaced("배정된 사람이 있는 방은 지울 수 없습니다. 먼저 다른 방으로 옮겨 주세요.")
        room.delete()


# --- Mentors -----------------------------------------------------------------------------------
def put_mentor(
    run_id: int,
    *,
    role: str,
    user: User | None = None,
    name: str = "",
    partner: Partner | None = None,
    cleared_on: date | None = None,
    pk: int | None = None,
) -> Mentor:
    """Add a mentor, or change one's role, partner and day of clearance; who it is stays.

    Raises:
        NotPlaced: nobody or twice the same, a day yet to come, or a team without its clearance.
    """
    if cleared_on and cleared_on > timezone.localdate():
        raise NotPlaced("확인일은 오늘이거나 지난 날이어야 합니다.")
    with _at(run_id) as run:
        if pk:
            mentor = run.mentors.get(pk=pk)
        else:
            if (user is None) == (not name):
                raise NotPlaced("계정의 이메일과 이름 가운데 하나만 적어 주세요.")
            if user and run.mentors.filter(user=user).exists():
                raise NotPlaced("이 회차의 멘토로 이미 등록된 사람입니다.")
            mentor = Mentor(run=run, user=user, name=name)
        if pk and cleared_on is None and mentor.teams.exists():
            raise NotPlaced("조를 맡은 멘토의 확인일은 비울 수 없습니다. 먼저 조에서 빼 주세요.")
        mentor.role, mentor.partner, mentor.cleared_on = role, partner, cleared_on
        mentor.save()
        return mentor


def remove_mentor(run_id: int, pk: int) -> None:
    """Take a mentor out, out of the teams, too."""
    with _at(run_id) as run:
        run.mentors.filter(pk=pk).delete()


# --- Teams -------------------------------------------------------------------------------------
def put_team(
    run_id: int, *, name: str, mentors: Iterable[int] = (), in_charge: int | None = None, pk: int | None = None
) -> Team:
    """Add a team with its mentors, or change one; who is in charge belongs to it.

    Raises:
        NotPlaced: a mentor whose clearance nobody has seen, or the name is taken.
    """
    with _at(run_id) as run:
        wanted = set(mentors) | ({in_charge} if in_charge else set())
        chosen = list(run.mentors.filter(pk__in=wanted).select_related("user"))
        if len(chosen) < len(wanted):
            raise NotPlaced(CHANGED)
        for mentor in chosen:
            if mentor.cleared_on is None:
                raise NotPlaced(f"{mentor.called}님은 성범죄 경력 조회를 확인한 날이 없어 조를 맡을 수 없습니다.")
        team = run.teams.get(pk=pk) if pk else Team(run=run)
        team.name, team.in_charge_id = " ".join(name.split()), in_charge
        _own_name(run.teams, team)
        team.save()
        team.mentors.set(chosen)
        return team


def remove_team(run_id: int, pk: int) -> None:
    with _at(run_id) as run:
        team = run.teams.filter(pk=pk).first()
        if team is None:
            return
        if team.stays.exists():
            raise NotPlaced("배정된 사람이 있는 조는 지울 수 없습니다. 먼저 다른 조로 옮겨 주세요.")
        team.delete()


def _own_name(rows: models.Manager, row: CampRoom | Team) -> None:
    if rows.filter(name=row.name).exclude(pk=row.pk).exists():
        raise NotPlaced(f"‘{row.name}’이라는 이름이 이미 있습니다. 다른 이름을 적어 주세요.")


# --- Who is put where --------------------------------------------------------------------------
def assign(run_id: int, changes: Sequence[Change], *, by: User) -> int:
    """Put people into rooms and teams, all of them or none; return how many changed.

    Raises:
        NotPlaced: a room is full or kept for others, somebody has left, or somebody else changed the same.
    """
    with _at(run_id) as run:
        return _assign(run, changes, by=by)


def _assign(run: Run, changes: Sequence[Change], *, by: User) -> int:
    people = {one.pk: one for one in seated(run)}
    stays = {key: one.stay for key, one in people.items() if hasattr(one, "stay")}
    rooms, teams = {room.pk: room for room in run.camp_rooms.all()}, set(run.teams.values_list("pk", flat=True))
    changed: list[Stay] = []
    now = timezone.now()
    for change in changes:
        stay = stays.get(change.participant_id) or Stay(participant_id=change.participant_id)
        if change.participant_id not in people or (change.was is not None and change.was != as_is(stay)):
            raise NotPlaced(CHANGED)
        if change.room_id not in {None, *rooms} or change.team_id not in {None, *teams} or change.kind not in Kept:
            raise NotPlaced(CHANGED)
        to = (change.kind, change.room_id, change.team_id)
        if to != as_is(stay):
            stay.kind, stay.room_id, stay.team_id = to
            stay.placed_at, stay.placed_by = now, by
            stays[change.participant_id] = stay
            changed.append(stay)
    _check_rooms(rooms.values(), stays.values())
    for stay in changed:
        stay.save()
    return len(changed)


def as_is(stay: Stay | None) -> tuple[str, int | None, int | None]:
    """Kind, room and team as they stand."""
    return (stay.kind, stay.room_id, stay.team_id) if stay else ("", None, None)


def _check_rooms(rooms: Iterable[CampRoom], stays: Iterable[Stay]) -> None:
    stays = list(stays)
    for room in rooms:
        inside = [Person(stay.participant_id, 0, "", stay.kind) for stay in stays if stay.room_id == room.pk]
        why = camp_plan.obstacle(camp_plan.Room(room.pk, room.capacity, room.kind), inside)
        if why == "beds":
            raise NotPlaced(f"{room} 정원은 {room.capacity}명인데 {len(inside)}명입니다.")
        if why == "kind":
            label = room.get_kind_display()
            raise NotPlaced(f"{room}은(는) ‘{label}’ 방입니다. 구분을 ‘{label}’로 표시한 사람만 배정할 수 있습니다.")
        if why == "mixed":
            raise NotPlaced(f"{room}에 ‘여’와 ‘남’으로 표시한 사람이 함께 있습니다.")


# --- A proposal --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Proposal:
    """Where those without a room or team might go; ``digest`` names exactly this, from exactly what stands."""

    changes: tuple[Change, ...]
    roomless: int
    digest: str


def propose(run: Run) -> Proposal:
    """What ``fill`` would do now; nothing is written."""
    people = list(seated(run))
    before = {one.pk: as_is(getattr(one, "stay", None)) for one in people}
    persons = [_person(one) for one in people]
    rooms = [camp_plan.Room(room.pk, room.capacity, room.kind) for room in run.camp_rooms.all()]
    after = camp_plan.fill(persons, rooms, [team.pk for team in run.teams.all()])
    changes = tuple(
        Change(one.key, one.kind, one.room, one.team, was=before[one.key])
        for one in after
        if (one.kind, one.room, one.team) != before[one.key]
    )
    stands = json.dumps([sorted(before.items()), [(one.key, one.room, one.team) for one in after]])
    digest = hashlib.sha256(stands.encode()).hexdigest()[:16]
    return Proposal(changes, sum(one.room is None for one in after), digest)


def fill(run_id: int, *, seen: str, by: User) -> int:
    """Do what was seen in the preview, or nothing; return how many were placed.

    Raises:
        NotPlaced: it would be something else by now.
    """
    with _at(run_id) as run:
        proposal = propose(run)
        if proposal.digest != seen:
            raise NotPlaced(CHANGED)
        return _assign(run, proposal.changes, by=by)


def _person(one: Participant) -> Person:
    kind, room, team = as_is(getattr(one, "stay", None))
    student = one.student
    grade = (student.current_grade or 0) if student else 0
    return Person(one.pk, grade, student.school_label if student else "", kind, room, team)
