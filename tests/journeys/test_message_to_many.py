"""A clerk writes to everybody who has a place in a run, looks at the price, tries it, sends it and sees it arrive."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.desk import both, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

STOCK = frozenset({"empty-table-header"})  # Django's list of rows with boxes to tick


def test_a_clerk_writes_to_a_run_and_sees_it_arrive(visitor):
    clerk = visitor()
    page = clerk.page
    clerk.log_in("programs")
    clerk.go("/admin/programs/run/?q=오늘 모임")
    page.locator("#result_list tr", has_text="오늘 모임").locator("a").first.click()
    page.get_by_role("link", name="여러 사람에게 보내기").last.click()
    both(clerk, "whom")
    page.get_by_role("button", name="글 쓰러 가기").click()  # nothing chosen
    both(clerk, "whom-errors")
    page.get_by_label("자리가 정해진 사람").check()
    page.locator("[name=title]").fill("강의실이 바뀌었습니다")
    page.get_by_role("button", name="글 쓰러 가기").click()

    page.locator("[name=sms]").fill("#{이름}님 #{없는것}")
    page.get_by_role("button", name="저장하고 미리 보기").click()
    expect(page.locator("#content")).to_contain_text("모르는 변수")
    both(clerk, "refused")
    page.locator("[name=sms]").fill("")
    page.locator("[name=subject]").fill("#{프로그램} 강의실 안내")
    page.locator("[name=email]").fill("#{이름}님, #{회차}는 2층 큰방에서 합니다.\n문의 #{전화}")
    page.get_by_role("button", name="저장하고 미리 보기").click()
    told(clerk, "미리 보기를 확인")
    both(clerk, "draft")
    page.get_by_role("button", name="저장하고 나에게 시험 발송").click()
    told(clerk, "시험으로 보냈습니다")
    assert "2층 큰방" in clerk.message("programs@demo.example", "강의실 안내")
    page.get_by_role("button", name="저장하고 받는 사람 모으기").click()
    both(clerk, "ready")
    page.get_by_role("link", name="보내기 전 확인").click()
    both(clerk, "second-look")
    page.get_by_role("button", name="명에게 보내기").click()
    told(clerk, "보내기 시작했습니다")
    both(clerk, "sending")
    address = clerk.path()
    expect(page.locator("#work")).to_contain_text("다 보냄", timeout=60_000)
    clerk.go(address)
    both(clerk, "done")
    page.get_by_role("link", name="받는 사람 모두 보기").click()
    both(clerk, "list", known=STOCK)
    clerk.go("/admin/notices/mailing/")
    both(clerk, "messages", known=STOCK)
