"""A booking marked as missed is a no-show of ``intake``; put right, it never was one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counseling.models import Booking
from intake import noshow

if TYPE_CHECKING:
    from accounts.models import User

AREA = "counseling"
State = Booking.State


def follow(booking: Booking, before: str, *, by: User) -> None:
    """Write or take back the strike that a change of state asks for; the student's row is locked by the caller.

    A booking cancelled late is no no-show: somebody said that nobody would come. Neither is a talk at a fair.
    """
    if booking.topic.at_fair:
        return
    if booking.state == State.NO_SHOW:
        noshow.record(
            booking.student,
            area=AREA,
            source=booking.pk,
            what="상담",
            missed_at=booking.starts_at,
            rules=booking.topic.deadlines,
            by=by,
        )
    elif before == State.NO_SHOW:
        noshow.take_back(AREA, booking.pk, by=by, reason="불참이 아닌 것으로 고침")
