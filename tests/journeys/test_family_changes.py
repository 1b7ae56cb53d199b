"""A parent looks at 나의 페이지, books for a child, moves the booking, lets a calendar read along, and cancels."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Keyboard, Mouse, Visitor

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

MAIL = "parent@demo.example"


def travel(who: Visitor, hands: Mouse | Keyboard, *, axe: bool = True) -> None:
    """The whole way; it leaves the demo family as it was, so that it may be gone again."""
    page = who.page
    main = page.locator("main")

    def button(name: str):
        return main.get_by_role("button", name=name).first

    def link(name: str):
        return main.get_by_role("link", name=name).first

    who.log_in("parent")
    who.look("home", axe=axe)
    expect(main.get_by_text("다음 할 일")).to_have_count(1)
    who.go("/my/")
    who.look("my-page", axe=axe)
    child = main.locator("h2", has_text=re.compile("초|중|고")).last.inner_text().split()[0]

    # a time for which nobody in particular is asked
    who.go("/counseling/times/?topic=admission&mode=visit")
    who.look("times", axe=axe)
    hands.press(main.get_by_role("link", name=re.compile("^선택")).nth(3))
    hands.tick(main.locator("label", has_text=child).locator("xpath=preceding-sibling::input").first)
    who.look("wish", axe=axe)
    hands.press(button("다음"))
    who.look("review", axe=axe)
    hands.press(button("예약하기"))
    assert who.path().endswith("/done/"), main.inner_text()
    booking = who.path().removesuffix("done/")

    # another time
    who.go(booking)
    who.look("booking", axe=axe)
    hands.press(link("예약 변경"))
    who.look("change", axe=axe)
    hands.press(main.get_by_role("link", name=re.compile("^선택")).last)
    review = page.url
    who.look("move", axe=axe)
    hands.press(button("이 시간으로 바꾸기"))
    assert who.path() == booking
    who.look("moved", axe=axe)
    expect(main).to_contain_text("변경 내역")
    assert child in who.message(MAIL, "상담 예약을 변경")

    # the back button and the same address once more do no harm
    page.goto(review)
    expect(button("이 시간으로 바꾸기")).to_have_count(0)
    who.look("move-over", axe=axe)

    # a calendar that reads along
    who.go("/counseling/calendar/")
    who.look("calendar", axe=axe)
    hands.press(button("새 주소로 바꾸기" if button("새 주소로 바꾸기").count() else "주소 만들기"))
    who.look("calendar-made", axe=axe)
    address = main.locator("#feed-url").input_value()
    calendar = page.request.get(address)
    assert calendar.status == 200
    assert child in calendar.text().replace("\r\n ", "")
    hands.press(button("주소 없애기"))
    assert page.request.get(address).status == 404

    who.go(f"{booking}cancel/")
    hands.tick(page.locator("input[name=reason]").first)
    hands.press(button("예약 취소하기"))
    who.go("/my/")
    who.look("my-page-after", axe=axe)


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_with_the_mouse(visitor, size):
    who = visitor(size=size)
    travel(who, Mouse(who.page))


def test_with_the_keyboard_alone(visitor):
    who = visitor()
    travel(who, Keyboard(who.page))


def test_without_scripts(visitor):
    who = visitor(size="phone", script=False)
    travel(who, Mouse(who.page), axe=False)


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("person", ["student", "teacher", "family02", "partner01"])
def test_everybody_has_a_page_of_their_own(visitor, person, size):
    who = visitor(size=size)
    who.log_in(person)
    for path, name in (("/", "home"), ("/my/", "my-page"), ("/counseling/calendar/", "calendar")):
        who.go(path)
        who.look(f"{person}-{name}")
