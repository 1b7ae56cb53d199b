"""Holding a draw: the rule beforehand, the list frozen at the end of applying, the draw once its number is out.

What comes first and who gets a place is ``drawing``'s, which knows no database. Each step holds the run's row
(``docs/locks.md``); each is final, and a second attempt is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from krds.dates import kdatetime
from lifecycle.locks import Refused, contended
from programs import drawing, settling, waiting
from programs.drawing import NO_GROUP, WEIGHT_MOST, Drawn, Entry, Hat, Outcome
from programs.models import Application, Draw, DrawEntry, DrawFile, Group, Participant, Run
from programs.seats import Seats
from programs.seeds import Source, Unreadable

if TYPE_CHECKING:
    from accounts.models import User

State = Application.State
REASON = "추첨"
BATCH = 2_000

_DRAWN = """
    UPDATE programs_drawentry SET place = given.place, outcome = given.outcome, rank = given.rank
    FROM unnest(%(codes)s::text[], %(places)s::int[], %(outcomes)s::text[], %(ranks)s::int[])
        AS given(code, place, outcome, rank)
    WHERE programs_drawentry.draw_id = %(draw)s AND programs_drawentry.code = given.code
"""


class Undrawable(Refused):
    """This step of the draw is not due, or is done already; the sentence says what to do."""


# --- Before ------------------------------------------------------------------------------------
def set_rule(
    run_id: int,
    *,
    source: str,
    round_number: int | None,
    known_on: date,
    first_time_weight: int = 1,
    by: User,
) -> Draw:
    """Say which public number will be the seed and who has how many tickets. It may change until the list is frozen.

    Raises:
        Undrawable: the run does not draw, the list is frozen, or the number could be known by the end of applying.
    """
    with contended(str(waiting.BUSY), Undrawable), transaction.atomic():
        run, now = waiting.enter(run_id), timezone.now()
        _check_draws(run)
        draw = Draw.objects.filter(run=run).first() or Draw(run=run)
        if draw.frozen_at:
            raise Undrawable("목록을 확정한 뒤에는 규칙을 바꿀 수 없습니다.")
        draw.source, draw.round_number, draw.known_on = Source(source), round_number, known_on
        draw.first_time_weight, draw.ruled_by, draw.ruled_at = first_time_weight, by, now
        draw.known_at = draw.known_on_time()
        if draw.known_at <= max(now, run.closes_at):
            raise Undrawable(
                f"접수 마감({kdatetime(run.closes_at)})과 지금보다 뒤에 공개되는 숫자를 고르세요. "
                f"고른 숫자는 {kdatetime(draw.known_at)}쯤 알려집니다."
            )
        try:
            draw.full_clean(exclude=["run", "frozen_by", "drawn_by", "list_hash", "public_number", "seen_where"])
        except ValidationError as error:
            raise Undrawable(" ".join(error.messages)) from None
        draw.save()
        return draw


def freeze(run_id: int, *, by: User | None) -> Draw:
    """Close the list: who is in the hat, with how many tickets, for how many places; hash and list are public at once.

    ``by`` is ``None`` when the clock does it. Whoever withdraws later stays in the list.

    Raises:
        Undrawable: applications are open still, there is no rule, it is frozen already, or its number may be out.
    """
    with contended(str(waiting.BUSY), Undrawable), transaction.atomic():
        run, now = waiting.enter(run_id), timezone.now()
        draw = _of(run)
        if draw.frozen_at:
            raise Undrawable("목록을 이미 확정했습니다.")
        if now < run.closes_at:
            raise Undrawable(f"접수가 끝난 뒤({kdatetime(run.closes_at)})에 목록을 확정할 수 있습니다.")
        if now >= draw.known_at:
            raise Undrawable(
                "씨앗이 될 숫자가 이미 공개되었습니다. 더 뒤에 공개되는 숫자로 규칙을 바꾼 뒤 확정해 주세요."
            )
        seats = Seats.of(run, now)
        applications = list(run.applications.filter(state=State.APPLIED).order_by("number"))
        letters = _letters(run.groups.all())
        entries = _entries(draw, applications, letters, _selected_before(run))
        hat = _hat(draw, run, entries, max(seats.left(), 0), {letters[pk]: seats.left_in(pk) for pk in letters})
        lines = hat.lines()
        DrawEntry.objects.bulk_create(entries, batch_size=BATCH)
        DrawFile.objects.create(draw=draw, kind=DrawFile.Kind.LIST, text=drawing.text_of(lines))
        draw.frozen_at, draw.frozen_by, draw.list_hash = now, by, drawing.hash_of(lines)
        draw.entered, draw.capacity = len(entries), hat.capacity
        draw.save()
        return draw


def freeze_due() -> int:
    """Freeze the lists whose applications are closed; how many. One that fails does not keep the others."""
    frozen = 0
    for run_id in Draw.objects.to_freeze(timezone.now()).values_list("run", flat=True):
        try:
            freeze(run_id, by=None)
        except Refused:
            continue  # staff froze it this moment, or the run's row is busy: the next tick asks again
        frozen += 1
    return frozen


# --- The draw ----------------------------------------------------------------------------------
def draw(run_id: int, *, number: str, where: str, by: User, fallback: bool = False) -> Draw:
    """Draw once: order, places, ranks, states with their trail, notices and the proof file, in one transaction.

    Args:
        number: the public number as staff typed it.
        where: where they read it and when, for whoever checks.
        fallback: the number is the one that stands in, named in the rule.

    Raises:
        Undrawable: drawn already, not frozen, the number cannot be known yet or is none, or places have gone.
    """
    with contended(str(waiting.BUSY), Undrawable), transaction.atomic():
        run, now = waiting.enter(run_id), timezone.now()
        held = _of(run)
        _check_due(held, now, fallback=fallback)
        public = read_number(held, number)
        hat = drawing.read(_lines(held))
        _check_places(run, hat, now)
        alive = set(run.applications.filter(state=State.APPLIED).values_list("pk", flat=True))
        entries = {entry.code: entry for entry in held.entries.all()}
        gone = {code for code, entry in entries.items() if entry.application_id not in alive}
        gone |= {entry.code for entry in hat.entries} - entries.keys()  # an application that was destroyed meanwhile
        result = drawing.draw(hat, drawing.seed_of(held.list_hash, public), gone)
        _keep(held, result)
        about = {"rule": held.number_label, "fallback": held.fallback_label, "seen": where.strip()[:200]}
        about["stands_in"] = "예" if fallback else "아니요"
        proof = drawing.prove(hat, public, gone, result, about)
        DrawFile.objects.create(draw=held, kind=DrawFile.Kind.PROOF, text=proof)
        held.drawn_at, held.drawn_by, held.public_number = now, by, public
        held.fell_back, held.seen_where = fallback, where.strip()[:200]
        held.save()
        _settle(run, result, entries, by, now)
        return held


def read_number(held: Draw, typed: str) -> str:
    """The public number in the form in which it goes into the seed.

    Raises:
        Undrawable: it is no number of this kind.
    """
    try:
        return Source(held.source).read(typed)
    except Unreadable as error:
        raise Undrawable(str(error)) from None


def _check_due(held: Draw, now: datetime, *, fallback: bool) -> None:
    if held.drawn_at:
        raise Undrawable(f"이미 {kdatetime(held.drawn_at)}에 추첨했습니다. 추첨은 한 번만 합니다.")
    if not held.frozen_at:
        raise Undrawable("먼저 목록을 확정해 주세요.")
    due = held.fallback_at if fallback else held.known_at
    if now < due:
        raise Undrawable(f"{kdatetime(due)}부터 추첨할 수 있습니다. 그때까지는 씨앗이 될 숫자가 공개되지 않습니다.")


def _check_places(run: Run, hat: Hat, now: datetime) -> None:
    """More places than the list says are the line's afterwards; fewer would seat too many."""
    seats, letters = Seats.of(run, now), _letters(run.groups.all())
    fewer = seats.left() is not None and seats.left() < hat.capacity
    known = {letters[pk]: seats.left_in(pk) for pk in letters}
    if fewer or any(known.get(letter, 0) < places for letter, places in hat.groups.items()):
        raise Undrawable(
            "목록을 확정한 뒤에 정원이나 그룹의 자리가 줄었습니다. 정원을 되돌리거나, 그사이 손으로 준 자리를 거둔 뒤 추첨해 주세요."
        )


