"""A daemon on the loopback that speaks INSTREAM, well or badly."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.questionnaires.files import EICAR


class Daemon:
    """``manner`` says how it answers: ``well``, ``silent``, ``hangs up``, ``rubbish``."""

    def __init__(self, line: socket.socket, address: str) -> None:
        self.line, self.address, self.manner = line, address, "well"
        self.seen: list[bytes] = []

    def serve(self) -> None:
        while True:
            try:
                guest, _ = self.line.accept()
            except OSError:
                return
            with guest:
                guest.settimeout(3)
                with suppress(OSError):
                    self._answer(guest)

    def _answer(self, guest: socket.socket) -> None:
        with guest.makefile("rb") as said:
            assert said.read(10) == b"zINSTREAM\0"
            if self.manner == "hangs up":
                return
            data = b""
            while size := struct.unpack("!I", said.read(4))[0]:
                data += said.read(size)
            self.seen.append(data)
            if self.manner == "silent":
                said.read(1)  # until the other side gives up
            elif self.manner == "rubbish":
                guest.sendall(b"INSTREAM size limit exceeded. ERROR\0")
            elif EICAR in data:
                guest.sendall(b"stream: Eicar-Test-Signature FOUND\0")
            else:
                guest.sendall(b"stream: OK\0")


@contextmanager
def daemon(path: Path | None = None) -> Iterator[Daemon]:
    """Listen on a port, or at a socket file."""
    line = socket.socket(socket.AF_UNIX if path else socket.AF_INET, socket.SOCK_STREAM)
    line.bind(str(path) if path else ("127.0.0.1", 0))
    line.listen()
    address = f"unix://{path}" if path else f"tcp://127.0.0.1:{line.getsockname()[1]}"
    server = Daemon(line, address)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        line.shutdown(socket.SHUT_RDWR)
        line.close()
        thread.join(timeout=5)
