"""A family waits for an earlier time, is offered one, moves there, comes, and reads what was agreed."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from tests.journeys import desk
from tests.journeys.conftest import Visitor
from tests.journeys.desk import BOARD, both, told

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

MINUTES = 40


def at(days: int, hour: int = 11) -> datetime:
    """So many days ahead, put off a Sunday."""
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day + timedelta(days=day.weekday() == 6), time(hour)))


def press(who: Visitor, name: str | re.Pattern) -> None:
    who.page.locator("main").get_by_role("button", name=name).first.click()


def follow(who: Visitor, name: str | re.Pattern) -> None:
    who.page.locator("main").get_by_role("link", name=name).first.click()


def text(who: Visitor) -> str:
    return who.page.locator("main, #content").first.inner_text()


def book(who: Visitor, topic: str, child: str) -> str:
    """The first free time of a topic; return the booking's address."""
    who.go("/counseling/")
    follow(who, topic)
    follow(who, re.compile("^(선택|시간 찾기|상담 시간 찾기)"))
    if "/times/" in who.path() and not re.search(r"\d+/$", who.path()):
        follow(who, re.compile("^선택"))
    who.page.locator("label", has_text=child).click()
    press(who, "다음")
    press(who, "예약하기")
    assert who.path().endswith("/done/"), text(who)
    return who.path().removesuffix("done/")


def wait_for(who: Visitor, topic: str, child: str, picture: str = "") -> None:
    """A place in the line for a topic without free times."""
    who.go("/counseling/times/")
    who.page.locator("select[name=topic]").select_option(label=topic)
    press(who, "찾기")
    if picture:
        both(who, f"{picture}-no-times")
    follow(who, "대기 신청")
    if picture:
        both(who, f"{picture}-join")
    who.page.locator("label", has_text=child).click()
    press(who, "대기 신청")
    assert re.fullmatch(r"/counseling/waiting/\d+/", who.path()), text(who)


