from __future__ import annotations

import pytest

from counseling import booking as bookings
from notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("moment", "sms", "mail"),
    [
        ("2026-11-24 17:59+09:00", "취소 11. 24.(화) 18:00까지", "11. 24.(화) 18:00까지 ‘내 예약’에서"),
        ("2026-11-24 18:00+09:00", "취소 전화로", "센터로 전화해 주세요."),
    ],
)
def test_a_message_names_the_way_to_cancel_that_is_still_open(
    slot, student, topic, parent, monday_morning, moment, sms, mail
):
    monday_morning.move_to(moment)
    bookings.book(slot.pk, student=student, topic=topic, mode="visit", by=parent, on_behalf=True)

    said = Notice.objects.filter(kind="counseling.booked")
    assert sms in said.get(channel="sms").body
    assert mail in said.get(channel="email").body
