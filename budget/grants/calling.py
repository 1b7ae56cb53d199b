"""A call is published once it is complete; from then on schools rely on what it says."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from budget.grants.applying import NotNow
from budget.models import GrantCall
from lifecycle.locks import contended, lock

FULL = 100


def gaps(call: GrantCall) -> list[str]:
    """What stands in the way of publishing, each in a sentence."""
    found = []
    total = call.criteria.aggregate(sum=Sum("weight"))["sum"] or 0
    if total != FULL:
        found.append(f"심사 기준의 배점 합계가 {total}점입니다. {FULL}점이 되게 고쳐 주세요.")
    if not call.accounts.exists():
        found.append("신청할 수 있는 통계목을 하나 이상 골라 주세요.")
    if not call.reviewers.exists():
        found.append("심사위원을 한 명 이상 정해 주세요.")
    return found


def publish(call: GrantCall, *, by: User) -> GrantCall:
    """Show it to everybody. Twice is once.

    Raises:
        NotNow: something is missing.
    """
    with contended("다른 사람이 이 공고를 고치고 있습니다.", NotNow), transaction.atomic():
        call = lock(GrantCall.objects.all(), call.pk)
        if call.published_at is None:
            if found := gaps(call):
                raise NotNow(" ".join(found))
            call.published_at = timezone.now()
            call.save(update_fields=["published_at"])
    return call
