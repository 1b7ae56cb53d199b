"""A dead child comes back, ever more slowly; everyone stops when asked."""

from __future__ import annotations

import os
import signal
import sys
import time

from gumcheon_portal.embedded.children import Child
from gumcheon_portal.embedded.supervisor import KEEP_LOG_BYTES, LONGEST_PAUSE, Kept, Supervisor, fresh_log
from tests.setup.conftest import comes_true

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]


def silent(_: str) -> None: ...


def dead(command: list[str]) -> Kept:
    kept = Kept(Child("child", command))
    kept.start()
    kept.child.process.wait()
    return kept


def test_a_dead_child_is_started_again_after_a_pause_that_doubles_up_to_a_limit():
    kept = dead([sys.executable, "-c", "raise SystemExit(3)"])
    pauses = []
    for _ in range(8):
        pauses.append(kept.pause)
        kept.look(silent)
        assert kept.again_at is not None
        kept.again_at = 0  # the pause is over
        kept.look(silent)
        assert kept.again_at is None
        kept.child.process.wait()

    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert max(pauses) == LONGEST_PAUSE


def test_a_child_that_lived_long_comes_back_quickly():
    kept = dead([sys.executable, "-c", ""])
    kept.pause = LONGEST_PAUSE
    kept.started = time.monotonic() - 3600

    kept.look(silent)

    assert kept.again_at - time.monotonic() <= 1


def test_a_death_is_told_with_its_log(tmp_path):
    told = []
    log = fresh_log(tmp_path / "web.log")
    kept = Kept(Child("웹 서버", [sys.executable, "-c", "raise SystemExit(3)"], log=log))
    kept.start()
    kept.child.process.wait()

    kept.look(told.append)

    assert "웹 서버" in told[0]
    assert "3" in told[0]
    assert str(log) in told[0]


def test_stopping_ends_even_a_child_that_does_not_listen(tmp_path):
    deaf = Child("deaf", STUBBORN, log=tmp_path / "log")
    before = signal.getsignal(signal.SIGINT)
    try:
        with Supervisor(silent) as supervisor:
            supervisor.keep(deaf)
            supervisor.keep(Child("sleeper", SLEEP))
            assert comes_true(lambda: "deaf" in (tmp_path / "log").read_text())
    finally:
        signal.signal(signal.SIGINT, before)

    assert deaf.exit_code == -signal.SIGKILL
    assert not any(kept.child.alive for kept in supervisor.workers)


def test_a_child_leaves_the_terminal_to_its_parent():
    child = Child("sleeper", SLEEP)
    child.start()
    try:
        assert os.getsid(child.process.pid) == child.process.pid
    finally:
        child.stop(2)


def test_a_log_that_has_grown_long_is_moved_aside(tmp_path):
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (KEEP_LOG_BYTES + 1))

    fresh_log(log)

    assert log.stat().st_size == 0
    assert (tmp_path / "web.log.1").exists()
    assert log.stat().st_mode & 0o077 == 0
