"""Gunicorn's settings: ``gunicorn -c python:gumcheon_portal.server gumcheon_portal.wsgi``.

``WEB_CONCURRENCY`` sets the number of processes; ``--bind`` and Gunicorn's other options on the
command line win over what stands here.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

from gumcheon_portal.logging import to_stderr

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_CONCURRENCY") or min(2 * (os.cpu_count() or 1) + 1, 9))
worker_class = "gthread"  # a slow visitor occupies a thread, not a process
threads = 4
preload_app = True  # the processes share the memory of what is loaded once
timeout = 30  # seconds without a sign of life
graceful_timeout = 20
keepalive = 15
max_requests = 5000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeat files must not touch a disk
control_socket_disable = True
logconfig_dict = to_stderr(os.environ.get("LOG_LEVEL") or "INFO")


def when_ready(server: Any) -> None:
    """Before the processes fork: what is loaded once is never garbage, so the collector need not walk it for each page."""
    gc.collect()
    gc.freeze()