def test_from_waiting_to_the_result_sheet(visitor):
    now = timezone.localtime()
    if now.date() != (now + timedelta(minutes=MINUTES + 5)).date():
        pytest.skip("A counselling of now no longer fits into today.")
    run = desk.korean(f"{now:%M%S}")
    topic, early_child, child = f"이야기상담{run}", f"먼저{run}", f"나중{run}"
    boss, first, family = visitor(), visitor(), visitor(size="phone")
    boss.log_in("admin")
    first.log_in("family21")
    family.log_in("family22")
    desk.add_child(first, early_child)
    desk.add_child(family, child)
    desk.open_topic(boss, topic, MINUTES, "진학")
    desk.add_slot(boss, at(8), MINUTES)
    theirs = book(first, topic, early_child)
    desk.add_slot(boss, at(20), MINUTES)

    # nothing earlier is free: book the late one, and wait
    mine = book(family, topic, child)
    family.go(mine)
    number = re.search(r"예약 번호\s*(\S+)", text(family))
    follow(family, "더 빠른 시간 기다리기")
    both(family, "join-earlier")
    press(family, "대기 신청")
    both(family, "waiting")
    assert "1번째" in text(family)
    family.go("/counseling/waiting/")
    both(family, "my-waiting")

    # the other family cancels, and at once the time is offered
    first.go(f"{theirs}cancel/")
    first.page.locator("input[name=reason]").first.check(force=True)
    press(first, "예약 취소하기")
    first.look("cancelled")
    assert child in family.message("family22@demo.example", "자리가 났습니다")
    family.go("/my/")
    both(family, "my-page-with-offer")
    family.go("/counseling/waiting/")
    both(family, "my-waiting-with-offer")
    follow(family, "제안에 답하기")
    both(family, "offer")
    offer = family.path()
    press(family, "이 시간으로 옮기기")
    assert family.path() == mine  # the same booking
    both(family, "accepted")
    family.go(mine)
    both(family, "moved")
    assert "변경 내역" in text(family)
    if number:
        assert number.group(1) in text(family)
    family.go(offer)  # opened once more, it answers nothing
    both(family, "offer-answered")
    assert "예약하셨습니다" in text(family)

    # the form, and another time
    family.go(mine)
    follow(family, "사전 질문지")
    family.page.locator("input[name=q_field][value=인문]").check(force=True)
    family.page.locator("input[name=q_wishes]").first.check(force=True)
    press(family, "보내기")
    assert "질문지를 보냈습니다" in text(family)
    both(family, "form-sent")
    desk.add_slot(boss, at(9, 15), MINUTES)
    family.go(mine)
    follow(family, "예약 변경")
    both(family, "change")
    follow(family, re.compile("^선택"))
    press(family, "이 시간으로 바꾸기")
    assert family.path() == mine
    both(family, "changed")

    # they ring up: may we come now? The centre moves them, and they come
    begins = timezone.localtime() + timedelta(seconds=90)  # the minute after the next
    desk.add_slot(boss, begins, MINUTES)
    boss.go(f"/admin/counseling/booking/?q={child}")
    boss.page.locator("#result_list tbody a").first.click()
    pk = re.search(r"/booking/(\d+)/", boss.path()).group(1)
    boss.go(f"/admin/counseling/booking/board/{pk}/move/")
    boss.page.locator("input[name=slot]").first.check()
    boss.page.locator("input[name=reason]").fill("가족이 오늘 오고 싶어 함")
    boss.look("move")
    boss.page.locator("#content input[type=submit], #content button[type=submit]").last.click()
    told(boss, "예약을 바꾸고 가족에게 알렸습니다")
    boss.go(BOARD)
    boss.page.locator(f"#mark-{pk}-arrived").click()
    told(boss, "‘도착’")
    boss.look("board-arrived")
    boss.page.wait_for_timeout(max(0, (begins - timezone.localtime()).total_seconds() * 1000))
    boss.go(BOARD)
    boss.page.locator(f"#mark-{pk}-done").click()
    told(boss, "‘상담 완료’")
    boss.look("board")

    # the counsellor writes it down and shares it
    counselor = visitor()
    counselor.log_in("approver")
    counselor.go("/admin/counseling/booking/records/")
    counselor.look("records-to-write")
    counselor.go(f"/admin/counseling/booking/{pk}/record/write/")
    page = counselor.page
    page.locator("textarea[name=memo]").fill("가족과 함께 왔음. 차분히 이야기함.")
    page.locator("textarea[name=summary]").fill("읽고 싶은 책부터 골라 보기로 했습니다.")
    page.locator("textarea[name=items]").fill("도서관에서 책 두 권 빌리기\n읽은 느낌 세 줄 적기")
    counselor.look("record-write")
    page.get_by_role("button", name="저장").click()
    counselor.look("record")
    page.get_by_role("link", name="학생과 공유").click()
    counselor.look("share")
    page.get_by_role("button", name="학생과 공유").click()
    told(counselor, "학생과 공유하고 알렸습니다")
    counselor.look("shared")

    # the family reads it, and the sheet opens
    news = family.message("family22@demo.example", "상담 결과")
    assert "도서관" not in news
    family.go("/counseling/records/")
    if family.page.locator("nav.tabs").count():
        family.page.locator("nav.tabs").get_by_role("link", name=child).click()
    both(family, "timeline")
    assert "도서관에서 책 두 권" in text(family)
    assert "차분히" not in text(family)
    paper = family.page.locator("main").get_by_role("link", name="결과지").first
    opened = family.page.request.get(f"{family.portal}{paper.get_attribute('href')}")
    assert opened.status == 200
    assert opened.body().startswith(b"%PDF-")
    press(family, re.compile("^했어요"))
    both(family, "ticked")


def test_whoever_declines_lets_the_next_family_in(visitor):
    now = timezone.localtime()
    run, minutes = desk.korean(f"{now:%M%S}"), MINUTES + 20
    topic, children = f"차례상담{run}", (f"하나{run}", f"두리{run}")
    boss, one, two = visitor(), visitor(), visitor(size="phone")
    boss.log_in("admin")
    desk.open_topic(boss, topic, minutes)
    for who, login, child in zip((one, two), ("family23", "family24"), children, strict=True):
        who.log_in(login)
        desk.add_child(who, child)
        wait_for(who, topic, child, "first" if who is one else "")
    assert "2번째" in text(two)
    both(two, "second")

    desk.add_slot(boss, at(10, 13), minutes)
    assert children[0] in one.message("family23@demo.example", "자리가 났습니다")
    one.go("/counseling/waiting/")
    follow(one, "제안에 답하기")
    both(one, "offer")
    offer = one.path()
    two.go(offer)
    assert two.page.locator("h1").inner_text() != "자리 제안"  # somebody else's does not exist
    press(one, "거절하기")
    both(one, "declined")
    one.go(offer)
    both(one, "declined-offer")

    assert children[1] in two.message("family24@demo.example", "자리가 났습니다")
    two.go("/counseling/waiting/")
    follow(two, "제안에 답하기")
    press(two, "이 시간으로 예약하기")
    assert two.path().endswith("/done/")
    two.look("booked")
    two.go("/counseling/waiting/")
    both(two, "served")

    boss.go("/admin/counseling/wish/")
    boss.look("wishes")
    boss.go("/admin/counseling/slotoffer/")
    boss.look("offers")
