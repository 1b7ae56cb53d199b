"""Answering an offer: the family accepts or declines, staff offer by hand or take back, the clock lets it lapse."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from counseling import changing, rules, taking, waiting, waiting_notices
from counseling.models import Booking, Slot, SlotOffer, Wish
from lifecycle.locks import Refused, contended, lock

if TYPE_CHECKING:
    from accounts.models import User
    from intake.models import Queue

State = SlotOffer.State

LATE = gettext_lazy("답할 기한이 지나 다음 분께 자리를 제안했습니다. 순서는 ‘내 대기’에서 보실 수 있습니다.")
GONE = gettext_lazy("더 이상 답할 수 없는 제안입니다. ‘내 대기’를 확인해 주세요.")
BUSY = gettext_lazy("잠시 뒤에 다시 시도해 주세요.")


class Gone(Refused):
    """This offer cannot be answered any more."""


def accept(offer: SlotOffer, *, by: User) -> Booking:
    """Turn an offer into a booking, or move the booking that was to be earlier. A second click is the same booking.

    Raises:
        Gone: it was declined, taken back, or its deadline is past; then the next in line has it by now.
        taking.Taken, taking.NotNow: the rules of booking refuse; the offer stands until its deadline.
    """
    with contended(str(BUSY), Gone), transaction.atomic():
        now = timezone.now()
        offer, hold, queue = waiting.take(offer.pk, now)
        booking = _accepted(offer, hold, queue, now, by=by)
    if booking is None:
        raise Gone(str(LATE))
    return booking


def _accepted(offer: SlotOffer, hold: Booking | None, queue: Queue, now: datetime, *, by: User) -> Booking | None:
    wish = offer.wish
    if offer.state == State.ACCEPTED and (booking := wish.booking):
        return booking
    if offer.state != State.OPEN or hold is None:
        raise Gone(str(GONE))
    if offer.has_lapsed(now):
        waiting.close(offer, hold, State.LAPSED, queue, by=None, reason="답할 기한이 지남")
        return None
    booking = _moved(offer, hold, by=by) if wish.earlier else _booked(offer, hold, now, by=by)
    offer.move(State.ACCEPTED, by=by)
    wish.move(Wish.State.SERVED, by=by, booking=booking)
    return booking


def _booked(offer: SlotOffer, hold: Booking, now: datetime, *, by: User) -> Booking:
    taking.check(offer.slot, hold.topic, hold.mode, now, by_staff=offer.by_hand)
    others = [other for other in taking.standing(offer.slot, hold.student, now) if other.pk != hold.pk]
    taking.make_room(offer.slot, hold.period, others, hold.student, now, by=by)
    overridden = rules.FREE_FOR_STAFF if offer.by_hand else frozenset()
    taking.admit(offer.slot, hold.topic, hold.student, now, but=hold, overridden=overridden)
    taking.need_consent(hold.student, hold.topic)
    taking.agree(hold, now, by=by)
    return hold


def _moved(offer: SlotOffer, hold: Booking, *, by: User) -> Booking:
    own = offer.wish.booking
    if own is None or offer.slot.session(own.topic).upper > own.starts_at:
        raise Gone(_("지금 예약이 제안된 시간보다 빠릅니다. 이 제안은 거절하셔도 됩니다."))
    hold.move(Booking.State.RELEASED, by=by, reason="예약을 이 시간으로 옮김")
    return changing.move(
        own, offer.slot_id, by=by, mode=offer.mode, by_centre=True, reason=str(_("더 빠른 시간 제안을 받음"))
    )


def decline(offer: SlotOffer, *, by: User) -> SlotOffer:
    """Say no: the time goes to the next in line at once. A second click changes nothing.

    Raises:
        Gone: it was accepted, or is over.
    """
    with contended(str(BUSY), Gone), transaction.atomic():
        offer, hold, queue = waiting.take(offer.pk, timezone.now())
        if offer.state == State.OPEN:
            waiting.close(offer, hold, State.DECLINED, queue, by=by, reason="가족이 거절함")
        elif offer.state != State.DECLINED:
            raise Gone(str(GONE))
        return offer


def take_back(offer: SlotOffer, *, by: User | None, reason: str) -> SlotOffer:
    """The time is not to be had any more: tell the family, who keeps its place in the line."""
    with contended(str(BUSY), Gone), transaction.atomic():
        offer, hold, queue = waiting.take(offer.pk, timezone.now())
        if offer.state == State.OPEN:
            waiting.close(offer, hold, State.WITHDRAWN, queue, by=by, reason=reason)
            if offer.announced_at:
                waiting_notices.withdrawn(offer)
        return offer


def offer_by_hand(wish: Wish, slot_id: int, *, by: User, reason: str) -> SlotOffer:
    """Staff offer a free time to somebody of their choice, out of turn and also after the families' deadline.

    Raises:
        Gone: the time is taken, or does not fit, or the wish waits no more or has an offer.
    """
    with contended(str(BUSY), Gone), transaction.atomic():
        now = timezone.now()
        slot = lock(Slot.objects.select_related("counselor", "room__venue"), slot_id)
        waiting.take_bookings(wish.student_id, [slot_id], now)
        queue = waiting.enter()
        wish = Wish.objects.for_page().get(pk=wish.pk)
        if not wish.is_waiting(now) or wish.offers.standing().exists():
            raise Gone("기다리고 있지 않거나 이미 제안을 받은 대기입니다.")
        if Booking.objects.occupying(now).filter(slot=slot).exists():
            raise Gone("이미 예약되었거나 다른 사람이 예약하고 있는 시간입니다.")
        if why := waiting.why_not(wish, slot, queue, now, by_staff=True):
            raise Gone(f"이 시간은 제안할 수 없습니다: {why}")
        offer = waiting.make(wish, slot, queue, now, passed={}, by=by, reason=reason)
        if offer is None:
            raise Gone("방금 다른 곳에서 예약된 시간입니다. 다른 시간을 골라 주세요.")
        return offer
