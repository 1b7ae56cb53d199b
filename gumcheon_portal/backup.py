"""One file with the database and the uploads, and the way back.

Never inside: the keys (``PORTAL_DATA/keys``) and the ledger of what was destroyed. The keys lie
apart so that a lost backup opens nothing; the ledger so that a restore can destroy again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings
from django.db import connection
from django.utils import timezone

from gumcheon_portal.embedded import postgres
from lifecycle import keyring

FORMAT = 1
DUMP = "database.dump"
UPLOADS = "uploads"
MANIFEST = "manifest.json"
NAME = re.compile(r"portal-\d{8}-\d{6}\.tar")
# Who is logged in and what may be computed again is not worth keeping, and sessions are personal data.
LEFT_OUT = ("django_session", "django_cache", "gumcheon_portal_heartbeat")


class Unusable(Exception):
    """The backup cannot be made or brought back; the text says why."""


@dataclass(frozen=True)
class Contents:
    """What a backup says about itself."""

    made_at: datetime
    files: int
    keys: dict[str, str]  # name of each key -> its fingerprint


# --- Making one --------------------------------------------------------------------------------


def make(target: Path) -> Contents:
    """Write a backup, whole or not at all, readable by its owner alone.

    Raises:
        Unusable: the tools are missing, or the database refused.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.making")
    dump = draft.with_suffix(".dump")
    try:
        _dump(dump)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            contents = _pack(file, dump)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        dump.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
    return contents


def prune(folder: Path, now: datetime) -> list[Path]:
    """Remove our own backups that are older than ``BACKUP_DAYS``: they hold what has been destroyed since."""
    oldest = (now - timedelta(days=settings.BACKUP_DAYS)).timestamp()
    gone = [path for path in folder.glob("portal-*.tar") if NAME.fullmatch(path.name) and path.stat().st_mtime < oldest]
    for path in gone:
        path.unlink()
    return gone


