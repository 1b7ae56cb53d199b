"""Worker and beat as children, as ``make run`` starts them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.utils import timezone

from gumcheon_portal.embedded.children import Child
from gumcheon_portal.models import Heartbeat

STOP_SECONDS = 8
START_SECONDS = 60  # signs of life come every half minute
AT_WORK = ("beat", "delivery")


def worker(environ: Mapping[str, str], folder: Path, *, name: str = "worker") -> Child:
    """A worker for everything that leaves the house; the caller starts it, kills it, starts another."""
    argv = ["worker", "-Q", "default,delivery", "--pool", "threads", "-c", "2", "-n", f"{name}@bench"]
    return _celery(name, argv, environ, folder)


def beat(environ: Mapping[str, str], folder: Path) -> Child:
    schedule = folder / "beat-schedule"
    schedule.unlink(missing_ok=True)
    return _celery("beat", ["beat", "--pidfile=", "--schedule", str(schedule)], environ, folder)


@contextmanager
def on_duty(environ: Mapping[str, str], folder: Path) -> Iterator[None]:
    """One worker and the beat, for the length of the block."""
    crew = [worker(environ, folder), beat(environ, folder)]
    for child in crew:
        child.start()
    try:
        yield
    finally:
        for child in crew:
            child.stop(STOP_SECONDS)


def wait_until_at_work() -> None:
    """Wait for the first sign of life of both, so that their start is not measured with what follows."""
    since = timezone.now()
    deadline = time.monotonic() + START_SECONDS
    while Heartbeat.objects.filter(source__in=AT_WORK, at__gte=since).count() < len(AT_WORK):
        if time.monotonic() > deadline:
            raise SystemExit("Worker and beat do not show signs of life; see worker.log and beat.log.")
        time.sleep(0.2)


def _celery(name: str, argv: list[str], environ: Mapping[str, str], folder: Path) -> Child:
    given = (f"{variable}={value}" for variable, value in environ.items())
    command = ["env", *given, sys.executable, "-m", "celery", "-A", "gumcheon_portal.celery", "--quiet", *argv]
    return Child(name, command, log=folder / "log" / f"{name}.log")
