"""Going beyond what is left: asked with a reason, agreed to by a second person, written with their name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from budget import balance, ledger
from budget.ledger import NotPosted, Posting
from budget.models import Proposal, Stage
from lifecycle import approval
from lifecycle.models import Approval

if TYPE_CHECKING:
    from accounts.models import User


def propose(posting: Posting, *, by: User, reason: str) -> Proposal:
    """Ask a second person to let ``posting`` be written though it is more than is left.

    Raises:
        NotPosted: only commitments can go beyond; a payment follows its commitment.
        NotApproved: no reason is given.
    """
    if posting.stage != Stage.COMMITMENT:
        raise NotPosted("초과 승인은 원인행위에만 요청할 수 있습니다. 지출은 원인행위 안에서 합니다.")
    with transaction.atomic():
        proposal = Proposal.objects.create(
            line=posting.line,
            stage=posting.stage,
            amount_won=posting.amount_won,
            effective_on=posting.effective_on,
            document_no=posting.document_no,
            reason=posting.reason,
            program=posting.program,
            settles=posting.settles,
            left_won=balance.of(posting.line.pk).left,
            made_by=by,
        )
        approval.ask(OVERRUN, proposal, by=by, reason=reason)
    return proposal


def _contents(proposal: Proposal) -> dict[str, Any]:
    return {
        "예산 과목": str(proposal.line),
        "단계": proposal.get_stage_display(),
        "금액": f"{proposal.amount_won:,}원",
        "올릴 때 남은 금액": f"{proposal.left_won:,}원",
        "넘는 금액": f"{proposal.amount_won - proposal.left_won:,}원",
        "효력일": proposal.effective_on.isoformat(),
        "적요": proposal.reason,
        "e호조 문서번호": proposal.document_no or "없음",
    }


def _carry_out(proposal: Proposal, given: Approval) -> None:
    posting = Posting(
        proposal.line,
        Stage(proposal.stage),
        proposal.amount_won,
        proposal.effective_on,
        proposal.reason,
        proposal.document_no,
        proposal.program,
        proposal.settles,
    )
    proposal.entry = ledger.post(posting, by=proposal.made_by, approval=given)
    proposal.save(update_fields=["entry"])


OVERRUN = approval.Kind(
    code="budget.overrun",
    label="초과 집행",
    permission="budget.approve_fiscalyear",
    contents=_contents,
    carry_out=_carry_out,
)
