"""What nobody types and scanners send: never an error page that says we broke."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User

HUGE = 99_999_999_999_999_999_999

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/news/?q=%00",
        "/programs/?q=a%00b",
        "/accounts/me/schools/?q=%EA%B8%88%00%EC%B2%9C",
        "/counseling/times/?topic=%00",
    ],
)
def test_a_zero_byte_in_the_address_is_a_bad_request(client, address):
    assert client.get(address).status_code == 400


def test_a_zero_byte_in_the_session_cookie_is_a_bad_request(client):
    answer = client.get("/", HTTP_COOKIE='sessionid="abcdefgh\\000abcdefgh"')

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "query",
    ["day=9999-12-31", "day=0001-01-01", "month=9999-12", "month=0001-01", "day=٢٠٢٦-11-24", "month=%", "page=9"],
)
def test_days_at_the_ends_of_the_calendar_have_no_free_times(client, query):
    assert client.get(reverse("counseling:times") + "?" + query).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/news/%s/", "/programs/%s/", "/counseling/times/%s/", "/counseling/bookings/%s/", "/accounts/me/children/%s/",
     "/accounts/me/guardians/%s/end/", "/accounts/me/students/%s/invite/", "/centre/privacy/%s/"],
)  # fmt: skip
def test_a_number_larger_than_any_row_does_not_exist(client, address):
    client.force_login(User.objects.create_user("parent@example.com", name="김보호"))

    assert client.get(address % HUGE).status_code == 404


@pytest.mark.parametrize("onward", ["foo", "home", "//elsewhere.example/", "https://elsewhere.example/"])
def test_a_display_switch_leads_nowhere_but_to_a_path_of_ours(client, onward):
    assert client.post(reverse("krds:display"), {"next": onward, "text": "large"}).url == "/"
