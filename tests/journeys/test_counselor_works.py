"""A working day at the centre: the board, a booking for a caller by keyboard alone, what happened, the trail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.conftest import Keyboard, Mouse, Visitor

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

BOARD = "/admin/counseling/booking/board/"
COUNT = "addEventListener('keydown', () => sessionStorage.strokes = 1 + Number(sessionStorage.strokes || 0), true)"
FAST_ENOUGH = 60  # strokes from the board to the booking: half a minute of unhurried typing


def next_free(who: Visitor) -> None:
    """Walk through the days until one has a free time."""
    for _ in range(14):
        if who.page.get_by_role("link", name="예약 넣기").count():
            return
        who.page.get_by_role("link", name="다음 날").click()
    pytest.fail("Two weeks without a free time.")


def test_a_counselor_looks_at_the_day_and_reads_a_booking(visitor):
    who = visitor()
    page = who.page
    who.log_in("counselor")
    assert who.path() == "/admin/"
    who.look("index")
    page.locator("#content").get_by_role("link", name="오늘의 상담표", exact=True).click()
    who.look("board")
    for _ in range(30):
        if page.locator(".board a[href*='/change/']").count():
            break
        page.get_by_role("link", name="전날").click()
    who.look("board-of-a-busy-day")
    page.locator(".board a[href*='/change/']").first.click()
    who.look("booking")
    expect(page.locator("#content")).to_contain_text("처리 이력")


def test_a_caller_is_booked_by_keyboard_and_everything_is_written_down(visitor):
    who = visitor()
    page, keys = who.page, Keyboard(who.page)
    page.add_init_script(COUNT)
    who.log_in("admin")
    who.go(BOARD)
    next_free(who)
    page.evaluate("sessionStorage.strokes = 0")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # past the menus
    keys.press(page.get_by_role("link", name="예약 넣기").first)
    who.look("call")
    page.keyboard.type("김지음")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    who.look("caller-found")
    assert page.evaluate("document.activeElement.name") == "topic"
    keys.press(page.get_by_role("button", name="예약하기"))
    expect(page.locator(".messagelist")).to_contain_text("예약했습니다")
    assert int(page.evaluate("sessionStorage.strokes")) <= FAST_ENOUGH
    who.look("booked")

    page.locator(".board .cell", has_text="김*음").get_by_role("link", name="김*음").first.click()
    who.look("booking")
    page.get_by_role("link", name="예약 취소").click()
    who.look("cancel")
    hands = Mouse(page)
    hands.write(page.locator("input[name=reason]"), "상담사 사정으로")
    hands.press(page.get_by_role("button", name="예약 취소"))
    expect(page.locator(".messagelist")).to_contain_text("취소하고 가족에게 알렸습니다")


def test_arrival_and_end_are_written_down_on_the_board(visitor):
    now = timezone.localtime()
    if (now - timedelta(minutes=1)).date() != (now + timedelta(minutes=55)).date():
        pytest.skip("A counselling of today no longer fits into today.")
    who = visitor()
    page, hands = who.page, Mouse(who.page)
    who.log_in("admin")
    who.go(BOARD)
    busy = page.locator(".board thead th").all_inner_texts()

    who.go("/admin/counseling/slot/add/")
    who.look("new-slot")
    free = [name for name in page.locator("select[name=counselor] option").all_inner_texts() if name not in busy]
    hands.choose(page.locator("select[name=counselor]"), free[-1])
    hands.write(page.locator("input[name=day]"), now.date().isoformat())
    hands.write(page.locator("input[name=starts]"), (now - timedelta(minutes=1)).strftime("%H:%M"))
    hands.write(page.locator("input[name=ends]"), (now + timedelta(minutes=54)).strftime("%H:%M"))
    hands.tick(page.locator("input[name=modes][value=visit]"))
    hands.tick(page.locator("input[name=published]"))
    hands.write(page.locator("input[name=exception]"), "운영 시간 밖에도 시험합니다.")  # whatever the clock says
    hands.press(page.locator("input[name=_save]"))

    who.go(BOARD)
    new = f"예약 넣기 {now - timedelta(minutes=1):%H:%M} {free[-1]}"
    hands.press(page.locator(".board").get_by_role("link", name=new))
    hands.write(page.locator("#q"), "김지음")
    hands.press(page.get_by_role("button", name="찾기", exact=True))
    hands.press(page.get_by_role("button", name="예약하기"))

    mine = page.locator(".board .cell", has_text="김*음").filter(has=page.get_by_role("button", name="도착"))
    hands.press(mine.get_by_role("button", name="도착").first)
    expect(page.locator(".messagelist")).to_contain_text("‘도착’")
    who.look("arrived")
    hands.press(page.locator(".board .cell.is-arrived", has_text="김*음").get_by_role("button", name="상담 완료").first)
    who.look("done")
    hands.press(page.locator(".board .cell.is-done", has_text="김*음").get_by_role("link", name="김*음").first)
    who.look("trail")
    trail = page.locator("#content").inner_text()
    assert "예약 확정 → 도착" in trail and "도착 → 상담 완료" in trail
