"""Gunicorn with production's settings: started, asked how much processor time it used, stopped."""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gumcheon_portal.embedded.children import Child

WORKERS = 3  # a race needs at least three processes to show itself
START_SECONDS = 40
STOP_SECONDS = 5
TICKS = os.sysconf("SC_CLK_TCK")


class Web:
    """One site under gunicorn with ``WORKERS`` processes."""

    def __init__(self, application: str, child: Child, port: int) -> None:
        self.application = application
        self.port = port
        self._child = child

    def cpu_seconds(self) -> float:
        """Processor time of the web processes so far, those that ended included; to 10 ms a process."""
        master = self._child.process.pid
        own, ended = _times(master)
        return own + ended + sum(_times(pid)[0] for pid in _children(master))

    def answers(self) -> bool:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("GET", "/")
            return line.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()


@contextmanager
def served(application: str, environ: Mapping[str, str], log: Path) -> Iterator[Web]:
    """Serve a WSGI application on a free port for the length of the block."""
    port = _free_port()
    log.unlink(missing_ok=True)
    argv = [
        *("env", *(f"{name}={value}" for name, value in environ.items())),
        *(sys.executable, "-m", "gunicorn", "-c", "python:gumcheon_portal.server"),
        *("--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS), application),
    ]
    child = Child(application, argv, log=log)
    child.start()
    web = Web(application, child, port)
    try:
        _wait_for(web, child, log)
        yield web
    finally:
        child.stop(STOP_SECONDS)


def _wait_for(web: Web, child: Child, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not web.answers():
        if not child.alive or time.monotonic() > deadline:
            last_words = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
            raise SystemExit(f"{web.application} does not answer:\n{last_words}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _times(pid: int) -> tuple[float, float]:
    """Seconds that the process used, and that its children used which it has buried (proc(5))."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system, children_user, children_system = (int(ticks) for ticks in after_name[11:15])
    return (user + system) / TICKS, (children_user + children_system) / TICKS
