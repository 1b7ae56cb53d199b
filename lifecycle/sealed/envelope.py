"""How bytes are sealed: AES-256-GCM in segments, under a key of their own that is derived for each envelope.

``sealed1:`` + key id + ``:`` + 16 bytes of salt + segments of 1 MiB, each with its tag. The segment key is
HKDF-SHA-256 of the named key, the salt and the place that the envelope is bound to, so an envelope that was
moved to another row opens as little as one that was changed. A segment's nonce is its number and whether it
is the last: none can be dropped, repeated or put elsewhere, and a cut file is noticed.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lifecycle.keyring import BYTES, Key, ring
from lifecycle.locks import Refused

MARK = b"sealed1:"
ID = 8
HEAD = len(MARK) + ID + 1
SALT = 16
TAG = 16
SEGMENT = 1 << 20


class Unreadable(Refused):
    """A sealed thing that this house cannot open, and why, in Korean."""


def key_of(envelope: bytes) -> str:
    """The id of the key that sealed it; empty when it is no envelope."""
    head = bytes(envelope[:HEAD])
    return head[len(MARK) : -1].decode("ascii", "replace") if head.startswith(MARK) and head.endswith(b":") else ""


def seal(data: bytes, *, bound: str) -> bytes:
    """Seal ``data`` for the place called ``bound``; only who names the same place opens it."""
    target = io.BytesIO()
    seal_stream(io.BytesIO(data), target, bound=bound)
    return target.getvalue()


def unseal(envelope: bytes, *, bound: str) -> bytes:
    """What ``seal`` was given.

    Raises:
        Unreadable: no key of that name here, changed, cut, or sealed for another place.
    """
    return b"".join(unseal_stream(io.BytesIO(envelope), bound=bound))


def seal_stream(source: IO[bytes], target: IO[bytes], *, bound: str) -> None:
    """Seal a file of any size with two segments in memory."""
    key, salt = ring().newest, secrets.token_bytes(SALT)
    cipher = _cipher(key, salt, bound)
    target.write(MARK + key.id.encode() + b":" + salt)
    for number, segment, last in _segments(source, SEGMENT):
        target.write(cipher.encrypt(_nonce(number, last=last), segment, None))


def unseal_stream(source: IO[bytes], *, bound: str) -> Iterator[bytes]:
    """The clear segments of a sealed file, each proved before it is given out.

    Raises:
        Unreadable: as ``unseal``; a cut file says so at its end only.
    """
    head = source.read(HEAD)
    salt = source.read(SALT)
    if not (name := key_of(head)) or len(salt) < SALT:
        raise Unreadable("봉인된 자료가 아니거나 앞부분이 손상되어 열 수 없습니다. 전산 담당자에게 알려 주세요.")
    if (key := ring().find(name)) is None:
        raise Unreadable(
            f"이 자료를 봉인한 키({name})가 이 서버에 없어 열 수 없습니다. 키 파일을 되돌려 놓아 달라고 전산 담당자에게 알려 주세요."
        )
    cipher = _cipher(key, salt, bound)
    for number, segment, last in _segments(source, SEGMENT + TAG):
        try:
            clear = cipher.decrypt(_nonce(number, last=last), segment, None)
        except InvalidTag as error:
            raise Unreadable(
                "봉인한 뒤에 바뀌었거나 다른 자리에서 옮겨 온 자료라 열 수 없습니다. 전산 담당자에게 알려 주세요."
            ) from error
        yield clear


def reseal(envelope: bytes, *, bound: str) -> bytes:
    """The same contents under the newest key, opened once more to be sure.

    Raises:
        Unreadable: the old envelope cannot be opened.
    """
    data = unseal(envelope, bound=bound)
    fresh = seal(data, bound=bound)
    if unseal(fresh, bound=bound) != data:
        raise Unreadable("다시 봉인한 자료가 원래와 달라 바꾸지 않았습니다.")
    return fresh


def reseal_stream(source: IO[bytes], target: IO[bytes], *, bound: str) -> None:
    """The same for a file of any size; nothing of it touches a disk in clear.

    Raises:
        Unreadable: the old envelope cannot be opened; ``target`` is then worth nothing.
    """
    seal_stream(_Joined(unseal_stream(source, bound=bound)), target, bound=bound)


class _Joined(io.RawIOBase):
    """Segments as a file to read from."""

    def __init__(self, segments: Iterator[bytes]) -> None:
        self._segments, self._rest = segments, b""

    def read(self, size: int = -1) -> bytes:
        while not self._rest and (following := next(self._segments, None)) is not None:
            self._rest = following
        part, self._rest = self._rest[:size], self._rest[size:]
        return part


def _cipher(key: Key, salt: bytes, bound: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), BYTES, salt, MARK + bound.encode()).derive(key.secret))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


def _segments(source: IO[bytes], size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, bytes, and whether these are the last; nothing at all is one empty last segment."""
    number, segment = 0, _exactly(source, size)
    while True:
        following = _exactly(source, size) if len(segment) == size else b""
        yield number, segment, not following
        if not following:
            return
        number, segment = number + 1, following


def _exactly(source: IO[bytes], size: int) -> bytes:
    """``size`` bytes, fewer only at the end: a file may give less than it was asked for."""
    parts, wanted = [], size
    while wanted and (part := source.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
