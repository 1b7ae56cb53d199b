"""The keys that seal what nobody else may read: several at once, the newest first.

They come from ``settings.FIELD_KEYS`` (several machines) or from the file ``settings.FIELD_KEYS_FILE``,
one ``id:key`` a line; never from ``SECRET_KEY``, and never inside a backup. The file is looked at again
whenever it changed, so that a running process knows a new key before anything is sealed with it.
This module is read by the settings; it imports nothing that needs them.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

BYTES = 32  # AES-256
LINE = re.compile(r"(?P<id>[0-9a-f]{8}):(?P<key>[A-Za-z0-9_-]{43}=?)")


@dataclass(frozen=True)
class Key:
    """``id`` stands readable before everything that the key sealed."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.id})"

    @property
    def line(self) -> str:
        return f"{self.id}:{base64.urlsafe_b64encode(self.secret).decode().rstrip('=')}"


@dataclass(frozen=True)
class Ring:
    """Every key that opens; the first one seals."""

    keys: tuple[Key, ...]

    @property
    def newest(self) -> Key:
        return self.keys[0]

    def find(self, key_id: str) -> Key | None:
        return next((key for key in self.keys if key.id == key_id), None)

    @property
    def text(self) -> str:
        return "".join(f"{key.line}\n" for key in self.keys)


def fresh() -> Key:
    """A new random key with a new random name."""
    return Key(secrets.token_hex(4), secrets.token_bytes(BYTES))


def parse(text: str) -> Ring:
    """The ring written in ``text``: lines or commas between the keys, the newest first; ``#`` begins a remark.

    Raises:
        ImproperlyConfigured: no key, a malformed one, or two of one name.
    """
    lines = [line.partition("#")[0].strip() for line in text.replace(",", "\n").splitlines()]
    keys = [_key(line, number) for number, line in enumerate(lines, start=1) if line]
    if not keys:
        raise ImproperlyConfigured("봉인 키가 하나도 없습니다. FIELD_KEYS(또는 FIELD_KEYS_FILE)를 확인해 주세요.")
    if len({key.id for key in keys}) < len(keys):
        raise ImproperlyConfigured("봉인 키 두 개의 이름이 같습니다. FIELD_KEYS(또는 FIELD_KEYS_FILE)를 확인해 주세요.")
    return Ring(tuple(keys))


def _key(line: str, number: int) -> Key:
    found = LINE.fullmatch(line)
    try:
        secret = base64.urlsafe_b64decode(found["key"].rstrip("=") + "=") if found else b""
    except binascii.Error:
        secret = b""
    if found is None or len(secret) != BYTES:
        raise ImproperlyConfigured(
            f"봉인 키 {number}번째 줄을 읽을 수 없습니다. ‘이름 8자:키 43자’ 모양이어야 합니다(FIELD_KEYS)."
        )
    return Key(found["id"], secret)


_read: dict[Path, tuple[tuple[int, int, int], Ring]] = {}


def ring() -> Ring:
    """The keys as they are now.

    Raises:
        ImproperlyConfigured: the file is gone or spoilt.
    """
    if settings.FIELD_KEYS:
        return parse(settings.FIELD_KEYS)
    path = Path(settings.FIELD_KEYS_FILE)
    try:
        stat = path.stat()
        stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        known = _read.get(path)
        if known is None or known[0] != stamp:
            _read[path] = known = (stamp, parse(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ImproperlyConfigured(f"봉인 키 파일을 읽을 수 없습니다: {path}") from error
    return known[1]


def replace(changed: Ring) -> None:
    """Write the key file anew, whole or not at all, readable by its owner alone."""
    path = Path(settings.FIELD_KEYS_FILE)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(changed.text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


if __name__ == "__main__":  # ``python -m lifecycle.keyring``: a line for a machine that has none yet
    sys.stdout.write(f"{fresh().line}\n")
