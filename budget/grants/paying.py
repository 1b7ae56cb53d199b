"""지급: a school asks for money of its grant, staff pay it out of the grant's commitment, in the ledger and once."""

from __future__ import annotations

from datetime import date

from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from budget import ledger
from budget.grants import notices as say
from budget.grants.applying import NotNow, held
from budget.models import GrantApplication, GrantPayment
from lifecycle.locks import lock

State = GrantPayment.State


def askable(application: GrantApplication) -> int:
    """What may still be asked for, in won."""
    if application.state != GrantApplication.State.GRANTED:
        return 0
    waiting = application.payments.filter(state=State.ASKED).aggregate(sum=Sum("amount_won"))["sum"] or 0
    return (application.granted_won or 0) - application.paid_won - waiting


def ask(application: GrantApplication, amount_won: int, *, remark: str, by: User) -> GrantPayment:
    """교부 신청.

    Raises:
        NotNow: more than the grant has left, or a request waits already.
    """
    with held(application) as found:
        most = askable(found)
        if found.payments.filter(state=State.ASKED).exists():
            raise NotNow(_("먼저 낸 지급 요청이 처리되고 있습니다."))
        if amount_won <= 0 or amount_won > most:
            raise NotNow(_("지금 요청할 수 있는 금액은 %(most)s원까지입니다.") % {"most": f"{most:,}"})
        if not remark.strip():
            raise NotNow(_("어디에 쓸지 적어 주세요."))
        return GrantPayment.objects.create(application=found, amount_won=amount_won, remark=remark.strip(), asked_by=by)


def take_back(payment: GrantPayment, *, by: User) -> GrantPayment:
    """The school takes its request back. Twice is once."""
    with held(payment.application):
        found = _row(payment)
        if found.state == State.WITHDRAWN:
            return found
        _waits(found)
        found.move(State.WITHDRAWN, by=by)
    return found


def pay(payment: GrantPayment, *, effective_on: date, document_no: str, by: User) -> GrantPayment:
    """Pay what was asked for. Pressed twice it is paid once.

    Raises:
        NotNow: it is paid, declined or taken back already.
        NotPosted: the ledger refuses (a closed year, more than the commitment has left).
    """
    with held(payment.application) as application:
        found = _row(payment)
        _waits(found)
        entry = ledger.pay(
            application.commitment,
            found.amount_won,
            effective_on=effective_on,
            reason=f"{application.call.title}: {application.school} 지급"[:200],
            by=by,
            document_no=document_no,
        )
        found.move(State.PAID, by=by, entry=entry)
        say.paid(application, found)
    return found


def decline(payment: GrantPayment, *, reason: str, by: User) -> GrantPayment:
    """Send the request back with a reason that the school reads."""
    if not reason.strip():
        raise NotNow("지급하지 않는 까닭을 적어 주세요. 학교가 읽습니다.")
    with held(payment.application) as application:
        found = _row(payment)
        _waits(found)
        found.move(State.DECLINED, by=by, reason=reason.strip(), answer=reason.strip()[:300])
        say.declined(application, found)
    return found


def _row(payment: GrantPayment) -> GrantPayment:
    return lock(GrantPayment.objects.all(), payment.pk)


def _waits(found: GrantPayment) -> None:
    if found.state != State.ASKED:
        raise NotNow(_("이미 처리된 지급 요청입니다(%(state)s).") % {"state": found.get_state_display()})
