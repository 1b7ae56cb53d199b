"""Tell the workers that something is due. Only a hint: the row is the truth, and the sweep finds it anyway.

A thread of its own passes the hint on, so that no page waits for Redis, not even when it hangs. After
a failure nobody asks for half a minute. Hints that come while one is being passed on, or in the moment
after it, become one: a delivery run takes whatever is due, and passing a hint on costs as much processor
time as half a booking.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from kombu.exceptions import OperationalError

from notices.tasks import deliver

REST_SECONDS = 30
PAUSE_SECONDS = 0.2

logger = logging.getLogger(__name__)


class Messenger:
    """One thread per process that walks to the broker, and rests when it does not answer."""

    def __init__(self, rest_seconds: float = REST_SECONDS) -> None:
        self.rest_seconds = rest_seconds
        os.register_at_fork(after_in_child=self._reset)  # threads do not survive a fork
        self._reset()

    def _reset(self) -> None:
        self._rests_until = 0.0
        self._asked = threading.Event()
        self._door = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def rests(self) -> bool:
        """Whether the broker was found to be gone a moment ago."""
        return time.monotonic() < self._rests_until

    def wake(self) -> None:
        """Rest no longer."""
        self._rests_until = 0.0

    def send(self) -> None:
        """Have a hint passed on; returns at once."""
        if self.rests:
            return
        self._asked.set()
        with self._door:
            if self._thread is None:
                self._thread = threading.Thread(target=self._walk, name="notices-hint", daemon=True)
                self._thread.start()

    def _walk(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            if not self.rests:
                self._knock()
            time.sleep(PAUSE_SECONDS)

    def _knock(self) -> None:
        try:
            deliver.apply_async(queue="delivery", retry=False, ignore_result=True)
        except (OperationalError, OSError) as error:
            self._rests_until = time.monotonic() + self.rest_seconds
            found = {"error": type(error).__name__}
            logger.warning("The broker does not answer; notices wait for the sweep.", extra=found)


messenger = Messenger()


def hint() -> None:
    """Ask for a delivery run now."""
    messenger.send()
