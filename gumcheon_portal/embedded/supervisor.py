"""Keeps the servers and workers of one machine alive under one foreground process."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from gumcheon_portal.embedded.children import Child

LOOK_SECONDS = 0.2
FIRST_PAUSE = 1.0  # seconds before a dead child is started again; doubles with every death
LONGEST_PAUSE = 30.0
WELL_AFTER = 60.0  # a child that lived this long starts with a short pause again
STOP_SECONDS = 2.5  # for what serves and works; with the next, well within five
SERVER_SECONDS = 1.2
KEEP_LOG_BYTES = 10_000_000


class Stopped(Exception):
    """Someone asked the portal to stop."""


class Kept:
    """A child that is started again when it dies, ever more slowly while it keeps dying."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.pause = FIRST_PAUSE
        self.started = 0.0
        self.again_at: float | None = None

    def start(self) -> None:
        self.again_at = None
        self.started = time.monotonic()
        self.child.start()

    def look(self, say: Callable[[str], None]) -> None:
        now = time.monotonic()
        if self.again_at is not None:
            if now >= self.again_at:
                say(f"다시 시작합니다: {self.child.name}")
                self.start()
        elif not self.child.alive:
            self.child.sweep()
            if now - self.started >= WELL_AFTER:
                self.pause = FIRST_PAUSE
            say(
                f"멈췄습니다: {self.child.name}(종료 값 {self.child.exit_code}). "
                f"{self.pause:.0f}초 뒤에 다시 시작합니다." + (f" 기록: {self.child.log}" if self.child.log else "")
            )
            self.again_at = now + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)


class Supervisor:
    """Starts in order, watches, and stops in reverse order within five seconds."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.servers: list[Kept] = []
        self.workers: list[Kept] = []
        self._stopping = False

    def __enter__(self) -> Supervisor:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._asked_to_stop)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self.say("멈추는 중입니다.")
        for group, seconds in ((self.workers, STOP_SECONDS), (self.servers, SERVER_SECONDS)):
            deadline = time.monotonic() + seconds
            for kept in reversed(group):
                kept.child.ask_to_stop()
            for kept in reversed(group):
                kept.child.wait(deadline)
        self.say("모두 멈췄습니다.")

    def _asked_to_stop(self, signum: int, frame: FrameType | None) -> None:
        if not self._stopping:  # a second Ctrl-C must not break off the stopping
            self._stopping = True
            raise Stopped

    def keep(self, child: Child) -> None:
        """Start a worker (web, tasks, beat) and keep it alive from now on."""
        kept = Kept(child)
        self.workers.append(kept)
        kept.start()

    def adopt(self, child: Child) -> None:
        """Keep a server alive that has been started already."""
        kept = Kept(child)
        kept.started = time.monotonic()
        self.servers.append(kept)

    def watch(self, every_turn: Callable[[], None] = lambda: None) -> None:
        """Look after everyone until asked to stop."""
        while True:
            for kept in (*self.servers, *self.workers):
                kept.look(self.say)
            every_turn()
            time.sleep(LOOK_SECONDS)

    def restart(self) -> None:
        """Have every worker start afresh, as after a change of the code."""
        for kept in self.workers:
            kept.child.stop(STOP_SECONDS)
            kept.start()


def fresh_log(path: Path) -> Path:
    """The log of a child, moved aside when it has grown long."""
    if path.exists() and path.stat().st_size > KEEP_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    path.touch(mode=0o600)
    return path
