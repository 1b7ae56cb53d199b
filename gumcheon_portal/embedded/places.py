"""Where the embedded servers keep what under the data folder, and the addresses that follow."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gumcheon_portal.embedded import sentences

SOCKET_PATH_BYTES = 107  # sun_path holds 108 bytes with its closing zero (unix(7))
POSTGRES_PORT = 5432  # only part of the socket's name: nothing listens on TCP
LONGEST_SOCKET = f".s.PGSQL.{POSTGRES_PORT}"
OWNER = "portal"  # database role and database


@dataclass(frozen=True)
class DataFolder:
    """The data folder of one portal (``PORTAL_DATA``), by default ``var/`` in the project."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        return self.root / "redis"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def run(self) -> Path:
        """What lives only as long as a process does: locks, heartbeats, the beat's schedule."""
        return self.root / "run"

    @property
    def sockets(self) -> Path:
        """The folder of both sockets, or a short one elsewhere when the path to it is too long.

        Then it is a link to the short one, so that a shell with another ``TMPDIR`` finds the same.
        """
        place = self.root / "sockets"
        if _fits(place):
            return place
        if place.is_symlink():
            return Path(os.readlink(place))
        owner = self.root.stat().st_uid if self.root.exists() else os.getuid()
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"portal-{owner}-{name}"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self.redis_socket))}?db=0"

    def prepare(self) -> None:
        """Make every folder, readable by its owner alone.

        Raises:
            CannotStart: the folder is not ours, or no path is short enough for a socket.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for folder in (self.redis, self.logs, self.run):
                folder.mkdir(mode=0o700, exist_ok=True)
                if folder.stat().st_uid != os.getuid() or not os.access(folder, os.W_OK | os.X_OK):
                    raise sentences.not_ours(str(self.root))
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise sentences.not_ours(str(self.root)) from error

    def prepare_sockets(self) -> None:
        """Make the socket folder; the owner of the servers does this, under its lock."""
        link = self.root / "sockets"
        if link.is_symlink():
            link.unlink()  # an earlier run's; its folder may be gone
        sockets = self.sockets
        if not _fits(sockets):
            raise sentences.socket_path_too_long(str(sockets / LONGEST_SOCKET))
        sockets.mkdir(mode=0o700, exist_ok=True)
        found = sockets.lstat()
        ours = {os.getuid(), self.postgres.stat().st_uid if self.postgres.exists() else os.getuid()}
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
            raise sentences.socket_folder_taken(str(sockets))
        sockets.chmod(0o700)
        if sockets != link:
            link.symlink_to(sockets)

    def database(self) -> dict[str, str]:
        """Django's settings for the embedded database; no URL, so no quoting of odd paths."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": OWNER,
            "USER": OWNER,
            "PASSWORD": "",
            "HOST": str(self.sockets),
            "PORT": str(POSTGRES_PORT),
        }


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / LONGEST_SOCKET)) <= SOCKET_PATH_BYTES
