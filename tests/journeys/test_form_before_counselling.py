"""A parent fills in the form of a booked counselling, with a file, and the counsellor reads it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Keyboard, Mouse, Visitor
from tests.questionnaires import files

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]


def to_the_form(who: Visitor, hands: Mouse | Keyboard, *, axe: bool = True) -> None:
    """From logging in to the form of the demo parent's own booking."""
    page = who.page
    who.log_in("parent")
    who.go("/counseling/bookings/")
    hands.press(page.locator("main a[href^='/counseling/bookings/']").first)
    who.look("booking", axe=axe)
    hands.press(page.locator("main").get_by_role("link", name="사전 질문지").first)
    assert who.path().startswith("/forms/counseling/")


def test_without_scripts(visitor):
    """First, for the one with the keyboard sends the form in the end."""
    who = visitor(size="phone", script=False)
    page, hands = who.page, Mouse(who.page)
    to_the_form(who, hands, axe=False)
    expect(page.get_by_text("해당하면 답해 주세요").first).to_be_visible()
    page.locator("input[name=q_field][value=인문]").check(force=True)
    page.locator("select[name=q_grade_average_0]").select_option("9")
    page.locator("input[name=q_grade_average_1]").fill("12")
    page.get_by_role("button", name="임시 저장").click()
    expect(page.get_by_text("9등급제의 등급은 1부터 9까지").first).to_be_visible()
    expect(page.locator("input[name=q_grade_average_1]")).to_have_value("12")
    who.look("mistake", axe=False)
    page.locator("input[name=q_grade_average_1]").fill("2.35")
    page.get_by_role("button", name="임시 저장").click()
    expect(page.get_by_text("아직 보내지 않았습니다")).to_be_visible()
    who.look("saved", axe=False)


def test_on_a_phone_by_keyboard(visitor):
    who = visitor(size="phone")
    page, hands = who.page, Keyboard(who.page)
    to_the_form(who, hands)
    who.look("form")
    other, rest = page.locator("input[name=q_wishes_other]"), page.locator("input[name=q_wishes][value='그 밖']")
    rest.uncheck(force=True)  # should somebody have been here before
    expect(other).to_be_hidden()
    hands.tick(rest)
    expect(other).to_be_visible()
    hands.write(other, "통학 거리")
    hands.tick(page.locator("input[name=q_field][value=예체능]"))
    hands.write(page.locator("input[name=q_practical]"), "첼로")
    hands.reach(page.locator("input[name=q_report]"))
    page.locator("input[name=q_report]").set_input_files(
        {"name": "성적표.pdf", "mimeType": "application/pdf", "buffer": files.pdf("RRN 030101-3123456 of a pupil here")}
    )
    hands.press(page.locator("button[name=add]"))
    expect(page.get_by_text("주민등록번호나 외국인등록번호가 보입니다").first).to_be_visible()
    expect(other).to_have_value("통학 거리")
    who.look("refused")
    page.locator("input[name=q_report]").set_input_files(
        {"name": "성적표.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}
    )
    hands.press(page.locator("button[name=add]"))
    expect(page.get_by_role("link", name="성적표.pdf", exact=True).first).to_be_visible()
    who.look("with-file")
    hands.press(page.get_by_role("button", name="보내기"))
    expect(page.get_by_text("질문지를 보냈습니다.").first).to_be_visible()
    expect(page.get_by_text("자동으로 지워집니다")).to_be_visible()
    who.look("sent")

    staff = visitor()
    staff.log_in("counselor")
    staff.go("/admin/questionnaires/response/?state__exact=sent")
    staff.page.locator("#result_list tbody a").first.click()
    staff.page.locator(".answers-list").first.wait_for()
    staff.look("answers")
