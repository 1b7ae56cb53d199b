"""A small crowd of browsers: a bounded number of threads, keep-alive, loopback only."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

TIMEOUT_SECONDS = 60
CSRF = "0123456789abcdefghijklmnopqrstuv"  # the double-submitted secret: any 32 letters and digits

T = TypeVar("T")
V = TypeVar("V")


@dataclass(frozen=True)
class Answer:
    """What came back; ``status`` 0 means that no answer came."""

    status: int
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def failed(self) -> bool:
        """What a visitor would see as an error page."""
        return self.status == 0 or self.status >= 500

    @property
    def text(self) -> str:
        plain = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return plain.decode("utf-8", "replace")

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


class Browser:
    """One visitor's line to the server; it stays open where the server lets it."""

    def __init__(self, port: int, session: str = "") -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self.become(session)

    def become(self, session: str) -> None:
        """Speak as another visitor on the same line."""
        self._cookies = f"csrftoken={CSRF}" + (f"; sessionid={session}" if session else "")

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, form: Mapping[str, object] | None = None) -> Answer:
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": CSRF, **(form or {})}, doseq=True))

    def close(self) -> None:
        self._line.close()

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = {
            "Cookie": self._cookies,
            "Accept": "text/html,*/*;q=0.8",
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": "ko",
            **({"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}),
        }
        began = time.perf_counter()
        try:
            if self._line.sock is None:
                self._line.connect()
                self._line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._line.request(method, path, body, headers)
            response = self._line.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self._line.close()
            return Answer(0, time.perf_counter() - began)
        took = time.perf_counter() - began
        return Answer(response.status, took, {k.lower(): v for k, v in response.getheaders()}, content)


def crowd(port: int, visits: Iterable[V], act: Callable[[Browser, V], T], *, at_once: int) -> list[T]:
    """Let ``act`` happen for each of ``visits``, ``at_once`` at a time; results in the order of ``visits``."""
    mine = threading.local()
    browsers: list[Browser] = []

    def arrive() -> None:
        mine.browser = Browser(port)
        browsers.append(mine.browser)

    with ThreadPoolExecutor(at_once, initializer=arrive) as visitors:
        results = list(visitors.map(lambda visit: act(mine.browser, visit), visits))
    for browser in browsers:
        browser.close()
    return results


def percentile(seconds: Iterable[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the values lie, in the same unit."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