def _dump(target: Path) -> None:
    options = [f"--exclude-table-data=public.{table}" for table in LEFT_OUT]
    command = [_tool("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--schema=public", *options]
    with os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        done = subprocess.run(command, env=_address(), stdout=file, stderr=subprocess.PIPE, text=False, check=False)
    if done.returncode:
        raise Unusable(f"데이터베이스를 내보내지 못했습니다: {_last_line(done.stderr)}")


def _pack(file: IO[bytes], dump: Path) -> Contents:
    made_at = timezone.now()
    sums: dict[str, str] = {}
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, path in ((DUMP, dump), *_uploads()):
            sums[name] = _sum(path)
            archive.add(path, arcname=name, recursive=False, filter=_anonymous)
        contents = Contents(made_at, len(sums) - 1, _fingerprints())
        told = {
            "format": FORMAT,
            "made_at": made_at.isoformat(),
            "postgresql": connection.pg_version,
            "keys": contents.keys,
            "sha256": sums,
        }
        manifest = json.dumps(told, ensure_ascii=False, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode, entry.mtime = len(manifest), 0o600, int(made_at.timestamp())
        archive.addfile(entry, io.BytesIO(manifest))
    return contents


def _uploads() -> Iterator[tuple[str, Path]]:
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"{UPLOADS}/{path.relative_to(root).as_posix()}", path


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


# --- Bringing one back -------------------------------------------------------------------------


def restore(source: Path) -> Contents:
    """Put database and uploads back as they were; on any failure everything stays as it is.

    The caller migrates afterwards and has the retention destroy again what was destroyed since.

    Raises:
        Unusable: not one of our backups, damaged, or somebody still works with the database.
    """
    _nobody_else()
    waiting = Path(settings.MEDIA_ROOT).with_name(f"{UPLOADS}.restoring")
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir(mode=0o700, parents=True)
    try:
        contents = _unpack(source, waiting)
        _load(waiting / DUMP)
        _swap(waiting / UPLOADS, Path(settings.MEDIA_ROOT))
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return contents


def missing_keys(contents: Contents) -> list[str]:
    """The keys of the backup's time that are not (or not the same) here: what they sealed stays unreadable."""
    here = _fingerprints()
    return sorted(name for name, fingerprint in contents.keys.items() if here.get(name) != fingerprint)


def _nobody_else() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        others = cursor.fetchone()[0]
    if others:
        raise Unusable(f"다른 프로세스 {others}개가 데이터베이스를 쓰고 있습니다. 포털을 멈춘 뒤 다시 실행해 주세요.")
    connection.close()


def _unpack(source: Path, folder: Path) -> Contents:
    """Write every member to ``folder`` and compare it with the manifest."""
    sums: dict[str, str] = {}
    told: dict[str, object] = {}
    try:
        with tarfile.open(source, mode="r:") as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                if content is None or not _expected(entry.name):
                    raise Unusable(f"이 포털의 백업 파일이 아닙니다: {source}")
                if entry.name == MANIFEST:
                    told = json.load(content)
                    continue
                target = folder / entry.name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file, 1 << 20)
                sums[entry.name] = _sum(target)
    except (OSError, tarfile.TarError, ValueError) as error:
        raise Unusable(f"백업 파일을 읽을 수 없습니다: {source}") from error
    if told.get("format") != FORMAT:
        raise Unusable(f"이 포털의 백업 파일이 아닙니다: {source}")
    if told.get("sha256") != sums:
        raise Unusable(f"백업 파일이 손상되었습니다(내용이 목록과 다릅니다): {source}")
    (folder / UPLOADS).mkdir(exist_ok=True)
    return Contents(datetime.fromisoformat(str(told["made_at"])), len(sums) - 1, dict(told.get("keys", {})))


def _expected(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name in {DUMP, MANIFEST} or (len(parts) > 1 and parts[0] == UPLOADS and ".." not in parts)


def _load(dump: Path) -> None:
    """Replace the schema in one transaction, so that a failure leaves the old one."""
    script = dump.with_suffix(".sql")
    with script.open("wb") as file:
        file.write(b"DROP SCHEMA IF EXISTS public CASCADE;\n")
        file.flush()  # the next process writes behind it
        done = subprocess.run(
            [_tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)],
            stdout=file,
            stderr=subprocess.PIPE,
            check=False,
        )
    if done.returncode:
        raise Unusable(f"백업의 데이터베이스 부분을 읽을 수 없습니다: {_last_line(done.stderr)}")
    command = [_tool("psql"), "-X", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={script}"]
    done = subprocess.run(command, env=_address(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise Unusable(f"데이터베이스에 되살리지 못해 그대로 두었습니다: {_last_line(done.stderr)}")


def _swap(new: Path, place: Path) -> None:
    old = new.with_name("replaced")
    if place.exists():
        place.rename(old)
    new.rename(place)


# --- Tools and keys ----------------------------------------------------------------------------


def _tool(name: str) -> str:
    """The PostgreSQL tool that fits the server: its own version, else the nearest newer one."""
    server = connection.pg_version // 10_000
    places = [folder for folder in (postgres.binaries(), *Path("/usr/lib/postgresql").glob("*/bin")) if folder]
    candidates = {str(folder / name) for folder in places if (folder / name).exists()}
    candidates |= {found for found in (shutil.which(name),) if found}
    fitting = sorted((version, path) for path in candidates if (version := _version(path)) >= server)
    if not fitting:
        raise Unusable(f"PostgreSQL {server} 이상의 {name} 명령이 필요합니다: apt-get install postgresql-client")
    return fitting[0][1]


def _version(path: str) -> int:
    shown = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)", shown.stdout)
    return int(found.group(1)) if found else 0


def _address() -> dict[str, str]:
    """The database's address in libpq's variables: a password on a command line is seen by all."""
    database = connection.settings_dict
    options = database.get("OPTIONS", {})
    given = {
        "PGHOST": database["HOST"],
        "PGPORT": database["PORT"],
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGDATABASE": database["NAME"],
        "PGSSLMODE": options.get("sslmode"),
        "PGSSLROOTCERT": options.get("sslrootcert"),
        "PGCONNECT_TIMEOUT": options.get("connect_timeout"),
    }
    return {**os.environ, **{name: str(value) for name, value in given.items() if value}}


def _fingerprints() -> dict[str, str]:
    folder = Path(settings.PORTAL_DATA) / "keys"
    files = sorted(path for path in folder.glob("*") if path.is_file())
    secrets = {path.name: path.read_bytes() for path in files if not path.name.startswith("field_keys")}
    # Field keys come and go one by one, wherever they lie: what counts is whether the ring here has them.
    secrets |= {f"field_keys:{key.id}": key.secret for key in keyring.ring().keys}
    return {name: hashlib.sha256(b"fingerprint:" + secret).hexdigest()[:12] for name, secret in secrets.items()}


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "알 수 없는 오류"
