from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.core.management import call_command

from centre import tasks
from centre.models import Holiday

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2026, 5, 1), True),  # 노동절: a public holiday since 2026
        (date(2026, 7, 17), True),  # 제헌절: the same
        (date(2027, 7, 17), True),
        (date(2027, 7, 19), True),  # its substitute, for it is a Saturday
        (date(2027, 6, 6), True),  # 현충일, a Sunday,
        (date(2027, 6, 7), False),  # has no substitute
        (date(2026, 6, 3), True),  # local elections
        (date(2026, 11, 24), False),
    ],
)
def test_the_holidays_are_those_of_the_law_of_2026(day, holiday, capsys):
    call_command("load_holidays", "2026", "2027")

    assert Holiday.objects.filter(day=day, observed=True).exists() is holiday


def test_loading_again_adds_nothing_and_leaves_what_staff_decided(capsys):
    call_command("load_holidays", "2026")
    Holiday.objects.filter(day=date(2026, 12, 25)).update(observed=False, name="성탄절(문 엶)")
    count = Holiday.objects.count()

    call_command("load_holidays", "2026")

    assert Holiday.objects.count() == count
    assert Holiday.objects.get(day=date(2026, 12, 25)).name == "성탄절(문 엶)"
    assert "2026년 공휴일 0일" in capsys.readouterr().out


def test_the_beat_keeps_this_year_and_the_next():
    with time_machine.travel("2027-12-31 23:59:59+09:00", tick=False):
        assert tasks.load_holidays() > 0
        assert tasks.load_holidays() == 0

    assert set(Holiday.objects.values_list("day__year", flat=True)) == {2027, 2028}
