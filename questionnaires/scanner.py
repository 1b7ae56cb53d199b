"""A virus scanner beside the house: ClamAV's INSTREAM over TCP or a local socket (man clamd)."""

from __future__ import annotations

import socket
import struct
from urllib.parse import urlsplit

from django.conf import settings

CHUNK = 64 * 1024
SECONDS = 20  # for each step; a large file is scanned within it
MOST_ANSWER = 4_096


class Down(Exception):
    """The scanner gave no verdict; the file waits."""


def is_set() -> bool:
    return bool(settings.CLAMAV_ADDRESS)


def infection(data: bytes) -> str:
    """The name of what is in ``data``; empty when the scanner finds nothing.

    Raises:
        Down: no scanner there, no answer in time, a broken line, or an answer that is no verdict.
    """
    try:
        with _connected() as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(data), CHUNK):
                chunk = data[start : start + CHUNK]
                line.sendall(struct.pack("!I", len(chunk)) + chunk)
            line.sendall(struct.pack("!I", 0))
            answer = _answer(line)
    except OSError as error:
        raise Down(str(error)) from error
    if answer == "stream: OK":
        return ""
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise Down(answer or "no answer")


def _connected() -> socket.socket:
    address = urlsplit(settings.CLAMAV_ADDRESS)
    if address.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(SECONDS)
        try:
            line.connect(address.path)
        except OSError:
            line.close()
            raise
        return line
    return socket.create_connection((address.hostname, address.port or 3310), timeout=SECONDS)


def _answer(line: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < MOST_ANSWER and (more := line.recv(MOST_ANSWER)):
        said += more
    return said.rstrip(b"\0\n").decode("utf-8", "replace")
