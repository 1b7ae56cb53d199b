"""Applying: a parent for two children by keyboard on a phone, a teacher with a class, a guest by a link."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Keyboard, Visitor

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]


def test_a_parent_applies_for_two_children_and_cancels_one(visitor: Callable[..., Visitor]) -> None:
    """The first run of a lecture of the demo; nobody of the family is in it yet."""
    who = visitor(size="phone")
    page, hands = who.page, Keyboard(who.page)
    who.log_in("parent")
    who.go("/programs/?q=전문가 특강&status=open")
    hands.press(page.locator(".card-link").first)
    hands.press(page.locator("main").get_by_role("link", name=re.compile(r"신청하기 \d{4}년 1회")).first)
    who.look("who")
    children = page.locator("input[name=who][value^=student-]:not([disabled])")
    expect(children).to_have_count(2)
    hands.press(page.get_by_role("button", name="신청하기"))  # nobody chosen
    expect(page.get_by_text("참가할 사람을 골라 주세요.").first).to_be_visible()
    who.look("nobody-chosen")
    for number in range(2):
        hands.tick(children.nth(number))
    hands.write(page.locator("textarea[name=remark]"), "휠체어 자리가 필요해요.")
    hands.press(page.get_by_role("button", name="신청하기"))
    if page.get_by_text("아직 신청되지 않았습니다").count():
        hands.press(page.get_by_role("button", name="이대로 신청하기"))
    expect(page.locator("h1")).to_have_text("신청이 확정되었습니다")
    rows = page.locator("main .list > li")
    expect(rows).to_have_count(2)
    kept = rows.nth(0).locator(".list-link").get_attribute("href")
    who.look("done")

    hands.press(rows.nth(1).locator(".list-link"))
    who.look("one")
    hands.press(page.get_by_role("link", name="신청 취소"))
    hands.press(page.get_by_role("button", name="신청 취소하기"))  # no reason
    expect(page.get_by_text("취소하는 이유를 골라 주세요.").first).to_be_visible()
    who.look("no-reason")
    hands.tick(page.locator("input[name=reason]").first)
    hands.press(page.get_by_role("button", name="신청 취소하기"))
    expect(page.get_by_text("신청을 취소했습니다.")).to_be_visible()
    who.look("cancelled")
    hands.press(page.get_by_role("link", name="내 신청 목록"))
    assert who.path() == "/programs/applications/"
    expect(page.locator(f'main .list a[href="{kept}"]')).to_have_count(1)


def test_the_forms_of_those_accepted_are_led_to(visitor: Callable[..., Visitor]) -> None:
    """The demo parent's children are accepted at the camp; without the consent nothing is handed in."""
    who = visitor(size="phone")
    page, hands = who.page, Keyboard(who.page)
    who.log_in("parent")
    who.go("/programs/applications/")
    hands.press(page.locator("main .list > li", has_text="선정(서류 제출 전)").first.locator(".list-link"))
    who.look("accepted")
    hands.press(page.locator("main .notice-box, main .notice", has_text="캠프 참가 서류").get_by_role("link").first)
    assert who.path().startswith("/forms/programs-second/")
    who.look("papers")
    for key, value in {"emergency_name": "김나래", "emergency_phone": "010-0000-0000", "health": "없음"}.items():
        hands.write(page.locator(f"[name=q_{key}]"), value)
    hands.press(page.get_by_role("button", name="보내기"))
    expect(page.locator("[name=q_emergency_name]")).to_have_value("김나래")
    who.look("no-consent")
    hands.tick(page.locator("input[name=q_guardian_agrees]"))
    hands.press(page.get_by_role("button", name="보내기"))
    who.go("/programs/applications/")
    confirmed = page.locator("main .list > li", has_text="별 따는 기숙사").filter(has_text="참여 확정")
    expect(confirmed).to_have_count(1)


def test_a_teacher_applies_with_a_class(visitor: Callable[..., Visitor]) -> None:
    who = visitor()
    page = who.page
    who.log_in("teacher")
    who.go("/programs/?q=찾아가는&status=open")
    page.locator(".card-link").first.click()
    page.locator("main").get_by_role("link", name=re.compile("신청하기")).first.click()
    page.locator("input[name=class_name]").fill("2학년 4반")
    page.locator("input[name=headcount]").fill("0")
    page.get_by_role("button", name="신청하기").click()
    expect(page.locator("input[name=class_name]")).to_have_value("2학년 4반")
    who.look("mistake")
    page.locator("input[name=headcount]").fill("24")
    page.get_by_role("button", name="신청하기").click()
    expect(page.locator("h1")).to_have_text("신청이 확정되었습니다")
    expect(page.locator(".list-link", has_text="2학년 4반 24명")).to_be_visible()
    who.look("done")


def test_a_guest_is_invited_and_accepts_by_the_link(visitor: Callable[..., Visitor]) -> None:
    """From the staff's list to the guest's place, given back at the end."""
    staff = visitor()
    staff.log_in("programs")
    staff.go("/admin/programs/run/?q=입학사정관")
    staff.page.locator("#result_list tbody a").first.click()
    staff.page.get_by_role("link", name="초대 보내기").click()
    staff.page.locator("textarea[name=people]").fill("하늘찬, guest@demo.example\n아무개")
    staff.page.get_by_role("button", name="미리 보기").click()
    expect(staff.page.get_by_text("2번째 줄")).to_be_visible()
    staff.look("line-errors")
    staff.page.locator("textarea[name=people]").fill("하늘찬, guest@demo.example")
    staff.page.get_by_role("button", name="미리 보기").click()
    staff.look("preview")
    staff.page.get_by_role("button", name="1명에게 보내기").click()
    expect(staff.page.get_by_text("1명에게 초대를 보냈습니다.")).to_be_visible()

    guest = visitor(size="phone")
    page = guest.page
    guest.go(re.search(r"/programs/invitations/[\w-]+/", guest.message("guest@demo.example", "초대합니다")).group(0))
    guest.look("invited")
    page.get_by_role("button", name="참여하기", exact=True).click()
    expect(page.get_by_text("개인정보 수집·이용에 동의해 주셔야").first).to_be_visible()
    expect(page.locator("input[name=name]")).to_have_value("하늘찬")
    guest.look("no-consent")
    page.locator("input[name=consented]").check(force=True)
    page.get_by_role("button", name="참여하기", exact=True).click()
    expect(page.locator("h1")).to_have_text("참여가 확정되었습니다.")
    guest.look("place")
    page.get_by_role("button", name="참여 취소하기").click()
    expect(page.get_by_text("취소한 신청입니다").first).to_be_visible()
    guest.look("given-back")