def _settle(run: Run, result: Iterable[Drawn], entries: Mapping[str, DrawEntry], by: User, now: datetime) -> None:
    keys: dict[Outcome, list[int]] = {outcome: [] for outcome in Outcome}
    ranks: dict[int, int] = {}
    for drawn in result:
        if drawn.code not in entries:
            continue
        key = entries[drawn.code].application_id
        keys[drawn.outcome].append(key)
        if drawn.rank is not None:
            ranks[key] = drawn.rank
    settling.settle(run, keys[Outcome.SELECTED], ranks, keys[Outcome.OUT], by=by, reason=REASON, now=now)


def _keep(held: Draw, result: list[Drawn]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _DRAWN,
            {
                "draw": held.pk,
                "codes": [drawn.code for drawn in result],
                "places": [drawn.place for drawn in result],
                "outcomes": [str(drawn.outcome) for drawn in result],
                "ranks": [drawn.rank for drawn in result],
            },
        )


# --- The list ----------------------------------------------------------------------------------
def _check_draws(run: Run) -> None:
    if run.state == Run.State.CANCELLED:
        raise Undrawable("취소된 회차입니다.")
    if run.admission != Run.Admission.DRAW:
        raise Undrawable("선정 방법이 추첨인 회차가 아닙니다.")


