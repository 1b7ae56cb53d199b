"""Worker and beat as children, as ``make run`` starts them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.utils import timezone

from gumcheon_portal.embedded.children import Child
from gumcheon_portal.embedded.supervisor import LOOK_SECONDS, Kept
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


class Crew:
    """One worker and the beat, and what their keeper had to say."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._worker = Kept(worker(environ, folder))
        self.kept = [self._worker, Kept(beat(environ, folder))]
        self.said: list[str] = []

    @property
    def worker_pid(self) -> int:
        return self._worker.child.process.pid

    @property
    def worker_lives(self) -> bool:
        return self._worker.child.alive

    def kill_worker(self) -> int:
        """As the kernel would that is out of memory: no farewell; return who it was."""
        pid = self.worker_pid
        self._worker.child.process.kill()
        return pid


@contextmanager
def on_duty(environ: Mapping[str, str], folder: Path) -> Iterator[Crew]:
    """One worker and the beat, kept alive as ``make run`` keeps them.

    A worker that loses its broker with a task in hand may die of it (celery/kombu#582 and its kin), so
    whoever measures an outage needs what production has: somebody who starts it again.
    """
    crew = Crew(environ, folder)
    off_duty = threading.Event()

    def keep() -> None:
        for one in crew.kept:
            one.start()
        while not off_duty.wait(LOOK_SECONDS):
            for one in crew.kept:
                one.look(crew.said.append)

    keeper = threading.Thread(target=keep, name="keeper")
    keeper.start()
    try:
        yield crew
    finally:
        off_duty.set()
        for one in crew.kept:
            one.child.stop(STOP_SECONDS)
        keeper.join()


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
