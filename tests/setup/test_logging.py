"""Lines of JSON that tell what happened and never to whom."""

from __future__ import annotations

import json
import logging

import pytest
from django.db import IntegrityError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve, reverse

from gumcheon_portal.logging import JsonLines, RequestLog


def line(message: str = "event", *args: object, name: str = "counseling", **extra: object) -> dict:
    record = logging.LogRecord(name, logging.INFO, __file__, 1, message, args, extra.pop("exc_info", None))
    vars(record).update(extra)
    return json.loads(JsonLines().format(record))


@pytest.mark.parametrize("number", ["01000001234", "010-0000-1234", "+82 10 0000 1234", "02 0000 1234"])
def test_telephone_numbers_are_masked(number):
    assert line(f"sent to {number} again")["event"] == "sent to [number] again"


def test_e_mail_addresses_are_masked():
    assert line("sent to %s", "가온@demo.example")["event"] == "sent to [e-mail]"


def test_dates_and_small_numbers_stay_readable():
    assert line("2026-11-23: 14 of 120 in 3.25 s")["event"] == "2026-11-23: 14 of 120 in 3.25 s"


def test_korean_and_line_breaks_stay_on_one_line():
    assert line("한 줄\n두 줄")["event"] == "한 줄\n두 줄"
    assert "\n" not in JsonLines().format(logging.makeLogRecord({"name": "x", "msg": "한 줄\n두 줄"}))


def test_an_exception_is_told_by_type_and_place_without_its_words():
    try:
        raise ValueError("김나래 010-0000-1234")
    except ValueError as error:
        told = line(exc_info=(ValueError, error, error.__traceback__))

    assert told["error"]["type"] == "builtins.ValueError"
    assert told["error"]["where"][-1].startswith("tests/setup/test_logging.py:")
    assert "김나래" not in json.dumps(told, ensure_ascii=False)


@pytest.mark.django_db
def test_an_error_of_the_database_names_the_constraint_and_not_the_row():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE secret (name text CONSTRAINT one_of_each UNIQUE)")
        cursor.execute("INSERT INTO secret VALUES ('김나래')")
        with pytest.raises(IntegrityError) as caught:
            cursor.execute("INSERT INTO secret VALUES ('김나래')")

    told = line(exc_info=(IntegrityError, caught.value, caught.value.__traceback__))

    assert told["error"]["constraint"] == "one_of_each"
    assert told["error"]["sqlstate"] == "23505"
    assert "김나래" not in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize("name", ["django.request", "django.security.csrf"])
def test_djangos_own_line_on_a_request_does_not_quote_the_path(name):
    told = line("Forbidden: %s", "/invitations/secret-token/", name=name, status_code=403)

    assert told["event"] == "response 403"


def test_celerys_own_line_on_a_failed_task_does_not_repeat_the_exception():
    error = ValueError("김나래")

    told = line("Task x raised unexpected: %r", error, name="celery.app.trace", exc_info=(ValueError, error, None))

    assert told["event"] == "task failed"
    assert "김나래" not in json.dumps(told, ensure_ascii=False)


def finished(path: str, **headers: str) -> HttpResponse:
    request = RequestFactory().get(path, headers=headers)
    request.resolver_match = resolve(path)
    return RequestLog(lambda _: HttpResponse("ok"))(request)


def test_a_request_is_logged_by_its_route_and_its_id_goes_back(caplog):
    with caplog.at_level(logging.INFO, "gumcheon_portal.access"):
        response = finished(f"{reverse('healthz')}", **{"X-Request-ID": "from-the-proxy-1"})

    record = caplog.records[-1]
    assert response["X-Request-ID"] == "from-the-proxy-1"
    assert (record.method, record.route, record.status) == ("GET", "/healthz", 200)


def test_a_request_id_that_could_break_a_log_is_replaced():
    assert len(finished(reverse("healthz"), **{"X-Request-ID": 'x"}{'})["X-Request-ID"]) == 32
