"""What a day off hits in counselling; asked by ``centre.shutting``."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse
from django.utils import timezone

from centre import shutting
from counseling.models import Booking, Slot
from krds.dates import ktime

MAY_SETTLE = ("counseling.view_booking", "counseling.change_booking", "counseling.view_every_booking")


@shutting.register
def published_times(period: DateTimeTZRange, venue: int | None) -> shutting.Hit | None:
    """Times still ahead that were published for a day that is now off; of one venue, those in its rooms."""
    now = timezone.now()
    slots = Slot.objects.standing().filter(period__overlap=period, period__endswith__gt=now)
    if venue:
        slots = slots.filter(room__venue=venue)
    number = slots.count()
    if not number:
        return None
    booked = Booking.objects.filter(slot__in=slots, state=Booking.State.BOOKED).count()
    begins, over = timezone.localtime(period.lower), timezone.localtime(period.upper - timedelta.resolution)
    asked = {"whole": "on", "first_day": begins.date(), "last_day": over.date(), "reason": "센터 휴관"}
    if venue:
        asked["venue"] = venue
    if begins.date() == over.date() and period.upper - period.lower < timedelta(days=1):
        asked |= {"from_time": ktime(period.lower), "until_time": ktime(period.upper)}
    sentence = f"이미 공개한 상담 시간 {number}개가 쉬는 날에 있습니다(예약 {booked}건)."
    return shutting.Hit(sentence, f"{reverse('admin:counseling_absence')}?{urlencode(asked)}", MAY_SETTLE)
