"""Being chosen: a draw that anybody checks, and a review that is announced; the demo's runs, wide and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visitor


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_anybody_checks_a_draw(visitor: Callable[..., Visitor], size: str) -> None:
    who = visitor(size=size, script=False)
    who.go("/programs/")
    who.page.get_by_label("검색어").fill("기업")
    who.page.get_by_role("button", name="찾기", exact=True).click()
    who.page.locator(".card-link").first.click()
    who.page.get_by_role("link", name="추첨 방법과 결과 추첨을 마친 회차").click()
    who.look("drawn", axe=False)
    assert "선정 5건" in who.page.content()
    who.page.get_by_role("searchbox", name="접수 번호").fill("1")
    who.page.get_by_role("button", name="찾기", exact=True).click()
    expect(who.page.get_by_role("status").first).to_contain_text("0001:")
    with who.page.expect_download() as taken:
        who.page.get_by_role("link", name="증명 파일 내려받기(JSON)").click()
    assert taken.value.suggested_filename.endswith("-proof.json")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_pages_of_draws_bear_looking_at(visitor: Callable[..., Visitor], size: str) -> None:
    who = visitor(size=size)
    who.log_in("programs")
    who.go("/admin/programs/draw/")
    who.look("draws")
    for title, name in (("추첨을 마친 회차", "drawn"), ("추첨을 앞둔 회차", "frozen")):
        who.go("/admin/programs/draw/")
        who.page.get_by_role("link", name=title).click()
        who.look(f"desk-{name}")
        who.page.get_by_role("link", name="공개 페이지 보기").click()
        who.look(f"public-{name}")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_staff_read_score_and_decide(visitor: Callable[..., Visitor], size: str) -> None:
    who = visitor(size=size)
    who.log_in("programs")
    who.go("/admin/programs/review/")
    who.look("reviews")
    who.page.get_by_role("link", name="심사하는 회차").click()
    who.look("review")
    who.page.get_by_role("button", name="점수 순서로 제안 보기").click()
    who.look("suggested")
    who.page.get_by_role("link", name="그만두기").click()
    who.page.get_by_role("link", name="읽기").first.click()
    who.look("application")
    who.page.get_by_label("참여 동기 (0~30점)").fill("99")
    who.page.get_by_role("button", name="점수 저장").click()
    who.look("wrong-points")
    who.page.get_by_role("link", name="목록으로").click()
    who.page.get_by_role("checkbox").first.check()
    who.page.get_by_label("미선정").check()
    who.page.get_by_role("button", name="고른 신청: 미리 보기").click()
    who.look("preview")
    who.page.get_by_role("link", name="그만두기").click()
    who.page.get_by_role("button", name="이때 발표하기").click()
    who.look("no-time")
