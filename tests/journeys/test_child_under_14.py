"""A child under 14 asks; the guardian is told by SMS, signs up, consents and registers the child."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.conftest import Mouse

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

PHONE = "01000005511"
BORN = f"{timezone.localdate().year - 11}-03-02"


def test_a_child_asks_and_the_guardian_opens_the_door(visitor):
    child = visitor(size="phone")
    page, hands = child.page, Mouse(child.page)

    child.go("/accounts/signup/")
    hands.tick(page.locator("input[name=who][value=student]"))
    hands.write(page.locator("input[name=birth_date]"), BORN)
    hands.press(page.get_by_role("button", name="다음", exact=True))
    child.look("ask-guardian")
    asked = page.locator("main input:not([type=hidden], [type=submit])")
    expect(asked).to_have_count(2)  # the guardian's name and number, nothing else
    hands.write(page.locator("input[name=guardian_name]"), "윤보리")
    hands.write(page.locator("input[name=guardian_phone]"), "010-0000-5511")
    hands.press(page.get_by_role("button", name="보호자에게 문자 보내기"))
    child.look("asked")

    guardian = visitor(size="phone")
    page, hands = guardian.page, Mouse(guardian.page)

    def button(name: str):
        return page.get_by_role("button", name=name, exact=True)

    guardian.go(re.search(r"https?://\S+?(/accounts/\S+/)", guardian.message(PHONE, "보호자 동의를 부탁")).group(1))
    guardian.look("guardian-reads")
    hands.press(button("가입하고 자녀 등록하기"))
    hands.tick(page.locator("input[name=who][value=guardian]"))
    hands.write(page.locator("input[name=birth_date]"), "1985-05-05")
    hands.press(button("다음"))
    hands.write(page.locator("main input[name=contact]"), "010-0000-5511")
    hands.press(button("인증번호 받기"))
    hands.write(page.locator("input[name=code]"), guardian.code_from(PHONE))
    hands.press(button("확인"))
    hands.write(page.locator("input[name=name]"), "윤보리")
    hands.write(page.locator("input[name=password]"), "bori-bat-2026")
    hands.press(button("가입하기"))
    guardian.look("signed-up")
    hands.press(page.locator("main").get_by_role("link", name="자녀 등록하고 동의하기"))
    hands.write(page.locator("main input[name=name]"), "윤새싹")
    hands.write(page.locator("input[name=birth_date]"), BORN)
    hands.tick(page.locator("input[name=relation][value=mother]"))
    hands.write(page.locator("input[name=school_name]"), "새벽별초등학교")
    hands.choose(page.locator("select[name=grade]"), "초5")
    hands.choose(page.locator("select[name=neighbourhood]"), "독산1동")
    hands.press(button("자녀 등록"))
    guardian.look("consent-missing")
    expect(page.locator("[data-error-summary]")).to_have_count(1)  # nothing is kept of a child without the consent

    hands.tick(page.locator("main input[type=checkbox][name=consented]"))
    hands.press(button("자녀 등록"))
    guardian.look("registered")
    expect(page.locator("main")).to_contain_text("윤새싹")
    assert "윤새싹" in guardian.message(PHONE, "법정대리인")
