"""The counsellor's day without a mouse.

First of the journeys: it needs a counsellor who is free now, and whoever visits the desk later is given one who is.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys import desk
from tests.journeys.conftest import Keyboard
from tests.journeys.desk import BOARD, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

MINUTES = 20
# by whether it is Tuesday, Thursday or Saturday: who has no weekly pattern on that day
OFF_DUTY = {False: ("제하람 상담사", "counselor5"), True: ("석이든 상담사", "counselor6")}


def test_a_day_by_keyboard_from_the_board_to_the_next(visitor):
    """Two come one after the other: arrived, done, written down, and on to the next."""
    now = timezone.localtime()
    if now.date() != (now + timedelta(minutes=2 * MINUTES + 10)).date():
        pytest.skip("Two counsellings no longer fit into today.")
    run = desk.korean(f"{now:%M%S}")
    name, login = OFF_DUTY[now.weekday() in (1, 3, 5)]
    boss, family = visitor(), visitor()
    boss.log_in("admin")
    family.log_in("family31")
    desk.open_topic(boss, f"하루상담{run}", MINUTES, counselor=name)
    for n, child in enumerate((f"아침{run}", f"다음{run}")):
        begins = now + timedelta(minutes=n * MINUTES - 1)
        desk.add_child(family, child)
        desk.add_slot(boss, begins, MINUTES, counselor=name)
        desk.book_caller(boss, begins, child, name)

    who = visitor()
    page, keys = who.page, Keyboard(who.page)
    desk.log_in_first_time(who, login)
    who.go(BOARD)
    mine = page.locator(".board .cell", has_text=desk.masked(f"아침{run}"))
    keys.press(mine.get_by_role("button", name=re.compile("^도착")))
    told(who, "‘도착’")
    who.look("arrived")
    keys.press(mine.get_by_role("button", name=re.compile("^상담 완료")))
    told(who, "‘상담 완료’")
    keys.press(mine.get_by_role("link", name=re.compile("^기록")))
    assert page.evaluate("document.activeElement.name") == "memo"  # one may write at once
    keys.write(page.locator("textarea[name=memo]"), "처음 왔음.")
    keys.write(page.locator("textarea[name=summary]"), "하고 싶은 일을 함께 적어 보았습니다.")
    keys.write(page.locator("textarea[name=items]"), "하고 싶은 일 세 가지 적기")
    who.look("write")
    keys.press(page.get_by_role("button", name="저장"))
    told(who, "기록을 저장했습니다")
    keys.press(page.get_by_role("link", name="학생과 공유"))
    keys.press(page.get_by_role("button", name="학생과 공유"))
    told(who, "공유하고 알렸습니다")
    who.look("shared")

    keys.press(page.get_by_role("link", name="오늘의 상담표").first)
    following = page.locator(".board .cell", has_text=desk.masked(f"다음{run}"))
    keys.press(following.get_by_role("button", name=re.compile("^도착")))
    told(who, "‘도착’")
    expect(following.get_by_role("button", name=re.compile("^상담 완료"))).to_have_count(0)  # it has not begun
    who.look("next")
