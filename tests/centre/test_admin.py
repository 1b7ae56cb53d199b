from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import Permission

from accounts.models import User
from centre import publishing
from centre.models import Holiday, PolicyText

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False):
        yield


@pytest.fixture
def desk(log_in, boss):
    """The staff's pages, opened by somebody who may do everything."""
    return log_in(boss)


def clerk(*codenames: str) -> User:
    user = User.objects.create_user("clerk@example.com", name="직원", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_a_new_version_is_drafted_edited_and_published_in_the_admin(desk):
    publishing.publish_first_texts()

    answer = desk.post("/admin/centre/policytext/draft/terms/", follow=True)
    text = PolicyText.objects.get(kind="terms", version=2)
    assert answer.redirect_chain[-1][0] == f"/admin/centre/policytext/{text.pk}/change/"

    changed = {"effective_from": "2026-12-01", "change_note": "이용 대상을 넓힘", "body": text.body + "\n\n부칙"}
    desk.post(f"/admin/centre/policytext/{text.pk}/change/", changed)
    assert "[넣음: 부칙]" in desk.get(f"/admin/centre/policytext/{text.pk}/change/").content.decode()

    desk.post(f"/admin/centre/policytext/{text.pk}/publish/")
    text.refresh_from_db()
    assert (text.published_at is not None, text.published_by.name) == (True, "관리자")
    assert desk.post(f"/admin/centre/policytext/{text.pk}/change/", changed).status_code == 403


def test_a_text_that_may_not_be_published_says_why_and_stays_a_draft(desk):
    publishing.publish_first_texts()
    text = publishing.draft("terms")

    page = desk.post(f"/admin/centre/policytext/{text.pk}/publish/", follow=True).content.decode()

    text.refresh_from_db()
    assert "내용이 같습니다" in page
    assert text.published_at is None


def test_drafting_and_publishing_are_two_rights(log_in):
    publishing.publish_first_texts()
    client = log_in(clerk("view_policytext", "change_policytext"))
    text = publishing.draft("terms")

    assert client.post("/admin/centre/policytext/draft/privacy/").status_code == 403
    assert client.post(f"/admin/centre/policytext/{text.pk}/publish/").status_code == 403


def test_a_seeded_holiday_is_unticked_rather_than_deleted(desk):
    desk.post("/admin/centre/holiday/load/")
    seeded = Holiday.objects.get(day=date(2026, 12, 25))
    own = Holiday.objects.create(day=date(2026, 12, 24), name="센터의 날")

    assert desk.post(f"/admin/centre/holiday/{seeded.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.post(f"/admin/centre/holiday/{own.pk}/delete/", {"post": "yes"}).status_code == 302


@pytest.mark.parametrize("url", ["holiday/load/", "policytext/draft/terms/", "policytext/1/publish/"])
def test_a_look_changes_nothing(desk, url):
    assert desk.get(f"/admin/centre/{url}").status_code == 405


def test_a_closure_needs_both_its_days(desk):
    answer = desk.post("/admin/centre/closure/add/", {"first_day": "2026-12-01", "reason": "점검"})

    assert answer.status_code == 200
    assert "필수" in answer.content.decode()


@pytest.mark.parametrize(
    ("page", "given"),
    [
        ("closure", {"first_day": "9999-12-31", "last_day": "9999-12-31", "reason": "점검"}),
        ("closure", {"first_day": "0001-01-01", "last_day": "2026-12-01", "reason": "점검"}),
        ("holiday", {"day": "9999-12-31", "name": "끝", "observed": "on"}),
    ],
)
def test_a_year_at_the_end_of_the_calendar_is_a_slip(desk, page, given):
    answer = desk.post(f"/admin/centre/{page}/add/", given)
    assert answer.status_code == 200
    assert "연도를 확인해 주세요." in answer.content.decode()
