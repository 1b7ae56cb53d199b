"""The counsellor's day without a mouse, and the question who has opened a record."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone

from tests.journeys import desk
from tests.journeys.conftest import Keyboard, Visitor
from tests.journeys.desk import BOARD, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

MINUTES = 20
# by whether it is Tuesday, Thursday or Saturday: who has no weekly pattern on that day
OFF_DUTY = {False: ("제하람 상담사", "counselor5"), True: ("석이든 상담사", "counselor6")}
WHY = "학생이 위험하다는 학교의 연락을 받아 마지막 상담 내용을 급히 확인해야 합니다."


def test_a_day_by_keyboard_from_the_board_to_the_next(visitor):
    """Two come one after the other: arrived, done, written down, and on to the next."""
    now = timezone.localtime()
    if now.date() != (now + timedelta(minutes=2 * MINUTES + 10)).date():
        pytest.skip("Two counsellings no longer fit into today.")
    run = desk.korean(f"{now:%M%S}")
    name, login = OFF_DUTY[now.weekday() in (1, 3, 5)]
    boss, family = visitor(), visitor()
    boss.log_in("admin")
    family.log_in("family31")
    desk.open_topic(boss, f"하루상담{run}", MINUTES, counselor=name)
    for n, child in enumerate((f"아침{run}", f"다음{run}")):
        begins = now + timedelta(minutes=n * MINUTES - 1)
        desk.add_child(family, child)
        desk.add_slot(boss, begins, MINUTES, counselor=name)
        desk.book_caller(boss, begins, child, name)

    who = visitor()
    page, keys = who.page, Keyboard(who.page)
    log_in_first_time(who, login)
    who.go(BOARD)
    mine = page.locator(".board .cell", has_text=desk.masked(f"아침{run}"))
    keys.press(mine.get_by_role("button", name=re.compile("^도착")))
    told(who, "‘도착’")
    who.look("arrived")
    keys.press(mine.get_by_role("button", name=re.compile("^상담 완료")))
    told(who, "‘상담 완료’")
    keys.press(mine.get_by_role("link", name=re.compile("^기록")))
    assert page.evaluate("document.activeElement.name") == "memo"  # one may write at once
    keys.write(page.locator("textarea[name=memo]"), "처음 왔음.")
    keys.write(page.locator("textarea[name=summary]"), "하고 싶은 일을 함께 적어 보았습니다.")
    keys.write(page.locator("textarea[name=items]"), "하고 싶은 일 세 가지 적기")
    who.look("write")
    keys.press(page.get_by_role("button", name="저장"))
    told(who, "기록을 저장했습니다")
    keys.press(page.get_by_role("link", name="학생과 공유"))
    keys.press(page.get_by_role("button", name="학생과 공유"))
    told(who, "공유하고 알렸습니다")
    who.look("shared")

    keys.press(page.get_by_role("link", name="오늘의 상담표").first)
    following = page.locator(".board .cell", has_text=desk.masked(f"다음{run}"))
    keys.press(following.get_by_role("button", name=re.compile("^도착")))
    told(who, "‘도착’")
    assert following.get_by_role("button", name=re.compile("^상담 완료")).count() == 0  # it has not begun
    who.look("next")


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
    log_in_first_time(colleague, "counselor2")
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
    assert reason.input_value() == "급함"
    assert colleague.page.locator(".errorlist").count() == 1
    reason.fill(WHY)
    open_it.click()
    assert colleague.path() == record
    told(colleague, "긴급 열람을 기록하고")
    colleague.look("broken")
    assert colleague.page.get_by_role("link", name="고치기").count() == 0
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
    assert broken.count() == 1
    assert "민가람" in broken.inner_text()
    assert rows.filter(has_text="서다온").count() >= 1
    assert "메모" not in boss.page.locator("table.board-found").inner_text()

    # others do not see this page, nor the record
    owner.go("/admin/counseling/booking/records/openings/")
    assert owner.page.get_by_text("긴급 열람을 기록").count() == 0
    assert owner.page.locator("table.board-found").count() == 0
    stranger = visitor()
    stranger.log_in("programs")
    stranger.go(record)
    assert stranger.page.locator(".record-part").count() == 0


def log_in_first_time(who: Visitor, name: str) -> None:
    """A colleague of the demo has no second factor yet and is led to make one."""
    main = who.page.locator("main")
    who.log_in(name)
    who.go("/admin/")
    assert who.path() == "/accounts/me/second-factor/"
    who.look("no-second-factor")
    main.get_by_role("link", name="인증 앱으로 켜기").click()
    main.locator("input[name=password]").fill("demo-portal-1")
    main.get_by_role("button", name="확인", exact=True).click()
    who.look("second-factor")
    secret = re.search(r"[A-Z2-7]{32}", who.page.content()).group()
    main.locator("input[name=code]").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    main.locator("input[name=code]").press("Enter")
    who.page.wait_for_url(lambda url: "activate" not in url)
    who.go("/admin/")
    assert who.path() == "/admin/"
