"""What a person decides about a message that did not simply arrive: again, believe it arrived, or let it be."""

from __future__ import annotations

from django.db import models, transaction
from django.utils import timezone

from lifecycle.locks import Refused
from lifecycle.models import IllegalMove, StaleState
from notices import kinds
from notices.hint import hint
from notices.models import Notice

State = Notice.State

TAKEN = "방금 다른 분이 처리했거나 이미 보낸 알림입니다. 목록에서 다시 확인해 주세요."


class MayHaveArrived(Refused):
    """The person may have it already; whoever sends it again has to say that they know."""


def resend(notice: Notice, *, by: models.Model, reason: str, knowing: bool = False) -> None:
    """Make a failed or doubtful message due again, with all its time before it.

    Raises:
        MayHaveArrived: the message is in doubt and the person did not say so (``knowing``).
        Refused: its secret is gone, it is on its way, or somebody else was first.
    """
    if notice.state == State.UNKNOWN and not knowing:
        raise MayHaveArrived("이미 받았을 수 있어요. 한 번 더 받아도 괜찮은지 확인하고 표시해 주세요.")
    if notice.is_spent:
        raise Refused(
            "인증번호나 확인 링크는 한 번만 쓸 수 있어 다시 보낼 수 없습니다. 받는 분이 새로 요청해야 합니다."
        )
    if not notice.address:
        raise Refused("받는 분의 연락처를 지운 알림이어서 다시 보낼 수 없습니다.")
    now = timezone.now()
    kind = kinds.find(notice.kind)
    valid_for = kind.valid_for if kind else kinds.Kind.valid_for
    _move(notice, State.DUE, by, reason, send_after=now, give_up_at=now + valid_for, attempts=0, fault="", problem="")
    transaction.on_commit(hint, robust=True)


def believe(notice: Notice, *, by: models.Model, reason: str) -> None:
    """Settle a doubt: the person has the message."""
    _move(notice, State.SENT, by, reason, fault="", problem="", sent_at=notice.handed_at)


def let_be(notice: Notice, *, by: models.Model, reason: str) -> None:
    """Decide that this is not to be said any more."""
    _move(notice, State.CANCELLED, by, reason, sealed=None, lease_until=None)


def _move(notice: Notice, to: str, by: models.Model, reason: str, **fields: object) -> None:
    try:
        notice.move(to, by=by, reason=reason, **fields)
    except (IllegalMove, StaleState) as error:
        raise Refused(TAKEN) from error
