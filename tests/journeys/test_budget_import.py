"""An extract with three bad lines changes nothing and says which; mended it is posted once, and its month compared."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.budget.extracts.sheets import as_csv, as_xlsx, row
from tests.journeys.conftest import Visitor
from tests.journeys.desk import both, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]


def _line(number: str, **changes: object) -> list[object]:
    usual = {"세부사업": "금빛학교", "통계목": "308-08", "적요": "홍보물 제작", "지급결의번호": number}
    return row(**{**usual, "일자": _day().isoformat(), **changes})


def _day() -> date:
    """Last month where the year has one, so that its month can be signed off."""
    today = timezone.localdate()
    return date(today.year, today.month - 1, 15) if today.month > 1 else today


def _upload(clerk: Visitor, name: str, data: bytes) -> None:
    page = clerk.page
    clerk.go("/admin/budget/extract/add/")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
    page.get_by_role("button", name="올려서 보기").click()
    expect(page.locator("#lines")).to_have_text("이렇게 됩니다")


def test_three_bad_lines_change_nothing_and_the_mended_file_is_posted_once(visitor):
    clerk, boss = visitor(), visitor()
    clerk.log_in("budget")
    page = clerk.page
    clerk.go("/admin/budget/extract/add/")
    both(clerk, "upload")
    good = [_line("여정-지-1"), _line("여정-지-2", 적요="=HYPERLINK(1)")]
    bad = [
        _line("여정-지-3", 일자="2026-13-40"),
        _line("여정-지-4", 통계목="999-99"),
        _line("여정-지-5", **{"금액(원)": "백만"}),
    ]
    _upload(clerk, "나쁜 자료.csv", as_csv([*good, *bad]))
    expect(page.locator("#content")).to_contain_text("고쳐야 할 줄 3개")
    for number, why in ((4, "2026-13-40"), (5, "999-99"), (6, "백만")):
        expect(page.get_by_role("row", name=f"{number} 고쳐야 함")).to_contain_text(why)
    expect(page.get_by_role("button", name="예산에 기록하기")).to_have_count(0)
    both(clerk, "three-bad-lines")
    clerk.go("/admin/budget/entry/?q=여정-지")
    expect(page.locator("#content")).to_contain_text("0건")

    _upload(clerk, "고친 자료.xlsx", as_xlsx(good))
    both(clerk, "looked-at")
    page.get_by_role("button", name="예산에 기록하기").click()
    told(clerk, "새로 기록한 줄 2개")
    both(clerk, "posted")
    clerk.go("/admin/budget/entry/?q=여정-지")
    expect(page.locator("#result_list tbody tr")).to_have_count(4)  # each committed and paid in one go

    _upload(clerk, "또 같은 자료.csv", as_csv(good))
    expect(page.locator("#content")).to_contain_text("이미 있는 줄 2개")

    clerk.go("/admin/budget/extract/months/")
    both(clerk, "months")
    day = _day()
    page.get_by_role("link", name=f"{day.year}년 {day.month}월").click()
    expect(page.get_by_role("row", name="여정-지-1")).to_contain_text("일치")
    both(clerk, "month")
    page.get_by_label("사유").fill("차이는 e호조 자료의 범위가 달라서 생김")
    page.get_by_role("button", name="확정 결재 올리기").click()
    told(clerk, "결재를 올렸습니다")

    boss.log_in("approver")
    boss.go("/admin/lifecycle/approval/")
    boss.page.locator("#result_list").get_by_role("link", name="월별 대사 확정").first.click()
    both(boss, "to-sign")
    boss.page.get_by_role("button", name="승인").click()
    told(boss, "승인했습니다")
    clerk.go(f"/admin/budget/extract/months/{day.year}/{day.month}/")
    expect(page.locator("#content [role=status]").first).to_contain_text("확정")

    _upload(clerk, "뒤늦은 자료.csv", as_csv([_line("여정-지-6")]))
    page.get_by_role("button", name="예산에 기록하기").click()
    told(clerk, "새로 기록한 줄 1개")
    clerk.go(f"/admin/budget/extract/months/{day.year}/{day.month}/")
    expect(page.locator("#content [role=status]").first).to_contain_text("확정 뒤 바뀜(무효)")
    both(clerk, "void")
