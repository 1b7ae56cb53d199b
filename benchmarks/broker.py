"""A Redis of the benchmark's own, which may be killed."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from gumcheon_portal.embedded import broker
from gumcheon_portal.embedded.children import Child
from gumcheon_portal.embedded.places import DataFolder

START_SECONDS = 10


class Broker:
    """Redis as a child on a socket in ``folder``; it keeps its queue across a kill, as production's does."""

    def __init__(self, folder: Path) -> None:
        place = DataFolder(folder)
        place.prepare()
        place.prepare_sockets()
        self.url = place.redis_url
        self._redis = broker.Redis(place)
        self._child: Child | None = None

    def start(self) -> None:
        self._redis.prepare()
        self._child = self._redis.child()
        self._child.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._redis.ready():
            if time.monotonic() > deadline:
                raise SystemExit("The benchmark's Redis did not start.")
            time.sleep(0.05)

    def kill(self) -> None:
        """As a crash would: no farewell, nothing answers any more."""
        self._child.process.send_signal(signal.SIGKILL)
        self._child.process.wait()

    def stop(self) -> None:
        if self._child:
            self._child.stop(3)
