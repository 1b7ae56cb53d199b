"""A school asks for a visit and gets it on another day; a partner opens its roster, and the privacy officer sees so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.desk import both, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]


def _fill(page, prefix: str, n: int, day: str, start: str, end: str) -> None:
    for name, value in (("day", day), ("from", start), ("to", end)):
        page.locator(f"[name={prefix}{name}_{n}]").fill(value)


def test_a_school_asks_for_a_visit_and_takes_another_day(visitor):
    today = timezone.localdate()
    teacher, clerk = visitor(), visitor()
    teacher.log_in("teacher")
    teacher.go("/programs/visits/")
    both(teacher, "visits")
    teacher.page.get_by_role("link", name="신청하기").first.click()
    both(teacher, "ask")
    page = teacher.page
    page.get_by_role("button", name="방문 신청하기").click()  # nothing filled in
    both(teacher, "ask-errors")
    page.locator("[name=class_name]").fill("3학년 2반")
    page.locator("[name=headcount]").fill("26")
    page.locator("[name=place]").fill("진로활동실")
    _fill(page, "", 1, f"{today + timedelta(days=20)}", "10:00", "12:00")
    page.get_by_role("button", name="방문 신청하기").click()
    both(teacher, "asked")
    address = teacher.path()

    clerk.log_in("programs")
    clerk.go("/admin/")
    clerk.page.get_by_role("link", name="답할 학교 방문 신청").click()
    both(clerk, "requests")
    clerk.page.locator("#result_list tr", has_text="3학년 2반").locator("a").first.click()
    both(clerk, "request")
    _fill(clerk.page, "propose-", 1, f"{today + timedelta(days=23)}", "13:00", "15:00")
    clerk.page.locator("[name=propose-message]").fill("그날은 강사가 없습니다.")
    clerk.page.get_by_role("button", name="제안 보내기").click()
    told(clerk, "처리했습니다")

    assert "강사가 없습니다" in teacher.message("teacher@demo.example", "방문 날짜를 제안")
    teacher.go(address)
    both(teacher, "proposed")
    page.get_by_role("button", name="이 날짜로 확정").first.click()
    both(teacher, "scheduled")
    expect(page.locator("main")).to_contain_text("일정 확정")
    page.get_by_role("link", name="신청 취소").click()
    both(teacher, "cancel")
    page.locator("[name=reason]").fill("학교 행사와 겹칩니다.")
    page.get_by_role("button", name="취소하기").click()
    both(teacher, "cancelled")
    clerk.go("/admin/programs/visit/reach/")
    both(clerk, "reach")


def test_a_partner_opens_its_roster_and_the_officer_sees_it(visitor):
    partner, officer, clerk = visitor(), visitor(), visitor()
    partner.log_in("partner")
    partner.go("/partner/")
    both(partner, "runs")
    partner.page.get_by_role("link", name="겨울 전공체험").first.click()
    both(partner, "run")
    partner.page.get_by_role("link", name="명단 열기").click()
    both(partner, "roster")
    expect(partner.page.locator("main table")).not_to_contain_text("010")
    partner.go("/programs/partners/")
    both(partner, "directory")

    officer.log_in("privacy")
    officer.go("/admin/programs/handover/")
    both(officer, "hand-overs")
    expect(officer.page.locator("#result_list")).to_contain_text("가온누리대학교")

    clerk.log_in("programs")
    for path, name in (
        ("agreement/", "agreements"),
        ("agreement/?stand=ending", "agreements-ending"),
        ("agreement/shift/", "shift"),
        ("contactperson/", "contacts"),
        ("rostershare/", "shares"),
        ("rostershare/add/", "share"),
    ):
        clerk.go(f"/admin/programs/{path}")
        both(clerk, name)
    clerk.go("/admin/programs/agreement/?stand=ending")
    clerk.page.locator("#result_list tbody a").first.click()
    both(clerk, "agreement")
    clerk.page.get_by_role("link", name="중도 종료").click()
    both(clerk, "agreement-end")
