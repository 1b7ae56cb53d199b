from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 180  # seconds until a process that never gets there fails the test


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder that other accounts may pass through; whatever still runs in it is killed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="portal-"))
    folder.chmod(0o755)
    yield folder
    for pid in processes_of(folder):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def manage(scratch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command of ``manage.py`` to its end on a data folder of its own, with no server address set."""
    return partial(command, scratch / "var")


def command(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=bare(PORTAL_DATA=str(data)) | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def bare(**environment: str) -> dict[str, str]:
    """This environment without any address or switch of the portal."""
    addresses = {"DATABASE_URL", "REDIS_URL", "PORTAL_DATA", "SITE_URL", "PORT"}
    ours = addresses | {"DEMO", "DEBUG", "SECRET_KEY", "FIELD_KEYS", "FIELD_KEYS_FILE", "MAKELEVEL"}
    return {name: value for name, value in os.environ.items() if name not in ours} | environment


def processes_of(folder: Path) -> list[int]:
    """The processes that name ``folder`` on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(folder) in words:
                found.append(int(entry.name))
    return found


def comes_true(question: Callable[[], object]) -> bool:
    """Whether it becomes true while anyone would still wait."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
