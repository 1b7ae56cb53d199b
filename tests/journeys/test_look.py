"""Every component on one page, in every dress, by hand and by keyboard, with and without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visitor


def dress(who: Visitor, contrast: str, text: str) -> None:
    who.page.context.add_cookies([{"name": "display", "value": f"{contrast}.{text}", "url": who.portal}])


@pytest.mark.parametrize(("size", "contrast", "text"), [("wide", "", ""), ("phone", "", ""), ("wide", "high", ""), ("phone", "high", "larger")])  # fmt: skip
def test_every_component_is_accessible_in_every_dress(
    visitor: Callable[..., Visitor], size: str, contrast: str, text: str
) -> None:
    who = visitor(size=size)
    dress(who, contrast, text)
    who.go("/krds/")
    who.look("style-guide")


def test_the_first_thing_a_keyboard_reaches_skips_to_the_content(visitor: Callable[..., Visitor]) -> None:
    who = visitor()
    who.go("/programs/")
    who.page.keyboard.press("Tab")
    who.page.keyboard.press("Enter")
    assert who.page.evaluate("document.activeElement.id") == "main"


def test_a_menu_opens_and_closes_by_keyboard(visitor: Callable[..., Visitor]) -> None:
    who = visitor()
    who.go("/programs/")
    menu = who.page.locator("#site-menu summary").first
    menu.focus()
    who.page.keyboard.press("Enter")
    expect(who.page.locator("#site-menu details[open]")).to_have_count(1)
    who.page.keyboard.press("Tab")
    who.page.keyboard.press("Escape")
    expect(who.page.locator("#site-menu details[open]")).to_have_count(0)
    assert menu.evaluate("element => element === document.activeElement")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_phone_menu_and_the_display_switch_work(visitor: Callable[..., Visitor], *, script: bool) -> None:
    who = visitor(size="phone", script=script)
    who.go("/programs/")
    who.page.get_by_text("전체메뉴").click()
    expect(who.page.locator("#site-menu")).to_be_visible()
    who.page.get_by_text("메뉴 닫기").click()
    expect(who.page.locator("#site-menu")).to_be_hidden()
    who.page.get_by_text("화면 설정").click()
    who.page.get_by_role("button", name="더 크게").click()
    who.page.locator('html[data-text="larger"]').wait_for()
    who.go("/programs/")
    expect(who.page.locator('html[data-text="larger"]')).to_have_count(1)


def test_a_wrong_form_puts_the_reader_on_its_list_of_errors(visitor: Callable[..., Visitor]) -> None:
    who = visitor()
    who.go("/krds/")
    assert who.page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    who.page.locator("[data-error-summary] a").first.click()
    assert who.page.evaluate("document.activeElement.name") == "wrong-name"


def test_a_password_can_be_looked_at_and_is_covered_again(visitor: Callable[..., Visitor]) -> None:
    who = visitor()
    who.go("/krds/")
    password = who.page.locator("input[name=blank-password]")
    who.page.get_by_role("button", name="비밀번호 보기").first.click()
    assert password.get_attribute("type") == "text"
    who.page.get_by_role("button", name="비밀번호 숨기기").first.click()
    assert password.get_attribute("type") == "password"


def test_paper_is_white_whatever_the_screen_shows(visitor: Callable[..., Visitor]) -> None:
    who = visitor()
    dress(who, "high", "")
    who.go("/krds/")
    who.page.emulate_media(media="print")
    assert who.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(who.page.locator(".site-nav")).to_be_hidden()
