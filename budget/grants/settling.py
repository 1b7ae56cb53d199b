"""정산: a school reports what it spent, staff check, what is left comes back through the ledger.

잔액 is what was paid less what was spent and goes back into the line as 반납. 이자 is revenue of the district
(세외수입) and no money of the line: it is written beside the report, never into the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from budget import ledger
from budget.grants import notices as say
from budget.grants.applying import NotNow, held
from budget.models import Entry, GrantApplication, GrantLine, GrantPayment, GrantReport, Stage

State = GrantApplication.State


def save(
    application: GrantApplication, spent: Mapping[int, int], *, done: str, interest_won: int, by: User
) -> GrantReport:
    """Keep the report as it is so far; ``spent`` by the key of the line, in won."""
    with held(application) as found:
        return _put(found, spent, done=done, interest_won=interest_won, by=by)


def report(
    application: GrantApplication, spent: Mapping[int, int], *, done: str, interest_won: int, by: User
) -> GrantReport:
    """Send the report; late is possible, for the money has to be settled.

    Raises:
        NotNow: not everything granted was paid, more was spent than paid, or words or evidence are missing.
    """
    with held(application) as found:
        row = _put(found, spent, done=done, interest_won=interest_won, by=by)
        if found.payments.filter(state=GrantPayment.State.ASKED).exists():
            raise NotNow(_("처리되지 않은 지급 요청이 있습니다. 지급을 받거나 요청을 취소한 뒤 보고해 주세요."))
        if found.paid_won != found.granted_won:
            raise NotNow(_("교부 결정액을 모두 지급받은 뒤 정산을 보고해 주세요."))
        if found.lines.filter(spent_won=None).exists():
            raise NotNow(_("쓰지 않은 항목에도 0을 적어 모든 항목의 집행액을 적어 주세요."))
        if not done.strip():
            raise NotNow(_("추진 결과를 적어 주세요."))
        if row.spent_won > 0 and not found.files.filter(paper=None).exists():
            raise NotNow(_("집행을 증명하는 파일을 하나 이상 올려 주세요."))
        row.sent_at, row.remark = timezone.now(), ""
        row.save(update_fields=["sent_at", "remark"])
        found.move(State.REPORTED, by=by)
        say.reported(found)
    return row


def _put(found: GrantApplication, spent: Mapping[int, int], *, done: str, interest_won: int, by: User) -> GrantReport:
    if found.state not in (State.GRANTED, State.REWORK):
        raise NotNow(_("지금은 정산을 적을 수 없습니다."))
    if interest_won < 0 or any(won < 0 for won in spent.values()):
        raise NotNow(_("금액은 0보다 작을 수 없습니다."))
    paid = found.paid_won
    if (total := sum(spent.values())) > paid:
        raise NotNow(
            _("집행액 %(spent)s원이 받은 금액 %(paid)s원을 넘습니다. 학교가 따로 쓴 돈은 적지 않습니다.")
            % {"spent": f"{total:,}", "paid": f"{paid:,}"}
        )
    lines = list(found.lines.all())
    for line in lines:
        line.spent_won = spent.get(line.pk)
    GrantLine.objects.bulk_update(lines, ["spent_won"])
    row, _new = GrantReport.objects.update_or_create(
        application=found, defaults={"done": done.strip(), "interest_won": interest_won, "sent_by": by}
    )
    return row


def ask_again(application: GrantApplication, *, what: str, by: User) -> GrantApplication:
    """Send the report back with what is to be mended."""
    if not what.strip():
        raise NotNow("무엇을 보완할지 적어 주세요. 학교가 읽습니다.")
    with held(application) as found:
        _is(found, State.REPORTED)
        GrantReport.objects.filter(application=found).update(remark=what.strip()[:500])
        found.move(State.REWORK, by=by, reason=what.strip())
        say.rework(found, what.strip())
    return found


def to_return(application: GrantApplication) -> int:
    """What has still to come back of the grant itself, in won."""
    return application.paid_won - application.returned_won - application.report.spent_won


def accept(application: GrantApplication, *, by: User) -> GrantApplication:
    """The report is right: settled when nothing is left, else the school is asked to give the rest back."""
    with held(application) as found:
        _is(found, State.REPORTED)
        _decide(found, by)
    return found


def take_return(
    application: GrantApplication, *, effective_on: date, document_no: str, by: User, interest_no: str = ""
) -> GrantApplication:
    """The rest has arrived: 반납 in the ledger, newest payment first, and the interest written down beside it.

    Raises:
        NotNow: nothing has to come back, or the interest's document is not named.
        NotPosted: the ledger refuses.
    """
    with held(application) as found:
        _is(found, State.RETURNING)
        row, rest = found.report, to_return(found)
        if row.interest_won and not interest_no.strip():
            raise NotNow("이자를 세외수입으로 받은 문서번호를 적어 주세요.")
        for payment in Entry.objects.filter(settles=found.commitment, stage=Stage.PAYMENT, reverses=None).order_by(
            "-pk"
        ):
            part = min(rest, ledger.unsettled(payment))
            if part <= 0:
                continue
            ledger.give_back(
                payment,
                part,
                effective_on=effective_on,
                reason=f"{found.call.title}: {found.school} 집행잔액 반납"[:200],
                by=by,
                document_no=document_no,
            )
            rest -= part
        if rest:
            raise NotNow(f"지출 기록에서 돌려받을 수 있는 금액보다 {rest:,}원이 많습니다. 예산 기록을 확인해 주세요.")
        if row.interest_won:
            row.interest_no, row.interest_paid_on = interest_no.strip()[:50], effective_on
            row.save(update_fields=["interest_no", "interest_paid_on"])
        _settle(found, by)
    return found


def _decide(found: GrantApplication, by: User) -> None:
    rest, interest = to_return(found), found.report.interest_won
    if rest < 0:
        raise NotNow("집행액이 지급액보다 많습니다. 예산 기록을 확인해 주세요.")
    if rest == 0 and interest == 0:
        _settle(found, by)
    else:
        found.move(State.RETURNING, by=by)
        say.returning(found, rest, interest)


def _settle(found: GrantApplication, by: User) -> None:
    found.move(State.SETTLED, by=by, settled_at=timezone.now())
    say.settled(found)


def _is(found: GrantApplication, state: State) -> None:
    if found.state != state:
        raise NotNow(f"‘{found.get_state_display()}’ 상태에서는 할 수 없습니다.")
