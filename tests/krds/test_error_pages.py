from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.views.defaults import server_error

PAGES = ["400.html", "403.html", "404.html", "500.html", "503.html", "403_csrf.html"]


@pytest.mark.parametrize("name", PAGES)
def test_an_error_page_needs_no_database_and_no_context(name: str) -> None:
    html = render_to_string(name)  # without the django_db mark a query would fail
    assert '<html lang="ko">' in html
    assert html.count("<h1>") == 1
    assert 'href="/"' in html


def test_a_broken_page_becomes_the_plain_one() -> None:
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "문제가 생겼습니다" in response.text


@pytest.mark.django_db
def test_a_missing_page_says_so_and_shows_a_way_on() -> None:
    response = Client().get("/krds/no-such-page/")
    assert response.status_code == 404
    assert "페이지가 없습니다" in response.text


@pytest.mark.django_db
def test_a_stale_form_is_explained() -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert response.status_code == 403
    assert "요청을 확인하지 못했습니다" in response.text
