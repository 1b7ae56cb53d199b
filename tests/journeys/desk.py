"""What a journey needs of the centre before it begins: a topic of its own, who does it, and times for it.

The journeys share one portal. The director's deputy counsels only here, so nothing else in the demo fits these topics,
and nothing that others book is touched.
"""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.conftest import SIZES, Visitor

NAME = "남궁도담 상담사"
BOARD = "/admin/counseling/booking/board/"


def korean(number: int | str) -> str:
    """Digits as letters that may stand in a name."""
    return str(number).translate(str.maketrans("0123456789", "가나다라마바사아자차"))


def both(who: Visitor, name: str, *, known: frozenset[str] = frozenset()) -> None:
    """Look at the page at a desk and on a phone."""
    page = who.page
    before = page.viewport_size
    for size, window in SIZES.items():
        page.set_viewport_size(window)
        who.look(f"{name}-{size}", known=known)
    page.set_viewport_size(before)


def told(who: Visitor, sentence: str) -> None:
    expect(who.page.locator(".messagelist")).to_contain_text(sentence)


def pick(who: Visitor, field: str, words: str) -> None:
    """Choose from a list that asks the server."""
    page = who.page
    page.locator(f".field-{field} .select2-selection").click()
    with page.expect_response(lambda answer: "autocomplete" in answer.url and "term=" in answer.url):
        page.locator(".select2-container--open .select2-search__field").fill(words)
    page.locator(".select2-results__option[aria-selected=false]").first.click()


def open_topic(who: Visitor, name: str, minutes: int, questionnaire: str = "", *, counselor: str = NAME) -> None:
    """As director: a topic, and the only one who does it."""
    page = who.page
    who.go("/admin/counseling/topic/add/")
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=slug]").fill(f"story-{timezone.now():%H%M%S}")
    page.locator("input[name=position]").fill("90")
    page.locator("input[name=minutes]").fill(str(minutes))
    page.locator("input[name=modes][value=visit]").check()
    if questionnaire:
        pick(who, "questionnaire", questionnaire)
    page.locator("input[name=_save]").click()
    told(who, "했습니다")

    who.go("/admin/counseling/counselor/")
    if page.get_by_role("link", name=counselor).count():
        page.get_by_role("link", name=counselor).click()
    else:
        who.go("/admin/counseling/counselor/add/")
        pick(who, "user", "남궁도담")
        page.locator("input[name=name]").fill(NAME)
    pick(who, "topics", name)
    page.locator("input[name=_save]").click()
    told(who, "했습니다")


def add_slot(who: Visitor, starts: datetime, minutes: int, *, counselor: str = NAME) -> None:
    """A time that is open to families at once."""
    page, starts = who.page, timezone.localtime(starts)
    who.go("/admin/counseling/slot/add/")
    page.locator("select[name=counselor]").select_option(label=counselor)
    page.locator("input[name=day]").fill(f"{starts:%Y-%m-%d}")
    page.locator("input[name=starts]").fill(f"{starts:%H:%M}")
    page.locator("input[name=ends]").fill(f"{starts + timedelta(minutes=minutes):%H:%M}")
    page.locator("input[name=modes][value=visit]").check()
    page.locator("input[name=published]").check()
    page.locator("input[name=exception]").fill("운영 시간 밖에도 시험합니다.")  # whatever the clock says
    page.locator("input[name=_save]").click()
    told(who, "했습니다")


def add_child(who: Visitor, name: str, birth_date: str = "2014-05-05", grade: str = "초6") -> None:
    """A guardian registers a child, on whom no other journey lays hands."""
    page = who.page
    who.go("/accounts/me/children/add/")
    page.locator("main input[name=name]").fill(name)
    page.locator("input[name=birth_date]").fill(birth_date)
    page.locator("input[name=relation][value=mother]").check(force=True)
    page.locator("input[name=school_name]").fill("별빛초등학교")
    page.locator("select[name=grade]").select_option(label=grade)
    page.locator("select[name=neighbourhood]").select_option(label="독산1동")
    page.get_by_label("법정대리인으로서 자녀의 개인정보 처리에 동의합니다").check(force=True)
    page.get_by_role("button", name="자녀 등록", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/add/"))


def masked(name: str) -> str:
    """As lists show a name: the first letter and the last."""
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def book_caller(who: Visitor, starts: datetime, name: str, counselor: str) -> None:
    """From the board, for somebody on the telephone."""
    page = who.page
    who.go(BOARD)
    page.locator(".board").get_by_role("link", name=f"예약 넣기 {timezone.localtime(starts):%H:%M} {counselor}").click()
    page.locator("#q").fill(name)
    page.get_by_role("button", name="찾기", exact=True).click()
    page.get_by_role("button", name="예약하기").click()
    told(who, "예약했습니다")


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
