"""The front desk by keyboard: a caller, a change, a sibling, somebody at the counter, and a board that looks again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.conftest import Keyboard, Visitor
from tests.journeys.test_counselor_works import BOARD, COUNT

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

CALL = "/admin/counseling/booking/call/"
FEW = 15  # strokes from the empty page to the booking, the name included; ten when the usual topic and first time do


def strokes(who: Visitor) -> int:
    return int(who.page.evaluate("sessionStorage.strokes || 0"))


def told(who: Visitor, sentence: str) -> None:
    expect(who.page.locator(".messagelist")).to_contain_text(sentence)


def book_by_keyboard(who: Visitor, name: str = "김지음") -> None:
    """On the one page: the name, past the topic, Enter on the first time."""
    page = who.page
    who.go(CALL)
    page.evaluate("sessionStorage.strokes = 0")
    page.keyboard.type(name)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "topic"
    Keyboard(page).reach(page.locator("input[name=when]:checked"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    told(who, "예약했습니다")


def test_a_caller_is_booked_in_few_strokes_moved_and_given_to_a_sibling(visitor):
    who = visitor()
    page, keys = who.page, Keyboard(who.page)
    page.add_init_script(COUNT)
    who.log_in("admin")
    book_by_keyboard(who)
    assert strokes(who) <= FEW, strokes(who)
    who.look("booked")

    cell = page.locator(page.evaluate("location.hash"))
    expect(cell).to_contain_text("예약 확정")
    keys.press(cell.get_by_role("link", name="변경"))
    who.look("move")
    keys.tick(page.locator("input[name=slot]").nth(1))
    keys.write(page.locator("input[name=reason]"), "전화로 요청")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    told(who, "예약을 바꾸고 가족에게 알렸습니다")

    cell = page.locator(page.evaluate("location.hash"))
    keys.press(cell.locator("a[id^=open-]"))
    who.look("changed")
    expect(page.locator("#content")).to_contain_text("변경 이력")
    keys.press(page.get_by_role("link", name="학생 바꾸기"))
    who.look("swap")
    keys.tick(page.locator("input[name=student]").first)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    told(who, "학생을 바꾸고 가족에게 알렸습니다")
    who.look("swapped")

    who.go("/admin/counseling/booking/history/?day=" + page.evaluate("new URLSearchParams(location.search).get('day')"))
    who.look("history")
    expect(page.locator("#content")).to_contain_text("다른 학생으로 바꿈")


def test_the_board_looks_again_without_disturbing_anybody(visitor):
    watcher, other = visitor(), visitor()
    watcher.log_in("approver")
    other.log_in("admin")
    book_by_keyboard(other)
    day = other.page.evaluate("new URLSearchParams(location.search).get('day')")
    hash_ = other.page.evaluate("location.hash")

    watcher.go(f"{BOARD}?day={day}")
    page = watcher.page
    link = page.locator(hash_).get_by_role("link", name="변경")
    link.focus()
    other.page.locator(hash_).get_by_role("link", name="취소").click()
    other.page.locator("input[name=reason]").fill("상담사 사정으로")
    other.page.get_by_role("button", name="예약 취소").click()

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(hash_)).to_contain_text("비어 있음")
    expect(page.locator("#board-news")).to_contain_text("비어 있음")
    assert page.evaluate("document.activeElement.id") == hash_[1:]  # its button is gone, its place is not
    watcher.look("looked-again")

    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url(lambda url: f"day={day}" not in url)


def test_somebody_at_the_counter_is_registered_counselled_and_done(visitor):
    now = timezone.localtime()
    if (now - timedelta(minutes=10)).date() != (now + timedelta(minutes=70)).date():
        pytest.skip("A counselling of now no longer fits into today.")
    who = visitor()
    page, keys = who.page, Keyboard(who.page)
    who.log_in("admin")
    who.go(BOARD)
    keys.press(page.get_by_role("link", name="지금 방문", exact=True).last)
    keys.press(page.get_by_role("link", name="처음 온 학생 등록").last)
    who.look("counter")
    name = f"방문{now:%M%S}".translate(str.maketrans("0123456789", "가나다라마바사아자차"))
    keys.write(page.locator("input[name=name]"), name)
    keys.write(page.locator("input[name=birth_date]"), "2010-05-05")
    keys.choose(page.locator("select[name=grade]"), "고1")
    keys.press(page.get_by_role("button", name="등록", exact=True))
    who.look("visitor")
    times = page.locator("input[name=when]")
    assert times.count(), page.locator("#content").inner_text()
    keys.press(page.get_by_role("button", name="예약하고 도착으로 적기"))
    told(who, "도착으로 적었습니다")
    cell = page.locator(page.evaluate("location.hash"))
    expect(cell).to_contain_text("도착")
    who.look("arrived")
