"""Two web processes and two workers on separate queues: nothing lives in one process alone."""

from __future__ import annotations

import json
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from gumcheon_portal.demo.logins import PASSWORD
from gumcheon_portal.embedded import pair
from gumcheon_portal.embedded.children import Child
from tests.setup.conftest import PROJECT, bare, comes_true, command, free_port

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]
CELERY = ["-m", "celery", "-A", "gumcheon_portal.celery", "--quiet"]


class House:
    """Each process on its own, as on a machine of its own: they share addresses and nothing else."""

    def __init__(self, var: Path, logs: Path) -> None:
        self.ports = [free_port(), free_port()]
        env = bare(PORTAL_DATA=str(var), WEB_CONCURRENCY="1")
        self.children = {
            **{f"web {n}": self.web(port) for n, port in enumerate(self.ports)},
            "messages": [*CELERY, "worker", "-Q", "default,delivery", "--pool", "threads", "-c", "2", "-n", "messages"],
            "papers": [*CELERY, "worker", "-Q", "pdf", "--pool", "prefork", "-c", "1", "-n", "papers"],
            "beat": [*CELERY, "beat", "--pidfile=", "--schedule", str(logs / "schedule")],
        }
        self.running = {
            name: Child(
                name,
                ["env", "-i", *(f"{k}={v}" for k, v in env.items()), sys.executable, *words],
                cwd=PROJECT,
                log=logs / f"{name}.log",
            )
            for name, words in self.children.items()
        }

    def web(self, port: int) -> list[str]:
        words = ["-m", "gunicorn", "-c", "python:gumcheon_portal.server", "--graceful-timeout", "1"]
        return [*words, "--bind", f"127.0.0.1:{port}", "gumcheon_portal.wsgi"]

    def health(self, port: int) -> dict:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
                return json.load(answer)
        except OSError:
            return {}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    var = folder / "var"
    with pair.at_hand(var, "test"):
        for words in (
            ["migrate", "-v0"],
            ["createcachetable"],
            ["load_plan"],
            ["load_demo"],
            ["collectstatic", "--noinput", "-v0"],
        ):
            done = command(var, *words)
            assert done.returncode == 0, done.stderr
        house = House(var, folder)
        for child in house.running.values():
            child.start()
        try:
            assert comes_true(lambda: all(house.health(port) for port in house.ports))
            yield house
        finally:
            for child in house.running.values():
                child.ask_to_stop()
            for child in house.running.values():
                child.stop(10)


def test_both_see_every_worker_and_the_beat_at_work(house):
    assert comes_true(lambda: all(house.health(port).get("status") == "ok" for port in house.ports)), [
        house.health(port) for port in house.ports
    ]


def test_who_logs_in_at_one_is_logged_in_at_the_other_even_when_the_first_is_gone(house):
    here, there = (f"http://127.0.0.1:{port}" for port in house.ports)
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{here}/accounts/login/", timeout=20).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page).group(1)
    form = {"csrfmiddlewaretoken": token, "login": "parent@demo.example", "password": PASSWORD}
    request = urllib.request.Request(f"{here}/accounts/login/", urllib.parse.urlencode(form).encode())
    request.add_header("Referer", f"{here}/accounts/login/")
    browser.open(request, timeout=20)

    house.running["web 0"].stop(10)

    mine = browser.open(f"{there}/accounts/me/", timeout=20)
    assert mine.status == 200
    assert mine.url == f"{there}/accounts/me/"
    assert "로그아웃" in mine.read().decode()
