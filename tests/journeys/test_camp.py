"""A camp that is on: staff place people and print, the mentor in charge looks after the own team."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.desk import both, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]


def test_staff_place_people_and_the_mentor_looks_after_the_own(visitor):
    clerk, mentor = visitor(), visitor()
    clerk.log_in("programs")
    clerk.go("/admin/programs/run/?q=%EB%B3%84")
    clerk.page.locator("#result_list a", has_text="늦가을 캠프").first.click()
    clerk.page.get_by_role("link", name="캠프 운영").click()
    both(clerk, "camp")
    home = clerk.path()
    page = clerk.page
    page.get_by_role("link", name="방 더하기").click()
    both(clerk, "room")
    page.locator("[name=name]").fill("301호")
    page.locator("[name=capacity]").fill("1")
    page.get_by_role("button", name="저장").click()
    expect(page.locator(".errornote")).to_contain_text("이미 있습니다")
    page.locator("[name=name]").fill("303호")
    page.get_by_role("button", name="저장").click()
    told(clerk, "저장했습니다")
    for number in (0, 1):  # two into one bed
        page.locator("select[name^=room-]").nth(number).select_option(label="303호")
    page.get_by_role("button", name="배정 저장").click()
    expect(page.locator(".errornote")).to_contain_text("정원은 1명인데 2명")
    both(clerk, "refused")
    page.locator("select[name^=room-]").nth(1).select_option(label="없음")
    page.get_by_role("button", name="배정 저장").click()
    told(clerk, "배정을 바꿨습니다")
    page.get_by_role("link", name="자동 배정 미리 보기").click()
    both(clerk, "proposal")
    page.get_by_role("button", name="이대로 배정하기").click()
    told(clerk, "1명을 배정했습니다")
    page.get_by_role("link", name="멘토 더하기").click()
    both(clerk, "mentor")
    clerk.go(home)
    page.get_by_role("link", name="조 더하기").click()
    both(clerk, "team")
    clerk.go(home)
    page.locator("section[aria-labelledby=days] a").first.click()
    both(clerk, "day")
    clerk.go(home)
    page.get_by_role("link", name="비상 연락처 1조").click()
    both(clerk, "why")
    page.locator("[name=reason]").fill("야간 응급 상황 대비")
    page.get_by_role("button", name="열기").click()
    both(clerk, "contacts")

    mentor.log_in("partner")
    mentor.go("/my/")
    mentor.page.get_by_role("link", name="멘토로 함께").first.click()
    both(mentor, "mine")
    mentor.page.get_by_role("main").get_by_role("link", name="1조").click()
    both(mentor, "own-team")
    mentor.page.get_by_role("button", name="비상 연락처 열기").click()
    both(mentor, "own-contacts")
    expect(mentor.page.locator("main")).to_contain_text("010-0000-0000")
