"""Somebody looks for a programme: by first consonants, by conditions, on a phone, without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visitor


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_programme_is_found_and_read(visitor: Callable[..., Visitor], size: str) -> None:
    who = visitor(size=size, script=False)
    who.go("/programs/")
    who.look("programmes", axe=False)
    who.page.get_by_label("검색어").fill("ㅅㅁㅎ")
    who.page.get_by_role("button", name="찾기", exact=True).click()
    expect(who.page.locator(".card-title").first).to_contain_text("설명회")
    who.page.get_by_text("조건 더 고르기").click()
    who.page.get_by_label("학교급·학년").select_option(label="고2")
    who.page.get_by_role("button", name="이 조건으로 찾기").click()
    expect(who.page.locator(".chip")).to_have_count(2)
    who.page.get_by_role("link", name="검색어: ㅅㅁㅎ 조건 지우기").click()
    expect(who.page.locator(".chip")).to_have_count(1)
    who.go("/programs/?q=없는낱말")
    assert "조건에 맞는 프로그램이 없습니다" in who.page.content()
    who.go("/programs/?status=open")
    who.page.locator(".card-link").first.click()
    assert "접수 기간" in who.page.content()


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_catalogue_is_accessible(visitor: Callable[..., Visitor], size: str) -> None:
    who = visitor(size=size)
    for name, path in (
        ("programmes", "/programs/"),
        ("programmes-narrowed", "/programs/?level=high&status=open&q=ㅈㄹ"),
        ("programmes-none", "/programs/?q=없는낱말"),
        ("programmes-over", "/programs/?status=cancelled"),
    ):
        who.go(path)
        who.look(name)
    who.go("/programs/?status=open")
    who.page.locator(".card-link").first.click()
    who.look("programme")
