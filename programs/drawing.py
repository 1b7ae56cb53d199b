"""The draw as arithmetic: a list, a seed, an order, who gets a place, and a proof of it all.

Nothing here knows Django, a database or the clock: whoever has a proof file and this page, or the few sentences of
``RULE``, repeats the draw. ``manage.py verify_draw FILE`` does it with this module.

**The order.** An entry of weight *w* holds *w* tickets. A ticket's value is
``HMAC-SHA256(key=seed, message="code|ticket")`` read as an integer of 256 bits; the entry's value is that of its
best ticket, the smallest; the smallest entry comes first. Integers only, so nothing is rounded anywhere.

**Why that is fair.** HMAC under a seed that nobody knew when the list was frozen gives values like independent
uniform ones, so every order of all tickets is equally likely. The smallest of *W* tickets is any one of them with
probability 1/*W*: an entry of weight *w* comes first with exactly *w*/*W*. Given who came first, strike out all its
tickets: the others are still in an equally likely order, so the next is first among the rest with *w*/(*W* less what
was struck out), and so on down the list. That is drawing tickets from an urn and throwing away the further tickets of
whoever was drawn already. (Two equal values among 2**256 will never be seen; the code would decide.)
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Any

FORMAT = "draw-proof/1"
NO_GROUP = "-"
WEIGHT_MOST = 20  # tickets of one entry: ten thousand with so many each are in order within a second

# Part of the format: a change of a sentence that changes a result makes a new FORMAT.
RULE = (
    "목록(list)의 줄을 줄바꿈(LF)으로 잇고 끝에 줄바꿈을 하나 붙인 UTF-8 글의 SHA-256이 목록 해시(list_sha256)입니다.",
    "신청 줄은 ‘추첨표 코드, 자리 수, 그룹, 추첨권 수’이고 빈칸 하나로 나눕니다. 그룹이 없으면 ‘-’입니다.",
    "씨앗값(seed.text)은 ‘목록 해시|공개 숫자’입니다.",
    "추첨권의 값은 HMAC-SHA256(열쇠=씨앗값, 글=‘추첨표 코드|추첨권 번호’)이고 추첨권 번호는 1부터입니다.",
    "신청의 값은 그 신청이 가진 추첨권의 값 가운데 가장 작은 것이며, 값이 작은 신청이 앞 순서입니다.",
    "앞 순서부터 남은 자리와 그룹의 남은 자리에 모두 들어갈 수 있으면 선정합니다. "
    "함께 신청한 사람들은 나누지 않습니다. 자리가 모자라면 그 신청은 예비로 가고, 남은 자리는 들어갈 수 있는 다음 신청이 받습니다.",
    "선정되지 않은 신청은 추첨 순서대로 예비 순위를 받습니다. 대기 정원(reserve)이 있으면 들어갈 수 있는 신청까지이고, "
    "그 밖은 미선정입니다.",
    "목록을 확정한 뒤에 취소한 신청은 목록에 그대로 두고 건너뜁니다(withdrawn).",
)


class Outcome(StrEnum):
    SELECTED = "selected"
    RESERVE = "reserve"
    OUT = "out"
    WITHDRAWN = "withdrawn"


class Malformed(ValueError):
    """The list or the file is not what the format says; the text is a Korean sentence."""


@dataclass(frozen=True, order=True)
class Entry:
    """One application in the hat. ``code`` stands for it without saying whose it is (``code_of``)."""

    code: str
    places: int
    group: str = NO_GROUP
    weight: int = 1

    def line(self) -> str:
        return f"{self.code} {self.places} {self.group} {self.weight}"


@dataclass(frozen=True)
class Hat:
    """Everything that is settled before the seed is known.

    ``capacity`` is the number of free places, ``groups`` the free places of each group by its letter, ``reserve`` the
    places of the waiting list (``None``: without an end), ``source`` the rule of the seed in one line.
    """

    run: int
    capacity: int
    source: str
    entries: tuple[Entry, ...]
    groups: Mapping[str, int] = field(default_factory=dict)
    reserve: int | None = None

    def lines(self) -> list[str]:
        """The canonical list: the head, then the entries by code."""
        return [
            FORMAT,
            f"run {self.run}",
            f"seed {self.source}",
            f"places {self.capacity}",
            f"reserve {NO_GROUP if self.reserve is None else self.reserve}",
            *(f"group {name} {places}" for name, places in sorted(self.groups.items())),
            f"entries {len(self.entries)}",
            *(entry.line() for entry in sorted(self.entries)),
        ]


@dataclass(frozen=True)
class Drawn:
    """What became of one entry: the ``place`` in the order from 1, and its rank when it is a reserve."""

    place: int
    code: str
    ticket: int
    value: int
    outcome: Outcome
    rank: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "place": self.place,
            "code": self.code,
            "ticket": self.ticket,
            "value": f"{self.value:064x}",
            "outcome": str(self.outcome),
            "rank": self.rank,
        }


def code_of(number: int, key: str) -> str:
    """The code of an application in the list: 128 bits of SHA-256 over its number and a key of its own.

    Whoever has the key can show that this line was theirs before the seed was known; who has it not cannot tell.
    """
    return hashlib.sha256(f"{number}|{key}".encode()).hexdigest()[:32]


def text_of(lines: Iterable[str]) -> str:
    """The bytes that are hashed and handed out, as text."""
    return "".join(f"{line}\n" for line in lines)


def hash_of(lines: Iterable[str]) -> str:
    return hashlib.sha256(text_of(lines).encode()).hexdigest()


def read(lines: Sequence[str]) -> Hat:
    """The list as a value, from its lines.

    Raises:
        Malformed: a line is missing, is not of the format, comes twice or out of order.
    """
    try:
        hat = _read(lines)
    except (ValueError, IndexError, AttributeError) as error:
        raise Malformed("목록의 형식이 맞지 않습니다.") from error
    if hat.lines() != list(lines):
        raise Malformed("목록의 줄이 정해진 순서나 모양이 아닙니다.")
    codes = [entry.code for entry in hat.entries]
    if len(set(codes)) != len(codes):
        raise Malformed("목록에 같은 추첨표 코드가 두 번 있습니다.")
    if any(entry.group not in {NO_GROUP, *hat.groups} for entry in hat.entries):
        raise Malformed("목록에 없는 그룹을 적은 신청이 있습니다.")
    if any(entry.places < 1 or not 1 <= entry.weight <= WEIGHT_MOST for entry in hat.entries):
        raise Malformed("자리 수나 추첨권 수가 정해진 범위를 벗어난 신청이 있습니다.")
    return hat


def _read(lines: Sequence[str]) -> Hat:
    head, groups, rest = {}, {}, list(lines)
    if rest.pop(0) != FORMAT:
        raise Malformed("모르는 형식입니다.")
    while "entries" not in head:
        name, _, value = rest.pop(0).partition(" ")
        if name == "group":
            letter, places = value.split(" ")
            groups[letter] = int(places)
        else:
            head[name] = value
    entries = []
    for line in rest:
        code, places, group, weight = line.split(" ")
        entries.append(Entry(code, int(places), group, int(weight)))
    reserve = None if head["reserve"] == NO_GROUP else int(head["reserve"])
    return Hat(int(head["run"]), int(head["places"]), head["seed"], tuple(entries), groups, reserve)


def seed_of(list_sha256: str, public: str) -> str:
    """The seed: what was settled before and what nobody knew then, in one."""
    return f"{list_sha256}|{public}"


def best_ticket(seed: str, entry: Entry) -> tuple[int, int]:
    """The smallest value among an entry's tickets, and which ticket it is, counted from 1."""
    key = seed.encode()
    return min(
        (int.from_bytes(hmac.digest(key, f"{entry.code}|{ticket}".encode(), "sha256")), ticket)
        for ticket in range(1, entry.weight + 1)
    )


