"""Recounts the queue: an offer and its hold belong together, and nobody was passed over without a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from counseling.models import Booking, SlotOffer, Wish
from intake.waiting import MOST_PASSED

LATE = timedelta(hours=1)  # after which something should have closed it


def check() -> Iterator[str]:
    yield from _offers_without_hold()
    yield from _holds_without_offer()
    yield from _offers_to_nobody()
    yield from _deadlines()
    yield from _out_of_order()


def _offers_without_hold() -> Iterator[str]:
    for offer in SlotOffer.objects.standing().exclude(hold__state=Booking.State.HELD).order_by("pk"):
        yield f"자리 제안 {offer.pk}: 맡아 둔 시간이 없습니다."


def _holds_without_offer() -> Iterator[str]:
    holds = Booking.objects.filter(state=Booking.State.HELD, offer__isnull=False)
    for pk in holds.exclude(offer__state=SlotOffer.State.OPEN).order_by("pk").values_list("pk", flat=True):
        yield f"예약 {pk}: 끝난 제안이 시간을 맡아 두고 있습니다."


def _offers_to_nobody() -> Iterator[str]:
    orphans = SlotOffer.objects.standing().exclude(wish__state=Wish.State.WAITING).order_by("pk")
    for pk in orphans.values_list("pk", flat=True):
        yield f"자리 제안 {pk}: 기다리지 않는 사람에게 제안되어 있습니다."


def _deadlines() -> Iterator[str]:
    standing = SlotOffer.objects.standing()
    for pk in standing.exclude(hold__held_until=F("deadline")).filter(hold__isnull=False).values_list("pk", flat=True):
        yield f"자리 제안 {pk}: 답할 기한과 맡아 둔 기한이 다릅니다."
    old = standing.filter(deadline__lt=timezone.now() - LATE).count()
    if old:
        yield f"기한이 한 시간 넘게 지난 자리 제안이 {old}건 있습니다."


def _out_of_order() -> Iterator[str]:
    """Somebody before in line whom the time fits, who was there, had no offer and was given no reason."""
    offers = SlotOffer.objects.standing().filter(by_hand=False).for_page().order_by("pk")
    for offer in offers:
        if len(offer.passed) >= MOST_PASSED:
            continue
        wish = offer.wish
        before = Q(priority__gt=wish.priority) | Q(priority=wish.priority, joined_at__lt=wish.joined_at)
        line = Wish.objects.waiting(timezone.now()).filter(
            before, topic__counselors=offer.slot.counselor_id, joined_at__lt=offer.made_at
        )
        for other in line.for_page().order_by("pk"):
            if str(other.pk) not in offer.passed and other.fits(offer.slot) and not _was_busy(other, offer):
                yield f"자리 제안 {offer.pk}: 먼저 온 대기 {other.pk}을(를) 까닭 없이 지나쳤습니다."


def _was_busy(wish: Wish, offer: SlotOffer) -> bool:
    """Whether it had another offer then, said no to this time, or was out of the queue for a while since."""
    asked = wish.offers.filter(Q(slot=offer.slot) | Q(made_at__lte=offer.made_at, deadline__gt=offer.made_at))
    return asked.exists() or wish.trail().exists()
