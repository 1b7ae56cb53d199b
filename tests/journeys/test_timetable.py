"""A timetable from pattern to publication, and a sudden absence, at a desk and without a mouse where it matters."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.conftest import Keyboard

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("journeys")]

SLOTS = "/admin/counseling/slot/"


def test_staff_see_the_week_the_rooms_and_what_publishing_would_do(visitor):
    who = visitor()
    page = who.page
    who.log_in("admin")
    who.go(f"{SLOTS}timetable/")
    who.look("week")
    page.get_by_role("link", name="한 달 보기").click()
    who.look("month")
    who.go("/admin/centre/roomuse/table/?span=week")
    who.look("rooms")
    page.get_by_role("link", name="방 쓰기·막기").click()
    who.look("take-a-room")

    who.go("/admin/counseling/weeklypattern/add/")
    who.look("pattern", axe=False)
    who.go(f"{SLOTS}publish/")
    who.look("publish")
    last = timezone.localdate() + timedelta(days=85)
    page.locator("input[name=first]").fill(f"{last - timedelta(days=13)}")
    page.locator("input[name=last]").fill(f"{last}")
    page.get_by_role("button", name="미리 보기").click()
    who.look("preview")
    page.get_by_role("button", name="이대로 반영하기").click()
    expect(page.get_by_text("시간표를 반영했습니다. 새로 공개")).to_have_count(1)
    who.look("published")


def test_an_absence_is_settled_by_keyboard(visitor):
    who = visitor()
    page, keys = who.page, Keyboard(who.page)
    who.log_in("admin")
    tomorrow = timezone.localdate() + timedelta(days=1)
    who.go(f"{SLOTS}absence/?first_day={tomorrow}&last_day={tomorrow + timedelta(days=2)}")
    who.look("absence")
    page.locator("select[name=counselor]").select_option(index=1)
    keys.press(page.get_by_role("button", name="영향받는 예약 보기"))
    who.look("hits")
    keys.press(page.get_by_role("button", name="확정하고 알리기"))
    page.get_by_text("처리했습니다.").wait_for()
    who.look("settled")


def test_the_same_pages_fit_a_phone(visitor):
    who = visitor(size="phone")
    who.log_in("admin")
    for name in ("timetable", "publish", "absence"):
        who.go(f"{SLOTS}{name}/")
        who.look(name)
    who.go("/admin/centre/roomuse/table/")
    who.look("rooms")
