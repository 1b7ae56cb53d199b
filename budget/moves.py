"""Money that moves between lines: 전용, 이용 and 이월. Each has two legs that balance, or does not happen."""

from __future__ import annotations

import uuid
from datetime import date
from typing import TYPE_CHECKING

from budget.ledger import NotPosted, Posting, unsettled, write, writing
from budget.models import Carry, Entry, FiscalYear, Line, Stage

if TYPE_CHECKING:
    from accounts.models import User


def shift(
    giving: Line, taking: Line, amount_won: int, *, effective_on: date, reason: str, by: User, document_no: str = ""
) -> tuple[Entry, Entry]:
    """전용 within one 정책사업 (지방재정법 제49조), 이용 between two (제47조, with the council's consent).

    Raises:
        NotPosted: another year or source, or one and the same line.
        NotEnough: the giving line has less left.
    """
    if giving.pk == taking.pk:
        raise NotPosted("보내는 과목과 받는 과목이 같습니다.")
    if giving.year_id != taking.year_id:
        raise NotPosted("전용과 이용은 같은 회계연도 안에서만 할 수 있습니다. 다음 해로 넘기려면 이월로 적어 주세요.")
    if giving.source != taking.source:
        raise NotPosted("재원이 다른 과목으로는 옮길 수 없습니다.")
    within = policy_of(giving) == policy_of(taking)
    stages = (Stage.SHIFT_OUT, Stage.SHIFT_IN) if within else (Stage.TRANSFER_OUT, Stage.TRANSFER_IN)
    pair = uuid.uuid4()
    legs = [
        Posting(line, stage, amount_won, effective_on, reason, document_no)
        for line, stage in zip((giving, taking), stages, strict=True)
    ]
    with writing([giving, taking]) as before:
        out, into = write(legs, by=by, before=before, pair=pair)
    return out, into


def carry(
    line: Line,
    amount_won: int,
    kind: Carry,
    *,
    effective_on: date,
    reason: str,
    by: User,
    document_no: str = "",
    commitment: Entry | None = None,
) -> tuple[Entry, Entry]:
    """Carry unspent money into the next year's line of the same project, account and source.

    A 사고이월 takes a ``commitment`` that could not be paid in time along: it binds the money there anew.

    Raises:
        NotPosted: a 사고이월 without a commitment, or more than it has left.
        NotEnough: less is left.
    """
    if (kind == Carry.ACCIDENT) != (commitment is not None):
        raise NotPosted("사고이월은 지출하지 못한 원인행위를 골라 주세요. 다른 이월에는 원인행위가 없습니다.")
    if commitment is not None and (commitment.line_id != line.pk or commitment.stage != Stage.COMMITMENT):
        raise NotPosted("이 과목의 원인행위를 골라 주세요.")
    year, _ = FiscalYear.objects.get_or_create(year=line.year.year + 1)
    following, _ = Line.objects.get_or_create(project=line.project, year=year, account=line.account, source=line.source)
    arrives = date(year.year, 1, 1)
    pair = uuid.uuid4()
    with writing([line, following]) as before:
        if commitment is not None and amount_won > (left := unsettled(commitment)):
            raise NotPosted(f"이 원인행위에서 넘길 수 있는 금액은 {left:,}원입니다.")
        legs = [
            Posting(
                line, Stage.CARRIED_OUT, amount_won, effective_on, reason, document_no, settles=commitment, carry=kind
            ),
            Posting(following, Stage.CARRIED_IN, amount_won, arrives, reason, document_no, carry=kind),
        ]
        if commitment is not None:
            binding = Posting(
                following, Stage.COMMITMENT, amount_won, arrives, reason, commitment.document_no, commitment.program
            )
            legs.append(binding)
        out, into, *_ = write(legs, by=by, before=before, pair=pair)
    return out, into


def policy_of(line: Line) -> int:
    """The key of the 정책사업 above a line."""
    policy = Line.objects.filter(pk=line.pk).values_list("project__parent__parent", "project__parent", "project").get()
    return next(key for key in policy if key is not None)


def unbalanced() -> list[uuid.UUID]:
    """Pairs of legs whose sums differ; none, unless somebody wrote past this module."""
    signs = {Stage.SHIFT_OUT: -1, Stage.TRANSFER_OUT: -1, Stage.CARRIED_OUT: -1}
    sums: dict[uuid.UUID, int] = {}
    moves = Entry.objects.filter(pair__isnull=False).exclude(stage__in=[Stage.COMMITMENT, Stage.PAYMENT])
    for pair, stage, amount in moves.values_list("pair", "stage", "amount_won"):
        sums[pair] = sums.get(pair, 0) + signs.get(Stage(stage), 1) * amount
    return [pair for pair, sum_ in sums.items() if sum_ != 0]
