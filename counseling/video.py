"""Where counselling by video takes place: a counsellor's own address, or one for a single booking.

A family that knows the old address is told the new one once. Nobody is told where nothing changed for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction

from counseling import notices
from counseling.booking import NotNow
from counseling.models import Booking, Counselor, Mode
from lifecycle.locks import Refused, contended, lock, lock_all

if TYPE_CHECKING:
    from accounts.models import User

LONGEST = 300
BUSY = "잠시 뒤에 다시 시도해 주세요."
_is_https = URLValidator(schemes=["https"])


def give(booking: Booking, url: str, *, by: User) -> Booking:
    """Give one booking an address of its own; an empty one goes back to the counsellor's.

    Raises:
        Refused: this is no https address.
        NotNow: the booking is not by video, or not ahead any more.
    """
    url = _checked(url)
    with contended(BUSY, NotNow), transaction.atomic():
        booking = lock(Booking.objects.for_page(), booking.pk)
        if booking.mode != Mode.VIDEO or booking.state not in Booking.AGREED or booking.is_over:
            raise NotNow("앞으로 있을 화상 상담에만 접속 주소를 정할 수 있습니다.")
        before = booking.meeting_url
        booking.video_url = url
        booking.save(update_fields=["video_url"])
        if booking.meeting_url != before:
            _tell(booking)
        return booking


def give_counselor(counselor: Counselor, url: str) -> int:
    """Change a counsellor's own address and say how many families were told: those ahead without one of theirs.

    Raises:
        Refused: this is no https address.
    """
    url = _checked(url)
    with contended(BUSY, Refused), transaction.atomic():
        counselor = lock(Counselor.objects, counselor.pk)
        if counselor.video_url == url:
            return 0
        counselor.video_url = url
        counselor.save(update_fields=["video_url"])
        ahead = Booking.objects.upcoming().filter(slot__counselor=counselor, mode=Mode.VIDEO, video_url="")
        told = lock_all(Booking.objects.for_page(), ahead.values_list("pk", flat=True))
        for booking in told:
            _tell(booking)
        return len(told)


def _tell(booking: Booking) -> None:
    """The entry in the family's calendar changed its place, too (RFC 5545 SEQUENCE)."""
    booking.sequence += 1
    booking.save(update_fields=["sequence"])
    notices.video_link(booking)


def _checked(url: str) -> str:
    url = url.strip()
    try:
        if url:
            _is_https(url)
    except ValidationError:
        raise Refused("https://로 시작하는 주소를 적어 주세요.") from None
    if len(url) > LONGEST:
        raise Refused(f"주소는 {LONGEST}자까지 적을 수 있습니다.")
    return url
