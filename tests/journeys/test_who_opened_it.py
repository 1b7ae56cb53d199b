"""The question who has opened a record."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys import desk
from tests.journeys.desk import told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

WHY = "학생이 위험하다는 학교의 연락을 받아 마지막 상담 내용을 급히 확인해야 합니다."


def test_the_supervisor_finds_who_opened_a_record(visitor):
    """A colleague breaks the glass on a record of the demo counsellor; the supervisor sees who, how and why."""
    owner = visitor()
    owner.log_in("counselor")
    owner.go("/admin/counseling/booking/records/")
    owner.look("records")
    owner.page.locator("table.board-found", has_text="최근에 고친").locator("tbody a").first.click()
    owner.look("record")
    tools, head = (owner.page.locator(at).bounding_box() for at in ("ul.object-tools", ".record-head"))
    assert tools["y"] + tools["height"] <= head["y"], "The buttons lie on the text."
    number = re.match(r"\d+", owner.page.locator(".record-facts dd").first.inner_text()).group()
    booking = re.search(r"/booking/(\d+)/", owner.path()).group(1)
    record = f"/admin/counseling/booking/{booking}/record/"

    colleague = visitor()
    desk.log_in_first_time(colleague, "counselor2")
    colleague.go("/admin/counseling/booking/records/emergency/")
    colleague.look("emergency")
    colleague.go(record)
    assert colleague.path() == f"{record}emergency/"
    colleague.look("glass")
    reason, open_it = (
        colleague.page.locator("textarea[name=reason]"),
        colleague.page.get_by_role("button", name="사유를 남기고 열기"),
    )
    reason.fill("급함")
    open_it.click()
    expect(reason).to_have_value("급함")
    expect(colleague.page.locator(".errorlist")).to_have_count(1)
    reason.fill(WHY)
    open_it.click()
    assert colleague.path() == record
    told(colleague, "긴급 열람을 기록하고")
    colleague.look("broken")
    expect(colleague.page.get_by_role("link", name="고치기")).to_have_count(0)
    assert owner.message("counselor@demo.example", "긴급 열람")

    boss = visitor()
    boss.log_in("approver")
    boss.go("/admin/")
    boss.page.locator("#content").get_by_role("link", name="상담 기록 열람 이력").first.click()
    boss.look("openings")
    boss.page.locator("#record").fill(number)
    boss.page.locator("#content").get_by_role("button", name="찾기", exact=True).click()
    boss.look("openings-of-one")
    rows = boss.page.locator("table.board-found tbody tr")
    broken = rows.filter(has_text="긴급 열람").filter(has_text=WHY)
    expect(broken).to_have_count(1)
    expect(broken).to_contain_text("민가람")
    assert rows.filter(has_text="서다온").count() >= 1
    expect(boss.page.locator("table.board-found")).not_to_contain_text("메모")

    # others do not see this page, nor the record
    owner.go("/admin/counseling/booking/records/openings/")
    expect(owner.page.get_by_text("긴급 열람을 기록")).to_have_count(0)
    expect(owner.page.locator("table.board-found")).to_have_count(0)
    stranger = visitor()
    stranger.log_in("programs")
    stranger.go(record)
    expect(stranger.page.locator(".record-part")).to_have_count(0)
