"""Child processes that never outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent(signum: int) -> Callable[[], None]:
    """A ``preexec_fn``: have the kernel send ``signum`` to the child when the parent dies, however it dies.

    Linux only; elsewhere the next start finds the stale process and stops it.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork
    parent = os.getpid()

    def preexec() -> None:
        prctl(PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return preexec


def end_with_ours(signum: int) -> None:
    """The same for this process and the one that started it."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signum)


class Child:
    """One server or worker: started in a session of its own, so that Ctrl-C reaches it once."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        stop_signal: int = signal.SIGTERM,
        kill_group: bool = True,
        log: Path | None = None,
        cwd: Path | None = None,
        run_as: tuple[int, int] | None = None,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.stop_signal = stop_signal
        self.kill_group = kill_group
        self.log = log
        self.cwd = cwd
        self.run_as = run_as
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        output: IO[bytes] | None = self.log.open("ab") if self.log else None
        account = {"user": self.run_as[0], "group": self.run_as[1], "extra_groups": []} if self.run_as else {}
        try:
            self.process = subprocess.Popen(
                self.argv,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                preexec_fn=end_with_parent(self.stop_signal),  # noqa: PLW1509 - the parent starts no threads
                **account,
            )
        finally:
            if output:
                output.close()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    def ask_to_stop(self) -> None:
        if self.alive:
            self.process.send_signal(self.stop_signal)

    def wait(self, deadline: float) -> None:
        """Wait until ``deadline`` (``time.monotonic``), then kill what is left."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.05, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.sweep()

    def sweep(self) -> None:
        """Kill what a dead child left behind: its own children would hold its port."""
        if self.kill_group and self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self, seconds: float) -> None:
        self.ask_to_stop()
        self.wait(time.monotonic() + seconds)
