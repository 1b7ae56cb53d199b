"""``make run`` for real: what it prints, what it refuses, what it survives and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.setup.conftest import PATIENCE, PROJECT, bare, comes_true, free_port, processes_of

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]
STOPPED_WITHIN = 5  # seconds from Ctrl-C


class Portal:
    """A running portal on a data folder of its own, without the demo centre."""

    def __init__(self, data: Path, *before: str, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.output = data.parent / f"{data.name}.out"
        self.environment = bare(PORTAL_DATA=str(data), PORT=str(self.port), DEMO="false", WEB_CONCURRENCY="2")
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [*before, sys.executable, "manage.py", "run"],
                cwd=PROJECT,
                env=self.environment | environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")  # two processes write, one in mid-letter

    def is_up(self) -> bool:
        """Whether it printed its address, which it does when it answers."""
        return comes_true(lambda: f"{self.address}/" in self.said() or self.process.poll() is not None) and (
            self.process.poll() is None
        )

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.address + path, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def health(self) -> dict:
        with urllib.request.urlopen(f"{self.address}/healthz", timeout=20) as answer:
            return json.load(answer)

    def number_of(self, word: str) -> int:
        """The process started with ``word`` on its command line: of several the first, which is the parent."""
        mine = [pid for pid in processes_of(self.data) if word in command_of(pid)]
        mine += [int(pid) for pid in children_of(self.process.pid) if word in command_of(int(pid))]
        return min(mine, default=0)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOPPED_WITHIN)


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Iterator[Path]:
    """One data folder for all: only the first start has to make tables and static files."""
    folder = tmp_path_factory.mktemp("portal") / "var"
    yield folder
    for pid in processes_of(folder):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def start(data) -> Iterator[Callable[..., Portal]]:
    started: list[Portal] = []

    def one(*before: str, **environment: str) -> Portal:
        started.append(Portal(data, *before, **environment))
        return started[-1]

    yield one
    for portal in started:
        if portal.process.poll() is None:
            portal.process.terminate()
            portal.process.wait(PATIENCE)


@pytest.fixture
def running(start, living: list[Portal] = []) -> Portal:  # noqa: B006 - one portal serves all tests that leave it alive
    if not living or living[-1].process.poll() is not None:
        living.append(start())
        assert living[-1].is_up(), (living[-1].process.poll(), living[-1].said())
    return living[-1]


def test_it_serves_and_prints_where(running, data):
    assert running.get("/") == 200
    assert f"{running.address}/admin/" in running.said()
    assert str(data / "log") in running.said()
    assert "Traceback" not in running.said()


def test_a_second_start_is_refused_and_names_the_first(running, manage):
    second = manage("run", **running.environment | {"PORT": str(free_port())})

    assert second.returncode == 1
    assert str(running.process.pid) in second.stderr
    assert running.address in second.stderr
    assert "Traceback" not in second.stderr
    assert running.get("/") == 200


def test_a_command_uses_the_servers_of_the_running_portal(running, manage, data):
    before = running.number_of("postgres")

    command = manage("migrate", "--check", PORTAL_DATA=str(data))

    assert command.returncode == 0, command.stderr
    assert running.number_of("postgres") == before


def test_a_taken_port_is_a_sentence_with_another_one(manage):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]

        refused = manage("run", PORT=str(port))

    assert refused.returncode == 1
    assert f"PORT={port + 1}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_workers_and_beat_show_life(running):
    assert comes_true(lambda: running.health()["status"] == "ok"), running.health()


@pytest.mark.parametrize("victim", ["gunicorn", "celery", "redis-server", "postgres"])
def test_a_killed_child_comes_back(running, victim):
    killed = running.number_of(victim)

    os.kill(killed, signal.SIGKILL)

    assert comes_true(lambda: running.number_of(victim) not in {0, killed}), running.said()
    assert comes_true(lambda: running.get("/") == 200), running.said()
    assert comes_true(lambda: running.health()["broker"] == "up"), running.said()


def test_healthz_says_503_while_the_database_is_gone_and_recovers(running):
    assert running.get("/healthz") == 200

    os.kill(running.number_of("postgres"), signal.SIGKILL)

    assert running.get("/healthz") == 503
    assert comes_true(lambda: running.get("/healthz") == 200)


def test_a_killed_portal_leaves_nobody_behind_and_starts_again(running, start, data):
    children = [int(pid) for pid in children_of(running.process.pid)]
    assert len(children) >= 5

    running.process.kill()
    running.process.wait()

    assert comes_true(lambda: processes_of(data) == [])
    assert comes_true(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    again = start()
    assert again.is_up(), again.said()
    assert again.get("/") == 200
    assert again.interrupt() == 0
    assert processes_of(data) == []


def test_ctrl_c_during_the_start_stops_it_too(start, data):
    starting = start()
    assert comes_true(lambda: children_of(starting.process.pid))  # it runs, and something is being born

    assert starting.interrupt() == 0

    assert comes_true(lambda: processes_of(data) == [])  # what was being born goes with its parent
    assert "Traceback" not in starting.said()


def test_a_killed_make_does_not_leave_a_portal_behind(start, data):
    make = start("sh", "-c", '"$@"; exit', "make", MAKELEVEL="1")
    assert make.is_up(), make.said()

    make.process.kill()
    make.process.wait()

    assert comes_true(lambda: processes_of(data) == [])
    assert comes_true(lambda: "모두 멈췄습니다" in make.said())
