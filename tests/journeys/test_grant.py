"""A school applies for a grant; it is read, granted by a second person, paid, settled, and the rest comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.budget.grants.granting import pdf
from tests.journeys.conftest import Visitor
from tests.journeys.desk import both, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]
SCHOOL, TITLE = "달무리초등학교", "그림책으로 만나는 직업"
PLAN = {"name": "사업계획서.pdf", "mimeType": "application/pdf", "buffer": pdf()}
RECEIPT = {"name": "영수증.pdf", "mimeType": "application/pdf", "buffer": pdf()}


def _apply(school: Visitor) -> str:
    page = school.page
    school.go("/grants/")
    both(school, "calls")
    page.get_by_role("link", name="겨울 공모").click()
    both(school, "call")
    page.get_by_role("button", name=f"신청서 쓰기 {SCHOOL}").click()
    both(school, "form")
    page.get_by_role("button", name="제출하기").click()  # nothing filled in
    expect(page.locator("main")).to_contain_text("사업 이름을 적어 주세요")
    both(school, "form-errors")
    page.get_by_label("사업 이름").fill(TITLE)
    page.get_by_label("사업 목적과 내용").fill("그림책 작가를 만나 직업을 그려 봅니다.")
    for area in page.locator("textarea[name^=question_]").all():
        area.fill("4학년 90명")
    page.locator("input[name^=won_]").nth(1).fill("2,000,000")
    page.locator("input[name^=basis_]").nth(1).fill("강사비 200,000원 × 10회")
    page.locator("input[type=file]").first.set_input_files(PLAN)
    page.get_by_role("button", name="임시저장").click()
    expect(page.locator("main")).to_contain_text("사업계획서.pdf")
    both(school, "saved")
    page.get_by_role("button", name="제출하기").click()
    expect(page.locator("h1")).to_have_text(TITLE)
    both(school, "sent")
    return school.path()


def _correct(clerk: Visitor, school: Visitor, own: str) -> str:
    """Staff ask for one thing to be mended, and the school mends it."""
    page = clerk.page
    clerk.go("/admin/budget/grantapplication/?q=그림책")
    both(clerk, "applications")
    page.locator("#result_list").get_by_role("link", name=TITLE).click()
    address = clerk.path()
    page.locator("[name=correction-reason]").fill("강사 이력을 덧붙여 주세요.")
    page.locator("[name=correction-until_0]").fill(f"{timezone.localdate() + timedelta(days=5)}")
    page.locator("[name=correction-until_1]").fill("18:00")
    page.get_by_role("button", name="보완 요청하기").click()
    told(clerk, "처리했습니다")
    both(clerk, "correction-asked")
    school.go(own)
    both(school, "correction")
    school.page.get_by_role("link", name="신청서 고치기").click()
    school.page.get_by_label("사업 목적과 내용").fill("그림책 작가 세 사람(경력 5년)을 만나 직업을 그려 봅니다.")
    school.page.get_by_role("button", name="제출하기").click()
    expect(school.page.locator("h1")).to_have_text(TITLE)
    return address


def _judge(clerk: Visitor) -> None:
    page = clerk.page
    clerk.go("/admin/budget/grantcall/reading/")
    both(clerk, "to-read")
    for title, points in (("겨울 진로 캠프", ("20", "30", "20")), (TITLE, ("28", "37", "27"))):
        page.get_by_role("link", name=title).click()
        for field, value in zip(page.locator("input[name^=points_]").all(), points, strict=True):
            field.fill(value)
        both(clerk, "reading")
        page.get_by_role("button", name="점수 저장하기").click()
        told(clerk, "점수를 저장했습니다")
    clerk.go("/admin/budget/grantcall/")
    page.locator("#result_list").get_by_role("link", name="겨울 공모").click()
    both(clerk, "call-page", known=frozenset({"empty-table-header"}))  # of Django's own inlines
    page.get_by_role("link", name="심사 결과와 교부 결정").click()
    row = page.locator("tbody tr", has_text=SCHOOL)
    expect(row).to_contain_text("92")
    row.locator("input[name^=won_]").fill("1,800,000")
    page.get_by_label("결재 사유").fill("심사 1순위")
    both(clerk, "ranking")
    page.get_by_role("button", name="결재 올리기").click()
    told(clerk, "결재를 올렸습니다")


def _approve(boss: Visitor) -> None:
    boss.go("/admin/lifecycle/approval/")
    boss.page.locator("#result_list").get_by_role("link", name="보조금 교부 결정").first.click()
    both(boss, "approval")
    expect(boss.page.locator("#content")).to_contain_text("1,800,000원")
    boss.page.get_by_role("button", name="승인").click()
    told(boss, "승인했습니다")


def test_a_school_applies_is_granted_paid_and_settles_with_a_return(visitor):
    school, clerk, boss = visitor(), visitor(), visitor()
    school.log_in("school")
    own = _apply(school)
    clerk.log_in("budget")
    desk = _correct(clerk, school, own)
    _judge(clerk)
    boss.log_in("approver")
    _approve(boss)

    page = school.page
    assert "1,800,000원의 교부가 결정" in school.message("school@demo.example", "교부가 결정")
    school.go(own)
    both(school, "granted")
    page.get_by_role("button", name="교부 결정 통지서").click()
    expect(page.locator("main")).to_contain_text("교부-")
    school.go(own)
    page.get_by_label("요청액(원)").fill("1,800,000")
    page.get_by_label("쓸 곳").fill("강사비 전액")
    page.get_by_role("button", name="지급 요청하기").click()
    expect(page.locator(".messages")).to_contain_text("지급을 요청했습니다")
    both(school, "asked")

    clerk.go(desk)
    clerk.page.locator("[name=pay-document_no]").fill("지급-여정-1")
    both(clerk, "to-pay")
    clerk.page.get_by_role("button", name="지급 기록하기").click()
    told(clerk, "지급: 처리했습니다")

    school.go(own)
    page.get_by_role("link", name="정산 보고하기").click()
    page.get_by_label("추진 결과").fill("열 번 열었고 90명이 왔습니다.")
    page.locator("input[name^=spent_]").fill("1,500,000")
    page.get_by_label("이자(원)").fill("120")
    page.locator("input[type=file]").first.set_input_files(RECEIPT)
    both(school, "report")
    page.get_by_role("button", name="정산 보고하기").click()
    expect(page.locator(".messages")).to_contain_text("정산을 보고했습니다")
    both(school, "reported")

    clerk.go(desk)
    both(clerk, "to-settle")
    clerk.page.get_by_role("button", name="정산 확정하기").click()
    told(clerk, "정산 확정: 처리했습니다")
    clerk.page.locator("[name=returned-document_no]").fill("반납-여정-1")
    clerk.page.get_by_role("button", name="반납 기록하기").click()  # the interest's number is missing
    expect(clerk.page.locator("#content")).to_contain_text("이자를 세외수입으로 받은 문서번호를 적어 주세요")
    clerk.page.locator("[name=returned-interest_no]").fill("세외-여정-1")
    clerk.page.get_by_role("button", name="반납 기록하기").click()
    told(clerk, "반납 확인: 처리했습니다")
    both(clerk, "settled")

    school.go("/grants/mine/")
    both(school, "history")
    row = page.locator("tbody tr", has_text=TITLE)
    expect(row).to_contain_text("300,000")
    expect(row).to_contain_text("정산 완료")
    stranger = visitor()
    stranger.go("/grants/")
    expect(stranger.page.locator("main")).to_contain_text(TITLE)
    both(stranger, "public")
