"""What was destroyed, kept outside the database and its backups, so that a restore can repeat it.

One JSON line per destruction: kind, when, and each row's number with its moment of birth; nothing
that tells who it was. Lines older than the oldest backup (``settings.BACKUP_DAYS``) are dropped.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import IO

from django.conf import settings

from lifecycle.retention import Kind


def moment(born: datetime | date | None) -> str:
    """A moment of birth as the ledger writes it, whatever zone it came in."""
    if isinstance(born, datetime):
        born = born.astimezone(UTC)
    return born.isoformat() if born else ""


@contextmanager
def _opened(mode: str) -> Iterator[IO[str]]:
    """The ledger, for this process alone."""
    path = settings.DESTRUCTION_LEDGER
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open(mode, encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def write(kind: Kind, rows: Iterable[tuple[int, datetime]], *, at: datetime) -> None:
    """Say that ``rows`` (number, birth) of ``kind`` go; on disk before the database commits.

    If the commit fails after this, the line names rows that were agreed to go and will go next time.
    """
    line = {"at": at.isoformat(), "kind": kind.code, "rows": {str(pk): moment(born) for pk, born in rows}}
    if line["rows"]:
        with _opened("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


def read() -> dict[str, dict[int, str]]:
    """For each kind, the destroyed rows: number → moment of birth."""
    destroyed: dict[str, dict[int, str]] = {}
    if settings.DESTRUCTION_LEDGER.exists():
        with _opened("r") as file:
            for line in map(json.loads, file):
                destroyed.setdefault(line["kind"], {}).update({int(pk): born for pk, born in line["rows"].items()})
    return destroyed


def forget_old(now: datetime) -> None:
    """Drop the lines that no backup can bring back any more."""
    if not settings.DESTRUCTION_LEDGER.exists():
        return
    oldest = now - timedelta(days=settings.BACKUP_DAYS)
    with _opened("r+") as file:
        lines = file.readlines()
        kept = [line for line in lines if datetime.fromisoformat(json.loads(line)["at"]) >= oldest]
        if len(kept) < len(lines):
            file.seek(0)
            file.writelines(kept)
            file.truncate()
