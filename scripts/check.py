"""``make check``: everything that can be said about the code without running the tests."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MANAGE = [PYTHON, "manage.py"]

# A real site as its operator would set it up: what `check --deploy` is asked about.
DEPLOYED = {
    "SITE_URL": "https://portal.example",
    "DATABASE_URL": "postgres://portal@127.0.0.1:9/portal",  # nobody is asked
    "REDIS_URL": "redis://broker.example/0",
    "DEBUG": "false",
}
CHECKS: list[tuple[str, list[str], dict[str, str]]] = [
    ("코드 규칙", [PYTHON, "-m", "ruff", "check", "--quiet", "."], {}),
    ("코드 모양", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."], {}),
    ("빠진 마이그레이션", [*MANAGE, "makemigrations", "--check", "--dry-run"], DEPLOYED),
    ("배포 점검", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], DEPLOYED),
    ("번역 문구", [PYTHON, "scripts/translations.py"], {}),
    ("설치된 패키지", [PYTHON, "-m", "pip", "--disable-pip-version-check", "check"], {}),
]


def main() -> int:
    failed = []
    for name, command, extra in CHECKS:
        keys = {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "FIELD_KEYS": f"{secrets.token_hex(4)}:{secrets.token_urlsafe(32)}",
        }
        environment = {**os.environ, **extra, **(keys if extra else {})}
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        print(f"{'통과' if done.returncode == 0 else '실패'}  {name}", flush=True)
        if done.returncode:
            print(done.stdout, flush=True)
            failed.append(name)
    print(f"{len(CHECKS) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
