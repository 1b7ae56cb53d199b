"""One programme from its announcement to a certificate that a stranger verifies, with a draw on the way."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.conftest import Visitor
from tests.journeys.desk import add_child, korean, pick, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

SATURDAY = 5
NUMBER = "3 11 19 25 33 41 7"
Later = Callable[..., str]


def press(who: Visitor, name: str | re.Pattern) -> None:
    who.page.locator("main, #content").first.get_by_role("button", name=name, exact=True).first.click()


def follow(who: Visitor, name: str | re.Pattern) -> None:
    who.page.locator("main, #content").first.get_by_role("link", name=name).first.click()


def fill_moment(who: Visitor, field: str, day: date, clock: time) -> None:
    who.page.locator(f"[name={field}_0]").fill(f"{day:%Y-%m-%d}")
    who.page.locator(f"[name={field}_1]").fill(f"{clock:%H:%M}")


def next_saturday(after: date) -> date:
    return after + timedelta(days=(SATURDAY - after.weekday() - 1) % 7 + 1)


def announce(staff: Visitor, title: str) -> str:
    """One place, to be drawn; applications are open until tomorrow. Return the run's page."""
    today = timezone.localdate()
    closes, drawn = today + timedelta(days=1), next_saturday(today + timedelta(days=1))
    staff.go("/admin/programs/run/add/")
    page = staff.page
    pick(staff, "program", "기업")
    page.locator("[name=title]").fill(title)
    page.locator("[name=place]").fill("체험용 기업 견학실")
    fill_moment(staff, "starts_at", drawn + timedelta(days=3), time(14))
    fill_moment(staff, "ends_at", drawn + timedelta(days=3), time(16))
    fill_moment(staff, "opens_at", today - timedelta(days=1), time(9))
    fill_moment(staff, "closes_at", closes, time(18))
    page.locator("[name=admission]").select_option("draw")
    page.locator("[name=capacity]").fill("1")
    page.locator("[name=pass_percent]").fill("80")
    page.locator("input[name=_save]").click()
    told(staff, "추가했습니다")
    run = re.sub(r"change/$", "", staff.path())
    follow(staff, re.compile("^추첨"))
    page.locator("[name=source]").select_option("lotto")
    page.locator("[name=round_number]").fill("9100")
    page.locator("[name=known_on]").fill(f"{drawn:%Y-%m-%d}")
    press(staff, "규칙 저장")
    expect(page.locator("#content")).to_contain_text("제9100회")
    staff.look("rule")
    staff.go(f"{run}change/")
    follow(staff, "공개하기")
    press(staff, "공개하기")
    told(staff, "공개")
    return run


def apply_for_two(family: Visitor, title: str, children: list[str]) -> str:
    """Found in the catalogue; return the programme's page of the draw."""
    page = family.page
    family.go("/programs/?q=기업&status=open")
    page.locator(".card-link").first.click()
    family.look("programme")
    follow(family, re.compile(f"신청하기.*{re.escape(title)}"))
    for name in children:
        page.get_by_role("checkbox", name=re.compile(name)).check(force=True)
    press(family, "신청하기")
    expect(page.locator("h1")).to_have_text("신청이 접수되었습니다")
    expect(page.locator("main .list > li")).to_have_count(2)
    family.look("applied")
    return page.locator(".list-link").first.get_attribute("href")


def draw(staff: Visitor, run: str) -> None:
    page = staff.page
    staff.go(f"{run}change/")
    follow(staff, re.compile("^추첨"))
    page.locator("[name=number]").fill(NUMBER)
    page.locator("[name=again]").fill(NUMBER)
    page.locator("[name=where]").fill("체험용으로 지어낸 숫자입니다")
    press(staff, "다음: 확인하기")
    staff.look("second-look")
    press(staff, "이 숫자로 추첨하기")
    expect(page.locator("section[aria-labelledby=result] tbody tr")).to_have_count(2)
    staff.look("drawn")


def application(family: Visitor, names: list[str], words: str) -> tuple[str, str]:
    """The application of one of these children whose row says ``words``: its address and the row."""
    family.go("/programs/applications/")
    row = family.page.locator("main .list > li", has_text=re.compile("|".join(names))).filter(has_text=words)
    expect(row).to_have_count(1)
    return row.locator(".list-link").get_attribute("href"), row.inner_text()


def test_from_the_announcement_to_the_certificate(visitor: Callable[..., Visitor], later: Later) -> None:
    mark = korean(f"{timezone.localtime():%M%S}")
    title, children = f"이야기 회차 {mark}", [f"첫{mark}", f"둘{mark}"]
    staff, family, stranger = visitor(), visitor(size="phone"), visitor()
    staff.log_in("programs")
    family.log_in("family23")
    for name in children:
        add_child(family, name, "2010-05-05", "고1")
    run = announce(staff, title)
    key = int(re.search(r"/run/(\d+)/", run)[1])
    apply_for_two(family, title, children)

    assert int(later("applying_is_over", key)) >= 1
    stranger.go(f"/programs/draws/{key}/")
    expect(stranger.page.get_by_text("추첨할 목록을 확정했습니다").first).to_be_visible()
    later("number_is_out", key)
    draw(staff, run)

    stranger.page.reload()
    result = stranger.page.locator("main")
    expect(result).to_contain_text("선정 1건")
    expect(result).to_contain_text("예비 1건")
    for name in children:
        expect(result).not_to_contain_text(name)
    stranger.look("result")

    page = family.page
    selected, row = application(family, children, "참여 확정")
    second = next(name for name in children if name not in row)
    family.go(selected)
    follow(family, "신청 취소")
    page.locator("input[name=reason]").first.check(force=True)
    press(family, "신청 취소하기")
    expect(page.get_by_text("신청을 취소했습니다.")).to_be_visible()
    waiting, _row = application(family, [second], "자리")
    family.go(waiting)
    follow(family, "자리 제안에 답하기")
    family.look("offer")
    press(family, "이 자리 받기")
    family.go(waiting)
    expect(page.locator("main")).to_contain_text("확정")

    address = later("session_begins", key)
    wall = staff_wall(staff, title)
    stranger.go(wall)
    expect(stranger.page.locator(".qr")).to_be_visible()
    family.go(urlsplit(address).path)
    family.look("check-in")
    press(family, "출석하기")
    expect(page.get_by_text("출석을 모두 확인했습니다")).to_be_visible()

    later("session_is_over", key)
    family.go(waiting)
    press(family, re.compile("수료증"))
    code = certificate(family)
    stranger.go("/documents/verify/")
    stranger.page.locator("input[name=code]").fill(code)
    press(stranger, "확인")
    expect(stranger.page.locator("main")).to_contain_text("유효")
    expect(stranger.page.locator("main")).not_to_contain_text(second)  # masked
    stranger.look("verified")


def staff_wall(staff: Visitor, title: str) -> str:
    staff.go("/admin/programs/mark/sessions/")
    staff.page.locator(".roster-sessions a", has_text=title).first.click()
    staff.look("roster")
    return staff.page.get_by_role("link", name=re.compile("교실 화면")).get_attribute("href")


def certificate(family: Visitor) -> str:
    """Opened as PDF; return the number by which anybody verifies it."""
    page = family.page
    pdf = page.get_by_role("link", name=re.compile("PDF 열기"))
    expect(pdf).to_be_visible(timeout=30_000)  # the page looks again by itself until the worker is done
    family.look("certificate")
    answer = page.context.request.get(f"{family.portal}{pdf.get_attribute('href')}")
    assert answer.body().startswith(b"%PDF")
    return page.locator("dd a[href*=verify]").inner_text()
