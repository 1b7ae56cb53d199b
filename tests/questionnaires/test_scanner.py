"""ClamAV's INSTREAM against a daemon on the loopback: a verdict, or none, but never a wrong one."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from questionnaires import scanner
from tests.questionnaires import clamd
from tests.questionnaires.files import EICAR


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(scanner, "SECONDS", 0.5)


@pytest.fixture
def daemon(settings):
    with clamd.daemon() as server:
        settings.CLAMAV_ADDRESS = server.address
        yield server


def test_a_clean_file_is_clean_and_arrives_whole(daemon):
    data = bytes(range(256)) * 1000
    assert scanner.infection(data) == ""
    assert daemon.seen == [data]


def test_eicar_is_found_by_name(daemon):
    assert scanner.infection(b"before" + EICAR) == "Eicar-Test-Signature"


@pytest.mark.parametrize("manner", ["silent", "hangs up", "rubbish"])
def test_without_a_verdict_it_counts_as_down(daemon, manner):
    daemon.manner = manner
    with pytest.raises(scanner.Down):
        scanner.infection(b"x" * 1_000_000)


def test_nobody_there(settings):
    settings.CLAMAV_ADDRESS = "tcp://127.0.0.1:1"
    with pytest.raises(scanner.Down):
        scanner.infection(b"x")
    settings.CLAMAV_ADDRESS = "unix:///nowhere/clamd.ctl"
    with pytest.raises(scanner.Down):
        scanner.infection(b"x")


def test_it_speaks_over_a_socket_file_too(settings):
    with tempfile.TemporaryDirectory() as folder, clamd.daemon(Path(folder) / "ctl") as server:
        settings.CLAMAV_ADDRESS = server.address
        assert scanner.infection(EICAR) == "Eicar-Test-Signature"