def _of(run: Run) -> Draw:
    _check_draws(run)
    found = Draw.objects.filter(run=run).first()
    if found is None:
        raise Undrawable("먼저 추첨 규칙(씨앗이 될 숫자)을 정해 주세요.")
    found.run = run
    return found


def _lines(held: Draw) -> list[str]:
    return held.files.get(kind=DrawFile.Kind.LIST).text.splitlines()


def _letters(groups: Iterable[Group]) -> dict[int, str]:
    """What a group is called in the list, so that its name tells nothing: ``G1``, ``G2``, in their order."""
    return {group.pk: f"G{place}" for place, group in enumerate(groups, start=1)}


def _entries(
    held: Draw, applications: Iterable[Application], letters: Mapping[int, str], before: set[int]
) -> list[DrawEntry]:
    weights = dict(Group.objects.filter(run=held.run_id).values_list("pk", "weight"))
    made = []
    for one in applications:
        weight = weights.get(one.group_id, 1) * (1 if one.pk in before else held.first_time_weight)
        key = secrets.token_hex(16)
        made.append(
            DrawEntry(
                draw=held,
                application=one,
                number=one.number,
                key=key,
                code=drawing.code_of(one.number, key),
                places=one.places,
                group=letters.get(one.group_id, NO_GROUP),
                weight=min(weight, WEIGHT_MOST),
            )
        )
    return made


def _hat(held: Draw, run: Run, entries: Iterable[DrawEntry], free: int, groups: Mapping[str, int]) -> Hat:
    return Hat(
        run=run.pk,
        capacity=free,
        source=held.rule_line,
        entries=tuple(Entry(one.code, one.places, one.group, one.weight) for one in entries),
        groups={letter: max(places, 0) for letter, places in groups.items()},
        reserve=run.waiting_most,
    )


def _selected_before(run: Run) -> set[int]:
    """Applications of this run with somebody who ever had a place in another run that was drawn."""
    seats = Participant.objects.filter(
        run__admission=Run.Admission.DRAW, application__state__in=Application.SEATED
    ).exclude(run=run)
    students = seats.filter(student__isnull=False).values("student")
    users = seats.filter(user__isnull=False).values("user")
    here = Participant.objects.filter(run=run, application__state=State.APPLIED)
    return set(here.filter(Q(student__in=students) | Q(user__in=users)).values_list("application", flat=True))
