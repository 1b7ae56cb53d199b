"""Attendance and papers in a browser: a phone that loses its net, work that tells how far it is, and every page looked at."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Route, expect

NO_NET = re.compile(r"net::ERR_(INTERNET_DISCONNECTED|FAILED)")  # what a browser says by itself of a lost request
TODAY, OVER = "오늘 모임", "지난 학기 4회"


def roster(staff, run: str) -> None:
    staff.go("/admin/programs/mark/sessions/")
    staff.page.locator(".roster-sessions a", has_text=run).first.click()


def written(staff) -> int:
    """How many marks there are at all."""
    tab = staff.page.context.new_page()
    tab.goto(f"{staff.portal}/admin/programs/mark/")
    found = re.search(r"(\d[\d,]*)건", tab.locator(".paginator").inner_text())
    tab.close()
    return int(found[1].replace(",", ""))


def test_marks_outlive_the_net_and_are_written_once(visitor):
    staff = visitor(size="phone")
    staff.log_in("programs")
    roster(staff, TODAY)
    page, before, sent = staff.page, written(staff), []
    rows = page.locator(".roster > li")
    page.on("request", lambda one: sent.append(one.post_data) if one.url.endswith("/send/") else None)

    page.context.set_offline(True)
    chosen = [rows.nth(row).locator("button[aria-pressed=false]").last.get_attribute("value") for row in (0, 1)]
    for value in chosen:
        page.locator(f"button[value='{value}']").click()
    expect(page.locator("#roster-news")).to_have_text("아직 보내지 못한 표시 2건. 인터넷이 이어지면 보냅니다.")
    expect(rows.nth(0).locator(".roster-now")).to_contain_text("보내는 중")
    kept = page.evaluate("Object.entries(localStorage).filter(([k]) => k.startsWith('roster:')).map(([, v]) => v)")
    keys = [entry["key"] for entry in json.loads(kept[0])["entries"]]
    assert len(set(keys)) == 2

    lost = []

    def lose_the_answer(route: Route) -> None:
        """The centre takes them, and the phone never hears of it."""
        if lost:
            return route.continue_()
        lost.append(route.fetch().json())
        return route.abort()

    page.route("**/send/", lose_the_answer)
    sent.clear()
    page.context.set_offline(False)
    expect(page.locator("#roster-news")).to_have_text("", timeout=40_000)
    assert lost[0]["taken"] == keys
    assert [[one["key"] for one in json.loads(body)["entries"]] for body in sent] == [keys, keys]
    assert page.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('roster:')).length") == 0
    assert written(staff) == before + 2

    page.reload()
    for value in chosen:
        expect(page.locator(f"button[value='{value}']")).to_have_attribute("aria-pressed", "true")
    staff.complaints[:] = [one for one in staff.complaints if not NO_NET.search(one)]


def test_long_work_says_how_far_it_is_without_a_new_page(visitor):
    staff = visitor()
    staff.log_in("programs")
    roster(staff, OVER)
    page = staff.page
    page.get_by_role("link", name="수료와 수료증").click()
    page.get_by_role("button", name=re.compile("^참가확인서 .*한꺼번에")).click()
    page.evaluate("window.still = true")
    expect(page.locator("#work")).to_contain_text("장을 만들었습니다.", timeout=120_000)
    assert page.evaluate("window.still") is True
    expect(page.locator("#work-stop")).to_have_count(0)
    expect(page.locator("#work-news")).to_contain_text("끝남")
    expect(page).to_have_title(re.compile("^100%"))
    staff.look("batch")
    page.get_by_role("link", name="압축 파일(zip)로 내려받기").click()
    staff.look("batch-reason")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_pages_of_a_family(visitor, size):
    parent = visitor(size=size)
    parent.log_in("parent")
    parent.go("/my/")
    parent.page.get_by_role("link", name="프로그램 활동 이력과 수료증").first.click()
    parent.look("portfolio")
    parent.page.get_by_role("button", name="수료증 발급").first.click()
    parent.look("certificate")
