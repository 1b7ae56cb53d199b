"""Who might sleep where and belong to which team: pure, the same for the same people, and no Django.

Everybody goes to the emptiest that takes them; of equally empty ones, to the one with the fewest of the same grade,
then of the same school, then the first by name. Who was put somewhere by hand stays there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Person:
    """Somebody to be placed. ``kind`` is what staff stated, empty when nothing was."""

    key: int
    grade: int
    school: str
    kind: str = ""
    room: int | None = None
    team: int | None = None


@dataclass(frozen=True)
class Room:
    """A room with ``beds``; ``kind`` is whom it is kept for, empty for anybody."""

    key: int
    beds: int
    kind: str = ""


def fill(people: Iterable[Person], rooms: Sequence[Room], teams: Sequence[int]) -> list[Person]:
    """Everybody with a room and a team where there is one; who fits nowhere stays without a room."""
    placed = {one.key: one for one in people}
    queue = sorted(placed.values(), key=lambda one: (one.grade, one.school, one.key))
    for one in queue:
        if one.room is None and (room := _room(one, rooms, list(placed.values()))) is not None:
            placed[one.key] = replace(placed[one.key], room=room)
    for one in queue:
        if one.team is None and teams:
            there = [
                (index, key, [who for who in placed.values() if who.team == key]) for index, key in enumerate(teams)
            ]
            best = min(there, key=lambda each: (len(each[2]), *_alike(one, each[2]), each[0]))
            placed[one.key] = replace(placed[one.key], team=best[1])
    return [placed[key] for key in sorted(placed)]


def _room(one: Person, rooms: Sequence[Room], placed: list[Person]) -> int | None:
    open_to: list[tuple[float, int, int, int, int]] = []
    for index, room in enumerate(rooms):
        inside = [who for who in placed if who.room == room.key]
        if not obstacle(room, [*inside, one]):
            open_to.append((len(inside) / room.beds, *_alike(one, inside), index, room.key))
    return min(open_to)[-1] if open_to else None


def _alike(one: Person, others: Iterable[Person]) -> tuple[int, int]:
    others = list(others)
    return sum(who.grade == one.grade for who in others), sum(who.school == one.school for who in others)


def obstacle(room: Room, inside: Sequence[Person]) -> str:
    """Why these cannot all sleep in this room: ``beds``, ``kind`` (kept for others), ``mixed``; empty when they can."""
    if len(inside) > room.beds:
        return "beds"
    kinds = {who.kind for who in inside}
    if room.kind and kinds - {room.kind}:
        return "kind"
    return "mixed" if len(kinds - {""}) > 1 else ""
