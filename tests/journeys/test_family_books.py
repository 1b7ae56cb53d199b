"""A parent who has never been here signs up, adds a child, finds a time, books it, is told, and cancels."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Keyboard, Mouse, Visitor

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

PASSWORD = "haneul-bada-7"


def travel(who: Visitor, hands: Mouse | Keyboard, mail: str, *, axe: bool = True) -> None:
    """The whole way, from the home page to the cancelled booking."""
    page = who.page

    def button(name: str):
        return page.get_by_role("button", name=name, exact=True)

    def link(name: str):
        return page.locator("main").get_by_role("link", name=name).first

    who.go("/")
    who.look("home", axe=axe)
    hands.press(link("상담 예약하기"))
    who.look("times", axe=axe)
    hands.press(link("선택"))

    # a stranger is asked to log in, signs up instead, and comes back to the chosen time
    assert who.path() == "/accounts/login/"
    who.look("login", axe=axe)
    hands.press(link("회원가입"))
    who.look("sign-up", axe=axe)
    hands.tick(page.locator("input[name=who][value=guardian]"))
    hands.write(page.locator("input[name=birth_date]"), "1984-05-05")
    hands.press(button("다음"))
    who.look("contact", axe=axe)
    hands.write(page.locator("main input[name=contact]"), mail)
    hands.press(button("인증번호 받기"))
    who.look("code", axe=axe)
    hands.write(page.locator("input[name=code]"), who.code_from(mail))
    hands.press(button("확인"))
    who.look("account", axe=axe)
    hands.write(page.locator("input[name=name]"), "봄솔")
    hands.write(page.locator("input[name=password]"), PASSWORD)
    hands.press(button("가입하기"))
    who.look("signed-up", axe=axe)
    hands.press(link("자녀 등록하기"))
    who.look("child", axe=axe)
    hands.write(page.locator("main input[name=name]"), "봄이")
    hands.write(page.locator("input[name=birth_date]"), "2010-03-02")
    hands.tick(page.locator("input[name=relation][value=mother]"))
    hands.write(page.locator("input[name=school_name]"), "무지개고등학교")
    hands.choose(page.locator("select[name=grade]"), "고1")
    hands.choose(page.locator("select[name=neighbourhood]"), "독산1동")
    hands.press(button("자녀 등록"))

    # back at the time that was chosen before
    assert re.fullmatch(r"/counseling/times/\d+/", who.path()), who.path()
    who.look("wish", axe=axe)
    hands.tick(page.locator("input[name=student]").first)
    hands.tick(page.locator("input[name=topic]").first)
    hands.tick(page.locator("input[name=mode]").first)
    hands.write(page.locator("textarea[name=question]"), "과목 선택이 고민이에요.")
    hands.press(button("다음"))
    who.look("review", axe=axe)
    expect(page.locator("main")).to_contain_text("봄이")
    hands.press(button("예약하기"))
    assert who.path().endswith("/done/")
    who.look("done", axe=axe)
    assert "봄이" in who.message(mail, "상담 예약이 확정")

    # the back button and a second click do no harm
    page.go_back()
    if button("예약하기").count():
        hands.press(button("예약하기"))
        assert who.path().endswith("/done/")

    who.go("/counseling/bookings/")
    who.look("my-bookings", axe=axe)
    expect(page.locator("main").get_by_text("예약 확정")).to_have_count(1)
    hands.press(page.locator("main a[href^='/counseling/bookings/']").filter(has_text="봄이").first)
    who.look("booking", axe=axe)
    hands.press(page.locator("main a[href$='/cancel/']"))
    who.look("cancel", axe=axe)
    hands.tick(page.locator("input[name=reason]").nth(2))
    hands.press(button("예약 취소하기"))
    who.look("cancelled", axe=axe)
    assert page.locator("main").get_by_text("취소").count() > 0
    assert "봄이" in who.message(mail, "상담 예약을 취소했습니다")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_with_the_mouse(visitor, size):
    who = visitor(size=size)
    travel(who, Mouse(who.page), f"spring-{size}@demo.example")


def test_with_the_keyboard_alone(visitor):
    who = visitor()
    travel(who, Keyboard(who.page), "spring-keys@demo.example")


def test_without_scripts(visitor):
    who = visitor(size="phone", script=False)
    travel(who, Mouse(who.page), "spring-plain@demo.example", axe=False)
