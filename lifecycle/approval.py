"""Asking a second person, and what their word is bound to.

A room registers its kinds at start-up. ``contents`` says what somebody agrees to; its SHA-256 is kept with the
request, and nobody can agree to contents that have changed since they looked. What the agreement causes
(``carry_out``) happens in the same transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from lifecycle.locks import Refused, contended, lock
from lifecycle.models import Approval

State = Approval.State
Contents = Mapping[str, Any]


class NotApproved(Refused):
    """Nothing was decided; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of thing that needs a second person.

    ``contents`` gives what is agreed to, label by label, from the subject as it is now. ``hold`` locks whatever
    could change them, before they are read for the last time. ``carry_out`` is called under these locks once the
    agreement is given. ``url`` is the subject's page for staff.
    """

    code: str
    label: str
    permission: str
    contents: Callable[[Any], Contents]
    hold: Callable[[Any], Any] = lambda subject: None
    carry_out: Callable[[Any, Approval], None] = lambda subject, approval: None
    url: Callable[[Any], str] = lambda subject: ""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Called once at start-up.

    Raises:
        ValueError: the code is taken.
    """
    if kind.code in _kinds:
        raise ValueError(f"approval kind {kind.code!r} is registered twice")
    _kinds[kind.code] = kind
    return kind


def kind(code: str) -> Kind:
    """Raises ``KeyError`` for a code that nobody registered."""
    return _kinds[code]


def kinds() -> list[Kind]:
    return list(_kinds.values())


def digest(contents: Contents) -> str:
    """SHA-256 of the contents as canonical JSON: keys in order, no spaces, Hangul as it is."""
    said = json.dumps(contents, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def ask(kind: Kind, subject: models.Model, *, by: models.Model, reason: str, title: str = "") -> Approval:
    """Ask for a second person's word on ``subject`` as it is now.

    Raises:
        NotApproved: somebody has asked already, or no reason is given.
    """
    if not reason.strip():
        raise NotApproved("사유를 적어 주세요.")
    contents = kind.contents(subject)
    with contended("이미 결재를 기다리고 있습니다. 결재 목록에서 확인해 주세요.", NotApproved), transaction.atomic():
        return Approval.objects.create(
            kind=kind.code,
            subject=subject,
            title=(title or f"{kind.label}: {subject}")[:200],
            contents=contents,
            digest=digest(contents),
            reason=reason.strip(),
            asked_by=by,
        )


def approve(approval: Approval, *, by: models.Model, seen: str, remark: str = "") -> Approval:
    """Agree, as a second person, to exactly the contents whose digest one has ``seen``, and carry it out.

    Raises:
        NotApproved: the contents have changed (the request is void then), it is decided already, the same person
            asked, or ``by`` has no right to decide this kind.
        Refused: what ``carry_out`` refuses; the request then waits on.
    """
    changed = "결재를 올린 뒤 내용이 바뀌어 이 결재는 무효가 되었습니다. 다시 올려 달라고 해 주세요."
    with contended("다른 사람이 처리하고 있습니다. 다시 확인해 주세요.", NotApproved), transaction.atomic():
        approval = _open(approval, by)
        one = kind(approval.kind)
        subject = approval.subject
        if subject is not None:
            one.hold(subject)
        same = subject is not None and digest(one.contents(subject)) == approval.digest
        if same:
            if seen != approval.digest:
                raise NotApproved("화면에서 본 내용이 아닙니다. 새로 고친 뒤 다시 확인해 주세요.")
            approval.move(State.APPROVED, by=by, reason=remark, decided_by=by, decided_at=timezone.now(), remark=remark)
            one.carry_out(subject, approval)
        else:
            approval.move(State.VOID, by=by, reason="내용이 바뀜")
    if not same:  # said after the commit, so that it stays void
        raise NotApproved(changed)
    return approval


def reject(approval: Approval, *, by: models.Model, reason: str) -> Approval:
    """Send it back with a reason.

    Raises:
        NotApproved: as ``approve``, or no reason is given.
    """
    if not reason.strip():
        raise NotApproved("반려하는 사유를 적어 주세요.")
    with transaction.atomic():
        approval = _open(approval, by)
        said = reason.strip()
        approval.move(State.REJECTED, by=by, reason=said, decided_by=by, decided_at=timezone.now(), remark=said)
    return approval


def withdraw(approval: Approval, *, by: models.Model) -> Approval:
    """Take one's own request back.

    Raises:
        NotApproved: it is somebody else's, or decided already.
    """
    with transaction.atomic():
        approval = lock(Approval.objects.all(), approval.pk)
        if approval.asked_by_id != by.pk:
            raise NotApproved("결재를 올린 사람만 회수할 수 있습니다.")
        if approval.state != State.PENDING:
            raise NotApproved("이미 처리된 결재입니다.")
        approval.move(State.WITHDRAWN, by=by)
    return approval


def standing(kind: Kind, subject: models.Model) -> Approval | None:
    """The latest agreement to ``subject`` exactly as it is now; ``None`` once it was edited."""
    given = Approval.objects.of(subject).filter(
        kind=kind.code, state=State.APPROVED, digest=digest(kind.contents(subject))
    )
    return given.order_by("-decided_at", "-pk").first()


def decidable(user: models.Model) -> Q:
    """What ``user`` may decide: of a kind that they have the right to, and asked by somebody else."""
    codes = [kind.code for kind in kinds() if user.has_perm(kind.permission)]
    return Q(kind__in=codes) & ~Q(asked_by=user)


def waiting_for(user: models.Model) -> models.QuerySet[Approval]:
    """What waits for this person's word."""
    return Approval.objects.pending().filter(decidable(user))


def _open(approval: Approval, by: models.Model) -> Approval:
    approval = lock(Approval.objects.all(), approval.pk)
    if approval.state != State.PENDING:
        raise NotApproved("이미 처리된 결재입니다.")
    if approval.asked_by_id == by.pk:
        raise NotApproved("올린 사람은 스스로 승인할 수 없습니다. 다른 담당자가 승인해야 합니다.")
    if not by.has_perm(kind(approval.kind).permission):
        raise NotApproved("이 결재를 승인할 권한이 없습니다.")
    return approval
