"""A fair: a family books two booths by keyboard on a phone, the hall shows who is next, and one booth does not come."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Keyboard, Visitor
from tests.journeys.desk import add_child, both, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

CHILD = "김마루"


def time_at(who: Visitor, booth: int, clock: str) -> Locator:
    return who.page.locator(f"#booth-{booth} .fair-times a", has_text=clock)


def paper(who: Visitor, link: Locator) -> bytes:
    answer = who.page.context.request.get(f"{who.portal}{link.get_attribute('href')}")
    assert answer.status == 200
    return answer.body()


def test_two_booths_a_hall_and_a_booth_that_does_not_come(visitor: Callable[..., Visitor]) -> None:
    family = visitor(size="phone")
    page, hands = family.page, Keyboard(family.page)
    family.log_in("parent")
    add_child(family, CHILD, "2009-03-03", "고2")

    family.go("/counseling/fairs/")
    family.look("fairs")
    hands.press(page.get_by_role("link", name=re.compile("대학과 시간 보기")).first)
    fair = family.path()
    family.look("fair")
    hands.choose(page.locator("#child"), CHILD)
    hands.press(page.get_by_role("button", name="보기", exact=True))
    hands.press(time_at(family, 3, "10:00"))
    family.look("talk")
    expect(page.get_by_role("radio", name=re.compile(CHILD))).to_be_checked()
    hands.write(page.locator("[name=question]"), "실기 비율이 궁금합니다.")
    hands.press(page.get_by_role("button", name="예약하기"))
    expect(page.locator("tbody tr")).to_have_count(1)

    hands.press(page.get_by_role("link", name="다른 대학도 예약하기"))
    hands.press(time_at(family, 4, "10:00"))  # at the same moment
    hands.write(page.locator("[name=question]"), "면접이 있나요?")
    hands.press(page.get_by_role("button", name="예약하기"))
    expect(page.get_by_text("같은 시간에").first).to_be_visible()
    expect(page.locator("[name=question]")).to_have_value("면접이 있나요?")
    family.look("overlap")
    family.go(fair)
    hands.choose(page.locator("#child"), CHILD)
    hands.press(page.get_by_role("button", name="보기", exact=True))
    hands.press(time_at(family, 4, "10:20"))
    hands.press(page.get_by_role("button", name="예약하기"))
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    family.look("schedule")
    schedule = family.path()
    assert paper(family, page.get_by_role("link", name="일정표 받기(PDF)")).startswith(b"%PDF")

    staff = visitor()
    staff.log_in("admin")
    staff.go("/admin/counseling/fair/")
    staff.page.locator("#result_list tbody th a").first.click()
    both(staff, "booths")
    home = staff.path()
    hall_address = staff.page.get_by_role("link", name="행사장 화면").get_attribute("href")
    sheet = staff.page.get_by_role("row", name=re.compile("새벽별대학교")).get_by_role(
        "link", name=re.compile("일정표")
    )
    assert paper(staff, sheet).startswith(b"%PDF")
    staff.page.get_by_role("link", name="현황판").click()
    expect(staff.page.locator("section", has_text="새벽별대학교").locator("tbody tr").first).to_contain_text(
        "예약 확정"
    )
    both(staff, "board")

    hall = visitor()
    hall.go(hall_address)
    expect(hall.page.locator(".fair-board > li", has_text="새벽별대학교")).to_contain_text("다음: 1번 10:00")
    expect(hall.page.locator(".fair-board > li", has_text="푸른솔전문대학교")).to_contain_text("2번 10:20")
    expect(hall.page.locator("main")).not_to_contain_text("마루")
    both(hall, "hall")

    staff.go(home)
    row = staff.page.get_by_role("row", name=re.compile("푸른솔전문대학교"))
    row.get_by_role("link", name=re.compile("참가 취소")).click()
    both(staff, "drops-out")
    staff.page.locator("[name=reason]").fill("대학 사정으로 오지 못하게 되었습니다")
    staff.page.get_by_role("button", name="참가 취소하고 가족에게 알리기").click()
    told(staff, "취소하고 빈 시간")
    expect(staff.page.get_by_role("row", name=re.compile("푸른솔전문대학교"))).to_contain_text("참가하지 않음")

    assert "대학 사정" in family.message("parent@demo.example", "대학 사정으로 오지 못하게")
    family.go(schedule)
    expect(rows).to_have_count(1)
    hall.page.reload()
    expect(hall.page.locator(".fair-board > li", has_text="푸른솔전문대학교")).to_contain_text("참가하지 않습니다")


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_pages_without_a_script(visitor: Callable[..., Visitor], size: str) -> None:
    who = visitor(size=size, script=False)
    who.go("/counseling/fairs/")
    who.page.get_by_role("link", name=re.compile("대학과 시간 보기")).first.click()
    expect(time_at(who, 3, "15:40")).to_be_visible()
    time_at(who, 3, "15:40").click()
    assert who.path() == "/accounts/login/"
