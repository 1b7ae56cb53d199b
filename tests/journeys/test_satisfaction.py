"""Asked after a use, answered by one press; the clerk reads what was said and what was done is published."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visitor


def test_a_family_is_asked_and_answers_by_one_press(visitor: Callable[..., Visitor], later: Callable[..., str]) -> None:
    who = visitor(size="phone")
    link = later("question_to", "parent@demo.example")
    who.go(link)
    who.look("asked")
    who.page.get_by_role("button", name="매우 만족", exact=True).click()
    expect(who.page.locator("h1")).to_have_text("답해 주셔서 고맙습니다")
    who.look("more")
    who.page.locator("main").get_by_text("만족", exact=True).first.click()
    who.page.locator("main textarea").fill("예약이 쉬웠어요.")
    who.page.get_by_role("button", name="보내기").click()
    expect(who.page.locator("h1")).to_have_text("고맙습니다")
    who.look("thanks")
    who.go(link)
    expect(who.page.locator("h1")).to_have_text("이미 답해 주셨습니다")
    who.look("again")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_everybody_reads_the_results(visitor: Callable[..., Visitor], size: str) -> None:
    who = visitor(size=size, script=size == "wide")
    who.go("/surveys/")
    expect(who.page.locator("main")).to_contain_text("이렇게 바꾸었습니다")
    expect(who.page.locator("main")).to_contain_text("%")
    who.look("results", axe=size == "wide")


def test_a_clerk_looks_through_an_opinion_and_publishes_what_was_done(visitor: Callable[..., Visitor]) -> None:
    staff = visitor()
    staff.log_in("programs")
    staff.go("/admin/")
    staff.page.get_by_role("link", name="조사 결과", exact=True).click()
    expect(staff.page.locator("table.figures").first).to_be_visible()
    staff.look("results")
    staff.go("/admin/surveys/comment/")
    staff.look("opinions")
    staff.page.get_by_role("link", name="아직 살펴보지 않은 의견").first.click()
    staff.page.locator("input[name=is_published]").check()
    staff.page.get_by_role("button", name="저장", exact=True).click()
    expect(staff.page.locator(".errornote")).to_be_visible()
    expect(staff.page.locator("#content")).to_contain_text("공개하려면 보여 줄 글과 조치한 내용을 모두 적어 주세요.")
    staff.look("refused")
    staff.page.locator("textarea[name=shown]").fill("고1 설명회를 바라는 의견")
    staff.page.locator("textarea[name=done_about_it]").fill("내년 3월에 고1 설명회를 엽니다.")
    staff.page.get_by_role("button", name="저장", exact=True).click()
    expect(staff.page.locator(".messagelist")).to_be_visible()
    citizen = visitor(size="phone")
    citizen.go("/surveys/")
    expect(citizen.page.locator("main")).to_contain_text("내년 3월에 고1 설명회를 엽니다.")


def test_a_visitor_answers_by_the_code_on_the_wall(visitor: Callable[..., Visitor]) -> None:
    staff = visitor()
    staff.log_in("programs")
    staff.go("/admin/surveys/survey/?use=visitor")
    staff.page.get_by_role("link", name="결과 보기").first.click()
    staff.page.get_by_role("link", name="QR 안내문 보기").click()
    staff.look("qr")
    address = re.search(r"/surveys/qr/\w+/", staff.page.content())[0]
    guest = visitor(size="phone", script=False)
    guest.go(address)
    guest.look("visitor", axe=False)
    guest.page.get_by_role("button", name="보통").click()
    expect(guest.page.locator("h1")).to_have_text("답해 주셔서 고맙습니다")