def order(seed: str, entries: Iterable[Entry]) -> list[tuple[Entry, int, int]]:
    """Entries in the order of the draw, each with the value and the number of its best ticket."""
    valued = [(*best_ticket(seed, entry), entry) for entry in entries]
    valued.sort(key=lambda one: (one[0], one[2].code))
    return [(entry, value, ticket) for value, ticket, entry in valued]


def draw(hat: Hat, seed: str, withdrawn: Collection[str] = frozenset()) -> list[Drawn]:
    """Walk down the order and give out the places; see ``RULE`` for parties that are larger than what is left."""
    left, of_group, waiting = hat.capacity, dict(hat.groups), hat.reserve
    rank, result = 0, []
    for place, (entry, value, ticket) in enumerate(order(seed, hat.entries), start=1):
        outcome, own_rank = Outcome.OUT, None
        if entry.code in withdrawn:
            outcome = Outcome.WITHDRAWN
        elif entry.places <= left and entry.places <= of_group.get(entry.group, left):
            outcome = Outcome.SELECTED
            left -= entry.places
            if entry.group in of_group:
                of_group[entry.group] -= entry.places
        elif waiting is None or entry.places <= waiting:
            rank += 1
            outcome, own_rank = Outcome.RESERVE, rank
            waiting = None if waiting is None else waiting - entry.places
        result.append(Drawn(place, entry.code, ticket, value, outcome, own_rank))
    return result


