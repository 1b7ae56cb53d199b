"""Draft, agree to, carry out and repeat the destruction of data whose time is over.

개인정보 보호법 제21조, 표준 개인정보 보호지침 제10조·제55조: plan, request, approval by another
person, destruction, register. A plan is one transaction; the register line is written in it.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import models, transaction
from django.db.models.deletion import ProtectedError, RestrictedError
from django.utils import timezone

from lifecycle import ledger, retention
from lifecycle.append_only import expiring
from lifecycle.locks import Refused, contended, lock
from lifecycle.models import DestructionPlan, DestructionRecord
from lifecycle.models.destruction import digest

ROWS_PER_PLAN = 20_000  # the rest follows with the next plan; bounds one transaction
State = DestructionPlan.State

logger = logging.getLogger(__name__)


class NotDestroyed(Refused):
    """The data are still there; the message says why."""


def draft(kind: retention.Kind, *, by: models.Model | None, now: datetime | None = None) -> DestructionPlan | None:
    """List what of ``kind`` is over; ``None`` when nothing is, or when an earlier plan is still open.

    ``by`` is who asks; ``None`` means the daily run did.
    """
    if DestructionPlan.objects.filter(kind=kind.code, state__in=DestructionPlan.LIVE).exists():
        return None
    due = kind.due(now or timezone.now()).order_by("pk")
    if not (rows := list(due.values_list("pk", flat=True)[:ROWS_PER_PLAN])):
        return None
    with contended("방금 다른 사람이 같은 자료의 파기 계획을 만들었습니다.", NotDestroyed), transaction.atomic():
        return DestructionPlan.objects.create(
            kind=kind.code,
            label=kind.label,
            basis=kind.basis,
            period=str(kind.period),
            method=kind.method,
            automatic=kind.automatic,
            rows=rows,
            count=len(rows),
            digest=digest(kind.code, rows),
            requested_by=by,
        )


@transaction.atomic
def approve(plan: DestructionPlan, *, by: models.Model, digest: str) -> None:
    """Agree, as a second person, to exactly the list whose ``digest`` one has seen.

    Raises:
        NotDestroyed: the list is another one, or the same person asked for it.
        IllegalMove, StaleState: it is no longer waiting.
    """
    plan = lock(DestructionPlan.objects.all(), plan.pk)
    if plan.digest != digest or not plan.is_as_drafted():
        raise NotDestroyed("목록이 바뀌었습니다. 다시 확인해 주세요.")
    if plan.requested_by_id == by.pk:
        raise NotDestroyed("요청한 사람은 승인할 수 없습니다. 다른 담당자가 승인해야 합니다.")
    plan.move(State.APPROVED, by=by, approved_by=by, approved_at=timezone.now())


@transaction.atomic
def reject(plan: DestructionPlan, *, by: models.Model, reason: str) -> None:
    """Keep the data for now; the next daily run lists again what is over by then."""
    plan = lock(DestructionPlan.objects.all(), plan.pk)
    plan.move(State.REJECTED, by=by, reason=reason, rows=[])


def carry_out(plan: DestructionPlan, *, by: models.Model | None) -> DestructionRecord:
    """Destroy what the plan lists, as far as it is still over, and write the register.

    Raises:
        NotDestroyed: the plan is not agreed to or already carried out, its list was tampered with,
            or other rows still need these.
    """
    try:
        with contended("같은 계획을 다른 곳에서 실행하고 있습니다.", NotDestroyed), expiring():
            return _destroy(lock(DestructionPlan.objects.all(), plan.pk), by=by)
    except (ProtectedError, RestrictedError) as error:
        raise NotDestroyed(f"{plan.label}: 아직 다른 자료가 쓰고 있어 파기하지 못했습니다.") from error


def _destroy(plan: DestructionPlan, *, by: models.Model | None) -> DestructionRecord:
    if plan.state != (State.DRAFTED if plan.automatic else State.APPROVED):
        raise NotDestroyed(f"{plan.label}: 승인되지 않았거나 이미 끝난 계획입니다.")
    if not plan.is_as_drafted():
        raise NotDestroyed(f"{plan.label}: 승인한 목록과 달라 파기하지 않았습니다.")
    try:
        kind = retention.kind(plan.kind)
    except KeyError as error:
        raise NotDestroyed(f"{plan.label}: 더는 쓰지 않는 자료 구분입니다.") from error
    now = timezone.now()
    rows = kind.due(now).filter(pk__in=plan.rows)
    gone = list(rows.order_by("pk").values_list("pk", kind.born))
    kept = plan.count - len(gone)
    plan.move(State.DONE, by=by, rows=[])
    ledger.write(kind, gone, at=now)
    kind.destroy(_base(rows, [pk for pk, _born in gone]))
    return _register(kind, len(gone), plan=plan, remark=f"{kept}건은 보존할 까닭이 생겨 뺌" if kept else "")


def _base(rows: models.QuerySet, pks: list[int]) -> models.QuerySet:
    """The rows by number alone: a queryset that may be deleted, whatever selected them."""
    return rows.model._base_manager.filter(pk__in=pks)


def _register(
    kind: retention.Kind, count: int, *, plan: DestructionPlan | None = None, remark: str = ""
) -> DestructionRecord:
    return DestructionRecord.objects.create(
        plan=plan,
        kind=kind.code,
        label=kind.label,
        basis=kind.basis,
        period=str(kind.period),
        method=kind.method,
        count=count,
        requested_by=plan.requested_by if plan else None,
        approved_by=plan.approved_by if plan else None,
        remark=remark,
    )


def on_request(code: str, row: models.Model, *, remark: str = "본인 요청") -> DestructionRecord:
    """Write down that ``row`` went before its time, at the wish of the person whose data it was (or see ``remark``).

    Call it in the transaction that forgets the person. A restore from backup then forgets them again,
    through the kind's ``destroy``; without this line it would bring them back.
    """
    kind = retention.kind(code)
    with transaction.atomic():
        record = _register(kind, 1, remark=remark)
        ledger.write(kind, [(row.pk, getattr(row, kind.born))], at=record.at)
    return record


def draft_all(*, by: models.Model | None = None) -> list[DestructionPlan]:
    """One plan per kind that waits for a person and has something over."""
    drafts = [draft(kind, by=by) for kind in retention.kinds() if not kind.automatic]
    return [plan for plan in drafts if plan]


def run() -> tuple[list[DestructionRecord], list[NotDestroyed]]:
    """Carry out the automatic kinds and every approved plan; one that fails does not stop the others.

    Any number of processes may run it at once: the one live plan per kind decides who does the work.
    """
    records, failures = [], []
    for kind in retention.kinds():
        try:
            plan = DestructionPlan.objects.filter(kind=kind.code, state__in=DestructionPlan.LIVE).first()
            if kind.automatic:
                plan = plan or draft(kind, by=None)
            elif plan and plan.state != State.APPROVED:
                plan = None
            if plan:
                records.append(carry_out(plan, by=None))
        except NotDestroyed as failure:
            logger.warning("not destroyed", extra={"kind": kind.code})
            failures.append(failure)
    ledger.forget_old(timezone.now())
    return records, failures


def reapply() -> tuple[list[DestructionRecord], list[NotDestroyed]]:
    """After a restore: destroy again what came back from the backup, then run what runs by itself.

    The ledger outside the database says which rows were destroyed; a row that only bears the same
    number, being born at another moment, stays.
    """
    records, failures = [], []
    for code, births in ledger.read().items():
        try:
            if record := _destroy_again(code, births):
                records.append(record)
        except KeyError:
            failures.append(NotDestroyed(f"{code}: 더는 쓰지 않는 자료 구분이어서 다시 파기하지 못했습니다."))
        except (ProtectedError, RestrictedError):
            failures.append(NotDestroyed(f"{code}: 아직 다른 자료가 쓰고 있어 다시 파기하지 못했습니다."))
    more, also = run()
    return records + more, failures + also


def _destroy_again(code: str, births: dict[int, str]) -> DestructionRecord | None:
    kind = retention.kind(code)
    with expiring():
        back = kind.due(timezone.now()).model._base_manager.filter(pk__in=births)
        again = [pk for pk, born in back.values_list("pk", kind.born) if ledger.moment(born) == births[pk]]
        if again and (count := kind.destroy(_base(back, again))):
            return _register(kind, count, remark="백업 복구 뒤 다시 파기")
    return None
