"""``make dev``: start the workers afresh when the code has changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.conf import settings

LOOK_SECONDS = 1.0


class Changes:
    """Looks at the project's own Python files once a second."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.changed = changed
        self.known = self._newest()
        self.looked = time.monotonic()

    def look(self) -> None:
        if time.monotonic() - self.looked < LOOK_SECONDS:
            return
        self.looked = time.monotonic()
        newest = self._newest()
        if newest != self.known:
            self.known = newest
            self.changed()

    def _newest(self) -> tuple[int, float]:
        """How many files there are and when the newest was written; either changes with an edit."""
        ours = [Path(config.path) for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR]
        times = [path.stat().st_mtime for folder in ours for path in folder.rglob("*.py")]
        return len(times), max(times, default=0.0)
