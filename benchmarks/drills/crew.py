"""Worker and beat as children, as ``make run`` starts them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gumcheon_portal.embedded.children import Child

STOP_SECONDS = 8


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


def _celery(name: str, argv: list[str], environ: Mapping[str, str], folder: Path) -> Child:
    given = (f"{variable}={value}" for variable, value in environ.items())
    command = ["env", *given, sys.executable, "-m", "celery", "-A", "gumcheon_portal.celery", "--quiet", *argv]
    return Child(name, command, log=folder / "log" / f"{name}.log")
