"""Pin the newest versions that ``requirements*.in`` allow, with hashes and without an index address."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OPTIONS = [
    *("--universal", "--python-version", "3.11"),  # one lock for 3.11 and newer, any machine
    *("--generate-hashes", "--upgrade", "--quiet"),
    *("--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command", "make lock"),
]
SOURCES = ["requirements.in", "requirements-dev.in", "scripts/uv.in"]  # in this order: the second is bound by the first


def main() -> int:
    for source in SOURCES:
        command = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "compile",
            source,
            *OPTIONS,
            "-o",
            str(Path(source).with_suffix(".txt")),
        ]
        if failed := subprocess.run(command, cwd=PROJECT, check=False).returncode:
            return failed
    return 0


if __name__ == "__main__":
    sys.exit(main())