def prove(hat: Hat, public: str, withdrawn: Collection[str], result: Sequence[Drawn], about: Mapping[str, str]) -> str:
    """The proof file: all that a draw was made of, and what came out. ``about`` says in words where the seed is from."""
    lines = hat.lines()
    digest = hash_of(lines)
    proof = {
        "format": FORMAT,
        "rule": list(RULE),
        "list": lines,
        "list_sha256": digest,
        "seed": {**about, "public": public, "text": seed_of(digest, public)},
        "withdrawn": sorted(withdrawn),
        "result": [drawn.as_json() for drawn in result],
    }
    return json.dumps(proof, ensure_ascii=False, indent=1)


@dataclass(frozen=True)
class Verdict:
    """Whether a proof file agrees with its own rule; ``difference`` is the first place where it does not."""

    difference: str
    entries: int = 0
    selected: int = 0
    reserves: int = 0
    list_sha256: str = ""

    @property
    def agrees(self) -> bool:
        return not self.difference


def verify(text: str) -> Verdict:
    """Recompute a proof file from its own list and seed.

    Raises:
        Malformed: it is no proof file at all.
    """
    try:
        proof = json.loads(text)
        known = proof["format"] == FORMAT
        lines, public = list(proof["list"]), str(proof["seed"]["public"])
        withdrawn, said = frozenset(proof["withdrawn"]), list(proof["result"])
        known = known and isinstance(proof["seed"]["text"], str) and isinstance(proof["list_sha256"], str)
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed("추첨 증명 파일이 아닙니다.") from error
    if not known:
        raise Malformed(f"모르는 형식입니다: {proof['format']}. 이 명령은 {FORMAT} 형식을 읽습니다.")
    hat = read(lines)
    computed = hash_of(lines)
    result = [drawn.as_json() for drawn in draw(hat, seed_of(computed, public), withdrawn)]
    differences = chain(
        _settled_before(hat, proof, computed, withdrawn),
        _result(result, said),
    )
    return Verdict(
        difference=next(differences, ""),
        entries=len(hat.entries),
        selected=sum(row["outcome"] == Outcome.SELECTED for row in result),
        reserves=sum(row["outcome"] == Outcome.RESERVE for row in result),
        list_sha256=computed,
    )


def _settled_before(hat: Hat, proof: Mapping[str, Any], computed: str, withdrawn: frozenset[str]) -> Iterator[str]:
    seed, own_seed = proof["seed"], seed_of(computed, str(proof["seed"]["public"]))
    if list(proof.get("rule", [])) != list(RULE):
        yield "파일에 적힌 규칙이 이 형식의 규칙과 다릅니다."
    if computed != proof["list_sha256"]:
        yield f"목록 해시가 다릅니다. 파일: {proof['list_sha256']}, 계산: {computed}"
    if seed["text"] != own_seed:
        yield f"씨앗값이 규칙과 다릅니다. 파일: {seed['text']}, 계산: {own_seed}"
    for code in sorted(withdrawn - {entry.code for entry in hat.entries}):
        yield f"목록에 없는 신청을 건너뛰었습니다: {code}"


def _result(result: Sequence[dict[str, Any]], said: Sequence[Any]) -> Iterator[str]:
    for place, (mine, theirs) in enumerate(zip(result, said, strict=False), start=1):
        if mine != theirs:
            yield f"{place}번째 순서가 다릅니다. 파일: {theirs}, 계산: {mine}"
    if len(result) != len(said):
        yield f"결과의 줄 수가 다릅니다. 파일: {len(said)}줄, 계산: {len(result)}줄"
