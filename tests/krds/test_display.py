from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def press(client: Client, **values: str) -> str:
    response = client.post(reverse("krds:display"), {"next": "/krds/?page=2", **values})
    assert response.status_code == 302
    return response["Location"]


@pytest.fixture(autouse=True)
def shown(settings) -> None:
    settings.DEMO = True


def page(client: Client) -> str:
    return client.get(reverse("krds:guide")).text


def test_a_switch_is_kept_and_drawn_by_the_server() -> None:
    client = Client()
    assert "data-contrast" not in page(client).split("<head>")[0]
    assert press(client, contrast="high") == "/krds/?page=2"
    press(client, text="larger")
    assert '<html lang="ko" data-contrast="high" data-text="larger">' in page(client)


def test_the_ordinary_look_comes_back() -> None:
    client = Client()
    press(client, contrast="high")
    press(client, contrast="")
    assert '<html lang="ko">' in page(client)


def test_the_switch_needs_no_token_and_no_session() -> None:
    client = Client(enforce_csrf_checks=True)
    press(client, text="large")
    assert set(client.cookies) == {"display"}


def test_looking_changes_nothing() -> None:
    client = Client()
    assert client.get(reverse("krds:display")).status_code == 405


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""])
def test_the_switch_leads_nowhere_else(elsewhere: str) -> None:
    assert press(Client(), next=elsewhere, contrast="high") == "/"


@pytest.mark.parametrize("cookie", ['"><script>.x', "high", "....", "high.huge"])
def test_a_forged_cookie_counts_as_the_ordinary_look(cookie: str) -> None:
    client = Client()
    client.cookies["display"] = cookie
    html = page(client)
    assert "data-text" not in html.split("<head>")[0]
    assert "<script>.x" not in html


def test_the_style_guide_is_absent_from_a_live_site(settings) -> None:
    settings.DEMO = False
    assert Client().get(reverse("krds:guide")).status_code == 404
