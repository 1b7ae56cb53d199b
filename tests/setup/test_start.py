"""Every command finds its servers, and a wrong address is a sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.setup.conftest import PATIENCE, PROJECT, bare, free_port, processes_of

PASSWORD = "sesame-sesame"


def test_a_command_brings_its_own_servers_and_takes_them_away_again(manage, scratch):
    run = manage("shell", "-v0", "-c", "from django.db import connection; print(connection.pg_version >= 150000)")

    assert run.stdout.strip() == "True", run.stderr
    assert processes_of(scratch) == []


def test_a_command_that_asks_no_database_starts_none(manage, scratch):
    assert manage("check").returncode == 0
    assert not (scratch / "var" / "postgres").exists()


@pytest.mark.parametrize("command", [["migrate", "--check"], ["run"]])
def test_a_server_that_does_not_answer_is_a_sentence(manage, command):
    run = manage(*command, DATABASE_URL=f"postgres://portal:{PASSWORD}@127.0.0.1:{free_port()}/portal")

    assert run.returncode == 1
    assert "DATABASE_URL" in run.stderr
    assert "Traceback" not in run.stderr
    assert PASSWORD not in run.stderr + run.stdout


def test_a_database_that_does_not_exist_is_a_sentence(manage, scratch):
    from gumcheon_portal.embedded import pair
    from gumcheon_portal.embedded.places import DataFolder

    folder = DataFolder(scratch / "server")
    with pair.at_hand(folder.root, "test"):
        run = manage("migrate", "--check", DATABASE_URL=f"postgres://portal@/nothing?host={folder.sockets}")

    assert run.returncode == 1
    assert "DATABASE_URL" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("address", ["mysql://a:b@c/d", "nonsense", "postgres://"])
def test_an_address_of_another_kind_is_a_sentence(manage, address):
    run = manage("check", DATABASE_URL=address)

    assert run.returncode == 1
    assert "DATABASE_URL" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(("port", "word"), [("eighty", "PORT"), ("70000", "PORT"), ("0", "PORT")])
def test_an_impossible_port_is_a_sentence(manage, port, word):
    run = manage("run", PORT=port)

    assert run.returncode == 1
    assert word in run.stderr
    assert "Traceback" not in run.stderr


def test_a_site_on_the_open_web_must_name_its_key(manage):
    run = manage("check", SITE_URL="https://portal.example", DATABASE_URL="postgres://portal@database.example/portal")

    assert run.returncode == 1
    assert "SECRET_KEY" in run.stderr


@pytest.mark.parametrize(
    "program",
    [["gunicorn", "--check-config", "gumcheon_portal.wsgi"], ["celery", "-A", "gumcheon_portal.celery", "report"]],
)
def test_the_other_ways_in_stop_with_a_sentence_too(program):
    run = subprocess.run(
        [sys.executable, "-m", *program],
        cwd=PROJECT,
        env=bare(DATABASE_URL="mysql://a:b@c/d"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert run.returncode != 0
    assert "DATABASE_URL" in run.stderr
    assert "Traceback" not in run.stderr
