"""대사: a month's commitments, payments and returns here beside those of e호조, signed off with a second person.

Both sides are summed by document number, line and stage. A commitment that was made and paid in one go is told by its
payment alone, as e호조 does for money spent without a contract. Whatever changes after a month was signed off shows at
once: the agreement is bound to a hash of the comparison, and no longer stands (``lifecycle.approval.standing``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from budget.models import Entry, ExtractRow, Line, Reconciliation, Stage
from lifecycle import approval
from lifecycle.locks import Refused
from lifecycle.models import Approval
from tables.values import Column, Row, Table
from tables.values import Kind as Cell

if TYPE_CHECKING:
    from accounts.models import User

STAGES = (Stage.COMMITMENT, Stage.PAYMENT, Stage.RETURN)
MOST_NAMED = 40  # differences that a request spells out


class NotSigned(Refused):
    """The month cannot be signed off."""


class Match(StrEnum):
    DIFFERENT = "다른 금액"
    ONLY_HERE = "여기에만"
    ONLY_THERE = "e호조에만"
    MATCHED = "일치"


@dataclass(frozen=True)
class Pair:
    """One document on one line at one stage: the sums of both sides in won, ``None`` where one has nothing."""

    document_no: str
    line: str
    stage: Stage
    here: int | None
    there: int | None

    @property
    def match(self) -> Match:
        if self.there is None:
            return Match.ONLY_HERE
        if self.here is None:
            return Match.ONLY_THERE
        return Match.MATCHED if self.here == self.there else Match.DIFFERENT

    def __str__(self) -> str:
        return f"{self.stage.label} {self.document_no or '문서번호 없음'} {self.line}"


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def compare(month: date) -> list[Pair]:
    """Every document of the month, differences first."""
    until = next_month(month)
    sides: dict[tuple[str, int, str], list[int | None]] = {}

    def add(key: tuple[str, int, str], side: int, won: int) -> None:
        both = sides.setdefault(key, [None, None])
        both[side] = (both[side] or 0) + won

    entries = Entry.objects.filter(effective_on__gte=month, effective_on__lt=until, stage__in=STAGES)
    entries = entries.exclude(recorded_by=None).exclude(stage=Stage.COMMITMENT, pair__isnull=False)
    for number, line, stage, won in entries.values_list("document_no", "line", "stage", "amount_won"):
        add((number, line, stage), 0, won)
    rows = ExtractRow.objects.filter(effective_on__gte=month, effective_on__lt=until)
    for number, line, stage, won in rows.values_list("document_no", "line", "stage", "amount_won"):
        add((number, line, stage), 1, won)
    names = {line.pk: str(line) for line in Line.objects.for_page().filter(pk__in={key[1] for key in sides})}
    pairs = [
        Pair(number, names[line], Stage(stage), here or None, there)  # what was reversed is not here
        for (number, line, stage), (here, there) in sides.items()
        if here or there
    ]
    order = list(Match)
    return sorted(pairs, key=lambda one: (order.index(one.match), one.document_no, one.stage, one.line))


def counts(pairs: list[Pair]) -> dict[Match, int]:
    found = dict.fromkeys(Match, 0)
    for pair in pairs:
        found[pair.match] += 1
    return found


def table(month: date, pairs: list[Pair]) -> Table:
    return Table(
        slug=f"reconciliation-{month:%Y-%m}",
        title=f"{month.year}년 {month.month}월 e호조 대사",
        head="문서번호",
        columns=(
            Column("단계", Cell.TEXT),
            Column("예산 과목", Cell.TEXT),
            Column("여기", Cell.WON),
            Column("e호조", Cell.WON),
            Column("차이", Cell.WON),
            Column("결과", Cell.TEXT),
        ),
        rows=tuple(
            Row(
                pair.document_no or "(없음)",
                (pair.stage.label, pair.line, pair.here, pair.there, (pair.here or 0) - (pair.there or 0), pair.match.value),
            )
            for pair in pairs
        ),
        as_of=timezone.localdate(),
        notes=("차이 = 여기 − e호조.",),
    )  # fmt: skip


# --- Signed off ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Standing:
    """Where a month stands: who signed it off, whether that still holds, and what waits."""

    signed: Approval | None
    holds: bool
    pending: Approval | None

    @property
    def label(self) -> str:
        if self.pending is not None:
            return "결재 중"
        if self.signed is None:
            return "확정 전"
        return "확정" if self.holds else "확정 뒤 바뀜(무효)"


def standing(month: date) -> Standing:
    found = Reconciliation.objects.filter(month=month).first()
    if found is None:
        return Standing(None, holds=False, pending=None)
    asked = Approval.objects.of(found).filter(kind=SIGN.code).select_related("decided_by")
    signed = asked.filter(state=Approval.State.APPROVED).order_by("-decided_at", "-pk").first()
    holds = signed is not None and signed.digest == approval.digest(_contents(found))
    return Standing(signed, holds=holds, pending=asked.filter(state=Approval.State.PENDING).first())


def ask_to_sign(month: date, *, by: User, reason: str) -> Approval:
    """Ask a second person to sign a month off as it is; differences are named and need the reason that is given.

    Raises:
        NotSigned: the month is not over, or nothing of e호조 was taken in for it.
        NotApproved: asked already, or no reason is given.
    """
    if next_month(month) > timezone.localdate():
        raise NotSigned("아직 끝나지 않은 달입니다. 달이 지난 뒤에 확정해 주세요.")
    if not ExtractRow.objects.filter(effective_on__gte=month, effective_on__lt=next_month(month)).exists():
        raise NotSigned("이 달의 e호조 자료를 먼저 올려 주세요.")
    if standing(month).holds:
        raise NotSigned("이미 확정한 달이고 그 뒤로 바뀐 것이 없습니다.")
    found, _new = Reconciliation.objects.get_or_create(month=month)
    return approval.ask(SIGN, found, by=by, reason=reason)


def _contents(found: Reconciliation) -> dict[str, Any]:
    pairs = compare(found.month)
    numbers = counts(pairs)
    lines = [f"{pair} · {pair.here or 0:,}원 · {pair.there or 0:,}원" for pair in pairs]
    off = [line for line, pair in zip(lines, pairs, strict=True) if pair.match != Match.MATCHED]
    return {
        "달": str(found),
        **{match.value: f"{number}건" for match, number in numbers.items()},
        "여기 합계": f"{sum(pair.here or 0 for pair in pairs):,}원",
        "e호조 합계": f"{sum(pair.there or 0 for pair in pairs):,}원",
        "차이가 있는 문서": off[:MOST_NAMED] or "없음",
        "비교한 내용의 해시": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }


def _url(found: Reconciliation) -> str:
    return reverse("admin:budget_extract_month", args=[found.month.year, found.month.month])


SIGN = approval.Kind(
    code="budget.reconcile",
    label="월별 대사 확정",
    permission="budget.approve_reconciliation",
    contents=_contents,
    url=_url,
)
