"""교부 결정: a list of amounts that a second person agrees to; what is granted is bound in the ledger at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from budget import ledger
from budget.grants import notices as say
from budget.grants import reviewing
from budget.grants.applying import NotNow, held
from budget.ledger import Posting
from budget.models import Entry, GrantApplication, GrantAward, GrantCall, GrantDecision, Stage
from lifecycle import approval
from lifecycle.locks import contended, lock, lock_all
from lifecycle.models import Approval

State = GrantApplication.State
BUSY = "다른 사람이 이 공고를 처리하고 있습니다. 잠시 뒤에 다시 시도해 주세요."


@dataclass(frozen=True)
class Wish:
    """What one application is to get; 0 with a reason is 미선정."""

    application: GrantApplication
    amount_won: int
    reason: str = ""


def granted(call: GrantCall) -> int:
    """What the decisions on a call have given away, in won; what was cancelled is free again."""
    return call.applications.granted().aggregate(sum=Sum("granted_won"))["sum"] or 0


def left(call: GrantCall) -> int:
    return call.budget_won - granted(call)


def propose(call: GrantCall, wishes: Sequence[Wish], *, by: User, reason: str) -> GrantDecision:
    """Ask a second person to decide about these applications.

    Raises:
        NotNow: nothing is chosen, an amount does not do, or the reviewers are not done.
        NotApproved: no reason is given.
    """
    if not wishes:
        raise NotNow("결정할 신청을 하나 이상 골라 금액을 적어 주세요.")
    if not reviewing.may_see_scores(call):
        raise NotNow("심사위원의 심사가 모두 끝난 뒤에 결정을 올려 주세요.")
    with contended(BUSY, NotNow), transaction.atomic():
        call = lock(GrantCall.objects.all(), call.pk)
        decision = GrantDecision.objects.create(call=call, made_by=by)
        for wish in wishes:
            _sane(call, wish)
            GrantAward.objects.create(
                decision=decision,
                application=wish.application,
                amount_won=wish.amount_won,
                reason=wish.reason.strip(),
            )
        _within(call, sum(wish.amount_won for wish in wishes))
        approval.ask(DECIDE, decision, by=by, reason=reason)
    return decision


def _sane(call: GrantCall, wish: Wish) -> None:
    application = wish.application
    if application.call_id != call.pk or not _decidable(application, wish.amount_won):
        raise NotNow(f"{application.school}: 지금 결정할 수 있는 신청이 아닙니다({application.get_state_display()}).")
    if wish.amount_won < 0 or wish.amount_won > min(application.asked_won, call.ceiling_won):
        raise NotNow(f"{application.school}: 교부액은 신청액과 학교당 한도를 넘을 수 없습니다.")
    if wish.amount_won == 0 and not wish.reason.strip():
        raise NotNow(f"{application.school}: 선정하지 않는 까닭을 적어 주세요. 학교가 읽습니다.")


def _decidable(application: GrantApplication, amount_won: int) -> bool:
    """What was sent in; what waits for a correction past its deadline may only be refused."""
    if application.state == State.SUBMITTED:
        return True
    late = application.correction_until is not None and application.correction_until <= timezone.now()
    return application.state == State.CORRECTION and late and amount_won == 0


def _within(call: GrantCall, more: int) -> None:
    if more > (rest := left(call)):
        raise NotNow(f"공고의 지원 총액에서 남은 금액은 {max(rest, 0):,}원입니다. 결정하려는 금액은 {more:,}원입니다.")


def _contents(decision: GrantDecision) -> dict[str, Any]:
    call = decision.call
    ranks = {one.application.pk: one for one in reviewing.ranking(call)}
    rows = {}
    for award in decision.awards.select_related("application__school"):
        application, found = award.application, ranks.get(award.application_id)
        score = f"{found.average}점({found.rank}위)" if found and found.average is not None else "심사 없음"
        said = f"{award.amount_won:,}원" if award.amount_won else f"미선정({award.reason})"
        rows[f"{application.label_number} {application.school}"] = (
            f"{application.title} · 신청 {application.asked_won:,}원 · {score} · {said}"
            f" · {application.get_state_display()} · 판 {application.revision}"
        )
    return {
        "공고": call.title,
        "예산 과목": str(call.line),
        **rows,
        "교부 결정액 합계": f"{sum(award.amount_won for award in decision.awards.all()):,}원",
    }


def _hold(decision: GrantDecision) -> None:
    lock(GrantCall.objects.all(), decision.call_id)
    lock_all(GrantApplication.objects.all(), decision.awards.values_list("application", flat=True))


def _carry_out(decision: GrantDecision, given: Approval) -> None:
    call = GrantCall.objects.select_related("line__year", "line__project").get(pk=decision.call_id)
    today = timezone.localdate()
    awards = list(decision.awards.select_related("application__school"))
    for award in awards:
        _sane(call, Wish(award.application, award.amount_won, award.reason))
    _within(call, sum(award.amount_won for award in awards))
    for award in awards:
        application = award.application
        application.call = call
        if award.amount_won == 0:
            application.move(State.REJECTED, by=given.decided_by, reason=award.reason, decided_because=award.reason)
            say.rejected(application)
            continue
        reason = f"{call.title}: {application.school} 교부 결정"[:200]
        bound = ledger.post(
            Posting(call.line, Stage.COMMITMENT, award.amount_won, today, reason, application.label_number),
            by=given.asked_by,
        )
        application.move(
            State.GRANTED, by=given.decided_by, granted_won=award.amount_won, commitment=bound,
            decided_because=award.reason,
        )  # fmt: skip
        say.granted(application)
    decision.carried_out_at = timezone.now()
    decision.save(update_fields=["carried_out_at"])


def cancel(application: GrantApplication, *, by: User, reason: str) -> GrantApplication:
    """교부 취소: before anything was paid; the money is free again.

    Raises:
        NotNow: something was paid, or there is no reason.
    """
    if not reason.strip():
        raise NotNow("교부를 취소하는 까닭을 적어 주세요. 학교가 읽습니다.")
    with held(application) as found:
        if found.state != State.GRANTED or found.commitment is None:
            raise NotNow("교부 결정된 신청만 취소할 수 있습니다.")
        if Entry.objects.filter(settles=found.commitment).exists() and found.paid_won:
            raise NotNow("이미 지급한 보조금입니다. 정산과 반납으로 처리해 주세요.")
        for waiting in found.payments.filter(state="asked"):
            waiting.move("declined", by=by, reason=reason, answer=reason.strip()[:300])
        ledger.reverse(found.commitment, reason=f"교부 취소: {reason.strip()}"[:200], by=by)
        found.move(State.CANCELLED, by=by, reason=reason.strip(), decided_because=reason.strip()[:300])
        say.cancelled(found)
    return found


def _url(decision: GrantDecision) -> str:
    return reverse("admin:budget_grantcall_ranking", args=[decision.call_id])


DECIDE = approval.Kind(
    code="budget.grants",
    label="보조금 교부 결정",
    permission="budget.approve_grants",
    contents=_contents,
    hold=_hold,
    carry_out=_carry_out,
    url=_url,
)
