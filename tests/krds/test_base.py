"""What stands around every page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from centre.models import Centre
from gumcheon_portal import navigation

pytestmark = pytest.mark.django_db

MASTHEAD = "이 누리집은 대한민국 공식 전자정부 누리집입니다."


@pytest.fixture
def page(settings):
    """The style guide as a visitor sees it, with the site's switches as given."""

    def page(*, official: bool = False, demo: bool = False) -> str:
        settings.DEBUG = True  # the guide is shown without a demo too
        settings.SITE_OFFICIAL, settings.DEMO = official, demo
        return Client().get(reverse("krds:guide")).text

    return page


def test_the_marks_of_government_are_off_unless_the_site_is_official(page) -> None:
    assert MASTHEAD not in page()
    assert "에서 운영하는 누리집입니다." not in page()


def test_an_official_site_carries_masthead_and_identifier_with_its_operator(page) -> None:
    Centre.objects.update_or_create(defaults={"name": "센터", "operator": "금천구 교육지원과"}, id=1)
    html = page(official=True)
    assert html.index("본문 바로가기") < html.index(MASTHEAD) < html.index("site-header")
    assert "이 누리집은 금천구 교육지원과에서 운영하는 누리집입니다." in html


def test_a_demo_says_that_it_is_one(page) -> None:
    assert "시연용 누리집입니다." in page(demo=True)
    assert "시연용 누리집입니다." not in page()


def test_the_skip_link_comes_before_anything_else_that_takes_focus(page) -> None:
    first = re.search(r"<(?:a|button|input|select|summary)\b[^>]*>", page().split("<body", 1)[1])
    assert first is not None
    assert 'class="skip-link" href="#main"' in first[0]


def test_the_privacy_notice_is_set_apart_from_the_other_policies(page) -> None:
    assert re.search(r'<a href="[^"]+" class="is-privacy">개인정보 처리방침</a>', page())
    assert page().count("is-privacy") == 1


def test_a_centre_that_is_not_set_up_yet_leaves_the_footer_short(page) -> None:
    Centre.objects.all().delete()
    assert "<address" not in page()


def test_the_menu_marks_the_section_one_is_in() -> None:
    html = Client().get(reverse("programs:list")).text
    assert html.count('<li class="is-current">') == 1
    assert navigation.current("/programs/7/") == navigation.current("/programs/")
    assert navigation.current("/no-such-room/") is None


def test_pages_of_one_section_do_not_borrow_each_others_place() -> None:
    admissions, notices = (Client().get(reverse(name)).text for name in ("newsletter:list", "newsletter:notices"))
    here = re.compile(r'<a href="([^"]+)" aria-current="page">')
    assert here.search(admissions.split("site-nav-list")[1])[1] == reverse("newsletter:list")
    assert here.search(notices.split("site-nav-list")[1])[1] == reverse("newsletter:notices")


def test_a_visitor_who_only_looks_gets_no_cookie() -> None:
    client = Client()
    client.get(reverse("programs:list"))
    assert not client.cookies


def test_only_somebody_logged_in_is_warned_of_the_idle_log_out(django_user_model) -> None:
    client = Client()
    assert "idle-dialog" not in client.get(reverse("programs:list")).text
    client.force_login(django_user_model.objects.create_user("parent@example.org", name="김하늘"))
    html = client.get(reverse("programs:list")).text
    assert f'action="{reverse("accounts:stay")}"' in html
    assert 'data-warn="120"' in html
