"""Text messages wait for the morning, and for next month's money; checked when they are sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from notices import delivery, health, sealing
from notices.kinds import EMAIL
from notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-11-24 20:59:59+09:00", True),
        ("2026-11-24 21:00:00+09:00", False),
        ("2026-11-25 03:00:00+09:00", False),
        ("2026-11-25 07:59:59+09:00", False),
        ("2026-11-25 08:00:00+09:00", True),
    ],
)
def test_at_night_a_text_message_waits_unless_it_is_urgent_and_mail_never_waits(owed, way, now, leaves):
    with time_machine.travel(now, tick=False):
        owed(body="급하지 않음", urgent=False)
        owed(body="급함", urgent=True)
        owed(body="메일", urgent=False, channel=EMAIL, price_class="")
        delivery.deliver_due()
    assert set(way.said) == {"급함", "메일"} | ({"급하지 않음"} if leaves else set())


def test_nine_o_clock_counts_when_it_is_sent_not_when_it_was_claimed(owed, way):
    with time_machine.travel("2026-11-24 20:59:59+09:00", tick=False) as clock:
        notice = owed(urgent=False)
        [claimed] = delivery.claim()
        clock.shift(timedelta(seconds=1))
        assert not delivery.hand_over(claimed, way)
        clock.move_to("2026-11-25 08:00:00+09:00")
        assert delivery.deliver_due() == 1
    notice.refresh_from_db()
    assert notice.attempts == 1


def test_what_waits_for_the_morning_is_not_late(owed):
    with time_machine.travel("2026-11-24 23:00:00+09:00", tick=False) as clock:
        owed(urgent=False)
        assert health.oldest_due() is None
        clock.move_to("2026-11-25 08:00:10+09:00")
        assert health.oldest_due() == timedelta(hours=9, seconds=10)


def test_the_monthly_ceiling_stops_all_text_messages_but_codes(owed, way, settings):
    settings.SMS_CEILING_WON_A_MONTH = 50
    with time_machine.travel("2026-11-24 12:00:00+09:00", tick=False) as clock:
        for number in range(3):
            owed(body=f"{number}")
        owed(body="코드 #{코드}", sealed=sealing.seal({"코드": "1"}))
        owed(body="메일", channel=EMAIL, price_class="")
        delivery.deliver_due()
        assert sorted(way.said) == ["0", "1", "메일", "코드 1"]
        clock.move_to("2026-11-30 23:59:59+09:00")
        Notice.objects.update(give_up_at=timezone.now() + timedelta(days=3))
        assert delivery.deliver_due() == 0
        clock.move_to("2026-12-01 00:00:00+09:00")
        assert delivery.deliver_due() == 1
