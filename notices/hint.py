"""Tell the workers that something is due. Only a hint: the row is the truth, and the sweep finds it anyway.

Redis may be gone. Then the first hint waits half a second at most, and for the next half minute
nobody asks again, so that pages answer as fast as before.
"""

from __future__ import annotations

import logging
import threading
import time

from kombu.exceptions import OperationalError

from notices.tasks import deliver

REST_SECONDS = 30

logger = logging.getLogger(__name__)


class Breaker:
    """Open after a failure, closed again after a rest; one for each process."""

    def __init__(self, rest_seconds: float) -> None:
        self.rest_seconds = rest_seconds
        self._open_until = 0.0
        self._lock = threading.Lock()

    def trip(self) -> None:
        with self._lock:
            self._open_until = time.monotonic() + self.rest_seconds

    def reset(self) -> None:
        with self._lock:
            self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._open_until


breaker = Breaker(REST_SECONDS)


def hint() -> None:
    """Ask for a delivery run now, unless the broker was just found to be gone."""
    if breaker.is_open:
        return
    try:
        deliver.apply_async(queue="delivery", retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        breaker.trip()
        logger.warning("The broker does not answer; notices wait for the sweep.", extra={"error": type(error).__name__})
