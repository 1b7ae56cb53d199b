"""An official enters a payment, sees the balance, prints it and hands it on; a stranger verifies it; citizens look."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.desk import both, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

STOCK = frozenset({"empty-table-header"})  # Django's list of rows with boxes to tick


def test_an_official_pays_prints_and_a_stranger_verifies(visitor, tmp_path):
    clerk = visitor()
    page = clerk.page
    clerk.log_in("budget")
    clerk.go("/admin/")
    page.get_by_role("link", name="예산 기록하기").first.click()
    page.locator("#id_line").select_option(index=1)
    expect(page.locator("#left")).to_contain_text("남은 금액")
    both(clerk, "form")
    page.locator("#id_act").select_option("spend")
    page.locator("#id_amount_won").fill("1,234,500")
    page.locator("#id_reason").fill(f"여정 시험 다과 {timezone.now():%H%M%S}")
    page.get_by_role("button", name="기록하기").click()
    told(clerk, "기록했습니다")
    told(clerk, "이 과목에 남은 금액은")
    both(clerk, "entry")

    clerk.go("/admin/budget/entry/papers/")
    both(clerk, "papers")
    page.get_by_role("link", name="재원별 집행 현황").click()
    both(clerk, "table")
    page.get_by_role("button", name="PDF 발급").click()
    expect(page.locator("h1")).to_contain_text("재원별")
    both(clerk, "paper")
    code = page.locator("dl a[href*='/documents/verify/']").inner_text()
    page.get_by_label("사유").fill("11월 결재 첨부")
    page.get_by_label("내려받는 방법").select_option("7")
    page.get_by_role("button", name="확인", exact=True).click()
    link = page.locator("main a[href*='/documents/lent/']")
    expect(link).to_be_visible()
    both(clerk, "lent")
    address = link.get_attribute("href")

    stranger = visitor()
    answer = stranger.page.context.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    file = tmp_path / "paper.pdf"
    file.write_bytes(answer.body())
    stranger.go("/documents/verify/")
    stranger.page.locator("input[name=code]").fill(code)
    stranger.page.get_by_role("button", name="확인", exact=True).click()
    expect(stranger.page.locator("main")).to_contain_text("센터가 발급한 유효한 문서")
    stranger.page.locator("input[type=file]").set_input_files(file)
    stranger.page.get_by_role("button", name="파일 견주기").click()
    expect(stranger.page.locator("main")).to_contain_text("올린 파일이 발급한 파일과 같습니다")
    both(stranger, "verified")

    clerk.go("/admin/documents/issueddocument/")
    both(clerk, "register", known=STOCK)
    page.locator("#result_list tbody th a").first.click()
    expect(page.locator("#content")).to_contain_text("11월 결재 첨부")
    both(clerk, "register-entry")


def test_a_long_paper_is_made_behind_with_a_bar(visitor):
    clerk = visitor()
    page = clerk.page
    clerk.log_in("budget")
    clerk.go("/admin/budget/entry/papers/")
    page.get_by_role("button", name="예산 집행 대장 PDF 발급").click()
    expect(page.locator("h1")).to_contain_text("예산 집행 대장")
    for _ in range(60):  # the worker takes it within seconds; the page looks again by itself
        if page.get_by_label("사유").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.get_by_label("사유")).to_be_visible()
    clerk.go("/admin/lifecycle/work/")
    expect(page.locator("#result_list")).to_contain_text("예산 집행 대장")
    both(clerk, "work", known=STOCK)
    assert "예산 집행 대장" in clerk.message("budget@demo.example", "작업이 끝났습니다")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_citizens_see_the_money_and_take_papers_and_data_along(visitor, *, script):
    citizen = visitor(script=script)
    page = citizen.page
    citizen.go("/")
    expect(page.locator("a[href='/budget/']").first).to_be_attached()
    citizen.go("/budget/")
    expect(page.locator("h1")).to_have_text("예산 공개")
    if script:
        both(citizen, "citizens")
    page.locator("#year").select_option("2022")
    page.get_by_role("button", name="보기", exact=True).click()
    expect(page.locator("#spent")).to_contain_text("2022년")
    paper = page.locator("#papers ~ ul a.list-link").first
    answer = page.context.request.get(citizen.portal + paper.get_attribute("href"))
    assert answer.headers["content-type"] == "application/pdf"
    told_by = page.context.request.get(f"{citizen.portal}/budget/data/datapackage.json").json()
    assert told_by["profile"] == "fiscal-data-package"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/admin/budget/entry/", "entries"),
        ("/admin/budget/entry/shift/", "shift"),
        ("/admin/budget/entry/carry/", "carry"),
        ("/admin/budget/line/", "lines"),
        ("/admin/budget/line/11/change/", "line"),
        ("/admin/budget/fiscalyear/", "years"),
        ("/admin/budget/fiscalyear/1/change/", "year"),
        ("/admin/budget/project/", "projects"),
        ("/admin/budget/account/", "accounts"),
        ("/admin/budget/publishedsource/1/change/", "published"),
        ("/admin/budget/conflict/", "conflicts"),
        ("/admin/budget/conflict/1/change/", "conflict"),
        ("/admin/budget/proposal/", "proposals"),
        ("/admin/budget/entry/papers/cost/", "cost"),
        ("/admin/budget/entry/papers/monthly/", "monthly"),
    ],
)
def test_every_page_of_the_officials_is_accessible(visitor, path, name):
    clerk = visitor()
    clerk.log_in("budget")
    clerk.go(path)
    both(clerk, name, known=STOCK)
