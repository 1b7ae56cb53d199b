"""Who runs the embedded pair: the first that needs it owns it, the others use it.

The owner holds ``run/owner.lock``; everyone else who uses the servers holds ``run/users.lock``
shared, and the owner stops the servers only when nobody does. Locks vanish with their process,
so nothing here can go stale.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gumcheon_portal.embedded import sentences
from gumcheon_portal.embedded.broker import Redis
from gumcheon_portal.embedded.children import Child
from gumcheon_portal.embedded.places import DataFolder
from gumcheon_portal.embedded.postgres import Postgres

START_SECONDS = 60  # crash recovery after a kill may replay a while
STOP_SECONDS = 4
PORTAL = "run"  # the command that serves the portal


def needed(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this process depends on the embedded database: no address is set."""
    return not environ.get("DATABASE_URL")


class Ownership:
    """The lock that makes one process the owner of a data folder, with a note on who it is."""

    def __init__(self, folder: DataFolder) -> None:
        self.path = folder.run / "owner.lock"
        self._file: IO[str] | None = None

    def take(self, what: str) -> bool:
        """Become the owner; ``False`` when another process is."""
        file = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        self.note(what=what)
        return True

    def note(self, **facts: object) -> None:
        """Tell those who ask: ``what`` runs, whether it is ``ready``, at which ``address``."""
        self._file.truncate(0)
        self._file.write(json.dumps({"pid": os.getpid(), **facts}))
        self._file.flush()

    def read(self) -> dict[str, object]:
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def release(self) -> None:
        if self._file:
            self._file.truncate(0)
            self._file.close()
            self._file = None


def servers(folder: DataFolder, *, database: bool = True, broker: bool = True) -> list[Postgres | Redis]:
    """The servers that have no address of their own, in the order in which they start."""
    folder.prepare_sockets()
    return [*([Postgres(folder)] if database else []), *([Redis(folder)] if broker else [])]


def start(running: list[Postgres | Redis], children: list[Child]) -> None:
    """Start all at once and wait until each answers; ``children`` is filled as they start.

    Raises:
        CannotStart: one ended, or did not answer in time; its last words are in the sentence.
    """
    for server in running:
        server.prepare()
        server.log.touch(mode=0o600)
        child = server.child()
        children.append(child)  # before it starts, so that an interruption cannot lose it
        child.start()
    deadline = time.monotonic() + START_SECONDS
    for server, child in zip(running, children, strict=True):
        while not server.ready():
            if not child.alive or time.monotonic() > deadline:
                raise sentences.did_not_start(server.name, str(server.log), last_lines(server.log))
            time.sleep(0.03)


def hold(folder: DataFolder) -> Ownership:
    """Own the data folder for a portal that is about to serve; wait for a command that still works.

    Raises:
        CannotStart: a portal already serves from this folder, or a command does not end.
    """
    ownership = Ownership(folder)
    deadline = time.monotonic() + START_SECONDS
    while not ownership.take(PORTAL):
        facts = ownership.read()
        if facts.get("what") == PORTAL:
            raise sentences.already_running(int(facts["pid"]), str(facts.get("address", "")))
        if time.monotonic() > deadline:
            raise sentences.busy(int(facts.get("pid", 0)), str(facts.get("what", "?")))
        time.sleep(0.05)
    return ownership


def stop(children: list[Child], seconds: float = STOP_SECONDS) -> None:
    """Stop all at once; kill what has not gone in time."""
    deadline = time.monotonic() + seconds
    for child in reversed(children):
        child.ask_to_stop()
    for child in reversed(children):
        child.wait(deadline)


def last_lines(log: Path, count: int = 5) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return ""


@contextmanager
def at_hand(root: Path, what: str) -> Iterator[None]:
    """Have the pair running for the length of the block: use the one that runs, or start one.

    Raises:
        CannotStart: with the sentence to print.
    """
    folder = DataFolder(root)
    folder.prepare()
    ownership = Ownership(folder)
    with (folder.run / "users.lock").open("a+") as users:
        if _join_or_own(ownership, users, what):
            yield
            return
        children: list[Child] = []
        try:
            start(servers(folder), children)
            ownership.note(what=what, ready=True)
            yield
        finally:
            _wait_for_users(users)
            stop(children)
            ownership.release()


def _join_or_own(ownership: Ownership, users: IO[str], what: str) -> bool:
    """``True`` when another process runs the pair and it is ready, ``False`` when it is ours to start."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        if ownership.take(what):
            return False
        if _lock(users, fcntl.LOCK_SH):
            facts = ownership.read()
            if facts.get("ready"):
                return True
            fcntl.flock(users, fcntl.LOCK_UN)
        if time.monotonic() > deadline:
            facts = ownership.read()
            raise sentences.busy(int(facts.get("pid", 0)), str(facts.get("what", "?")))
        time.sleep(0.05)


def _wait_for_users(users: IO[str]) -> None:
    if not _lock(users, fcntl.LOCK_EX):
        print("다른 명령이 내장 서버를 쓰고 있어, 그 명령이 끝나면 멈춥니다.", file=sys.stderr)
        fcntl.flock(users, fcntl.LOCK_EX)


def _lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
