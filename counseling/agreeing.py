"""A family says whether it can come at the time to which an absence moved its counselling.

The booking stands at the new time all the while, so nothing has to be kept for it: yes and silence leave it there,
no gives it up and puts the student first in line. Rows in the order of ``docs/locks.md``; the question comes last.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from counseling import agreeing_notices, joining, notices, taking, waiting
from counseling import booking as bookings
from counseling.models import Booking, Rearrangement, SlotOffer
from intake import waiting as queues
from lifecycle.locks import Refused, contended, lock
from lifecycle.models import Transition

if TYPE_CHECKING:
    from accounts.models import User

State = Rearrangement.State

BUSY = gettext_lazy("잠시 뒤에 다시 시도해 주세요.")
LATE = gettext_lazy("답할 기한이 지났습니다. 예약은 새 시간 그대로이며, 오시기 어려우면 센터로 전화해 주세요.")
GONE = gettext_lazy("더 이상 답할 수 없습니다. 그 뒤에 예약이 바뀌었습니다. ‘내 예약’을 확인해 주세요.")
WAITS_FIRST = "조정한 시간이 어려워 취소된 상담"


class Gone(Refused):
    """There is nothing to answer any more."""


def deadline(starts: datetime, now: datetime) -> datetime | None:
    """Until when (excluded) a family may answer for a counselling at ``starts``: as many hours of day as an offer has.

    ``None`` when too little day is left before it begins: then nobody asks, and staff telephone.
    """
    window = queues.window(waiting.settings(), now, starts)
    return window and window.deadline


def ask(
    booking: Booking, old_period: DateTimeTZRange, until: datetime, *, by: User, reason: str, now: datetime
) -> Rearrangement:
    """Ask about a booking that was just moved, under the locks of the move. The caller tells the family."""
    return Rearrangement.objects.create(
        booking=booking,
        sequence=booking.sequence,
        old_period=old_period,
        reason=reason[:200],
        asked_at=now,
        asked_by=by,
        deadline=until,
    )


def accept(asked: Rearrangement, *, by: User) -> Booking:
    """The new time is fine. A second click changes nothing.

    Raises:
        Gone: the deadline is past, somebody said no, or the booking was changed since.
    """
    with contended(str(BUSY), Gone), transaction.atomic():
        asked, booking = _held(asked)
        if asked.state != State.ACCEPTED:
            _must_be_open(asked)
            asked.move(State.ACCEPTED, by=by)
        return booking


def decline(asked: Rearrangement, *, by: User) -> Booking:
    """The new time is not possible: the booking is given up, and the student waits first in line for another time.

    The time that was refused is not offered again. A second click changes nothing.

    Raises:
        Gone: as ``accept``.
    """
    with contended(str(BUSY), Gone), transaction.atomic():
        seen = Booking.objects.select_related("student").get(pk=asked.booking_id)
        taking.standing(taking.slot_of(seen.slot_id), seen.student, timezone.now(), own=seen)
        asked, booking = _held(asked)
        if asked.state == State.DECLINED:
            return booking
        _must_be_open(asked)
        reason = str(_("조정한 시간이 맞지 않음"))
        booking = bookings.cancel(booking, by=by, reason=reason, by_centre=True, tell_family=False)
        asked.move(State.DECLINED, by=by)
        wish = joining.stand_first(booking, by=by, reason=WAITS_FIRST)
        if wish:
            refused = SlotOffer.objects.create(
                wish=wish, slot=booking.slot, mode=booking.mode, state=SlotOffer.State.DECLINED, deadline=asked.deadline,
                by_hand=True, reason=WAITS_FIRST,
            )  # fmt: skip
            Transition.objects.create(subject=refused, from_state="open", to_state=refused.state, by=by, reason=reason)
        notices.cancelled_in_absence(booking, reason=reason, waits=wish is not None)
        return booking


def agreed_by_phone(asked: Rearrangement, *, by: User, reason: str) -> Rearrangement:
    """Staff heard it from the family, before or after the deadline; who cannot come is cancelled as ever.

    Raises:
        Gone: it is answered already, or the booking was changed since.
    """
    with contended(str(BUSY), Gone), transaction.atomic():
        asked, _booking = _held(asked)
        if asked.state not in {State.OPEN, State.LAPSED} or not asked.is_as_asked:
            raise Gone("이미 답을 받았거나 그 뒤에 바뀐 예약입니다.")
        asked.move(State.ACCEPTED, by=by, reason=reason)
        return asked


def close(pk: int) -> bool:
    """What the clock decides (``sweeping``): unanswered in time, or nothing to ask any more; whether there was anything."""
    with transaction.atomic():
        now = timezone.now()
        asked, _booking = _held(Rearrangement(pk=pk, booking_id=Rearrangement.objects.get(pk=pk).booking_id))
        if asked.state != State.OPEN:
            return False
        if not asked.is_as_asked:
            asked.move(State.WITHDRAWN, by=None, reason="그 뒤에 예약이 바뀜")
            return True
        if now < asked.deadline:
            return False
        asked.move(State.LAPSED, by=None, reason="답할 기한이 지남")
        agreeing_notices.unanswered(asked)
        return True


def unanswered(user: User) -> QuerySet[Rearrangement]:
    """Whom somebody has to telephone: one's own, or all for whoever sees all; the nearest counselling first."""
    silent = Rearrangement.objects.unanswered(timezone.now())
    if not user.has_perm("counseling.view_every_booking"):
        silent = silent.filter(booking__slot__counselor__user=user)
    return silent.order_by("booking__period", "pk")


def _held(asked: Rearrangement) -> tuple[Rearrangement, Booking]:
    """The question with its booking as they are now, held until commit."""
    booking = lock(Booking.objects.for_page(), asked.booking_id)
    asked = lock(Rearrangement.objects, asked.pk)
    asked.booking = booking
    return asked, booking


def _must_be_open(asked: Rearrangement) -> None:
    if asked.state == State.LAPSED or (asked.state == State.OPEN and asked.deadline <= timezone.now()):
        raise Gone(str(LATE))
    if asked.state != State.OPEN or not asked.is_as_asked:
        raise Gone(str(GONE))
