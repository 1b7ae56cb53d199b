"""One decision about many applications of a run: looked at first as it would really come out, then all or nothing.

Every one of them passes through ``enrolment``; nothing here writes a state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from lifecycle.locks import Refused, contended
from programs import enrolment, seating, waiting
from programs.models import Application
from programs.notices import applying as notices

if TYPE_CHECKING:
    from accounts.models import User

MOST = 200

Act = Callable[[Application, "User", str], Application]
Tell = Callable[[Sequence[Application], str], None]


class NotDone(Refused):
    """Nothing was changed; the sentence says why."""


@dataclass(frozen=True)
class Verb:
    """What can be done to many, and how it is told: once to a family. ``note`` says what it means to families."""

    label: str
    note: str
    act: Act
    tell: Tell


VERBS = {
    "cancel_many": Verb(
        "신청 취소하기",
        "가족에게 사유를 그대로 알리고, 자리는 기다리는 다음 사람에게 제안합니다.",
        lambda one, by, reason: enrolment.withdraw(one, by=by, reason=reason, by_centre=True, quiet=True),
        lambda all_, reason: notices.cancelled(all_, by_centre=True, reason=reason),
    ),
    "seat_many": Verb(
        "자리 주기",
        "정원 안에서만 자리를 줄 수 있습니다. 차례를 건너뛰면 사유가 처리 이력에 남습니다.",
        lambda one, by, reason: seating.seat(one, by=by, reason=reason, quiet=True),
        lambda all_, _reason: notices.seated(all_),
    ),
    "confirm_many": Verb(
        "서류 확인하고 참여 확정하기",
        "종이로 낸 서류를 확인한 때에 누릅니다. 가족에게 참여 확정을 알립니다.",
        lambda one, by, _reason: seating.form_done(one, by=by, quiet=True),
        lambda all_, _reason: notices.seated(all_),
    ),
    "reject_many": Verb(
        "미선정으로 하기",
        "가족에게 미선정을 알립니다. 사유는 처리 이력에만 남습니다.",
        lambda one, by, reason: seating.reject(one, by=by, reason=reason, quiet=True),
        lambda all_, reason: notices.rejected(all_, reason=reason),
    ),
}


@dataclass(frozen=True)
class Line:
    """One application, from what state to which it goes, or why it cannot."""

    application: Application
    before: str
    after: str = ""
    error: str = ""


def decide(keys: Sequence[int], verb: Verb, *, by: User, reason: str, dry: bool) -> list[Line]:
    """Do ``verb`` to all of ``keys``, of one run, or to none; with ``dry`` say what would come of it and do nothing.

    Whoever has no place goes first, so that nobody is offered one that is about to go, too.

    Raises:
        NotDone: none, too many, or of more than one run.
    """
    with contended(str(waiting.BUSY), NotDone), transaction.atomic():
        runs = set(Application.objects.filter(pk__in=keys).order_by().values_list("run", flat=True))
        if len(runs) != 1 or len(keys) > MOST:
            raise NotDone(f"한 회차의 신청을 {MOST}건까지 골라 주세요. 먼저 오른쪽에서 회차를 고르면 쉽습니다.")
        waiting.enter(runs.pop())
        rows = list(Application.objects.filter(pk__in=keys).for_page().order_by("number"))
        rows.sort(key=lambda one: one.state in Application.OCCUPYING)
        lines = [_one(row, verb, by, reason) for row in rows]
        if dry or any(line.error for line in lines):
            transaction.set_rollback(True)
        else:
            verb.tell([line.application for line in lines if line.before != line.after], reason)
        return sorted(lines, key=lambda line: line.application.number)


def _one(application: Application, verb: Verb, by: User, reason: str) -> Line:
    before = application.get_state_display()
    try:
        done = verb.act(application, by, reason)
    except Refused as refused:
        return Line(application, before, error=str(refused))
    return Line(done, before, after=done.get_state_display())
