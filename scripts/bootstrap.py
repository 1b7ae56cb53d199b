#!/usr/bin/env python3
"""Make ``.venv`` and look after what the system must bring. Standard library only.

Run by the system's Python through ``make``; ``--browser`` also looks after Chromium, which only
the tests need. Asked again with nothing changed it returns within a blink.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "setup-stamp"
LOCK = PROJECT / "requirements-dev.txt"
UV_LOCK = PROJECT / "scripts" / "uv.txt"
OLDEST = (3, 11)
NEWER_NAMES = ("python3.13", "python3.12", "python3.11", "python3.14")

# What WeasyPrint opens when it is imported, and the packages of Debian and Ubuntu that bring it.
PAPER_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
SERVER_PACKAGES = {"PostgreSQL": "postgresql", "Redis": "redis-server"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# pip's settings that decide where packages come from, and uv's names for them.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
}


class Stop(Exception):
    """Set-up cannot go on; the text says what to do."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--browser", action="store_true", help="also look after Chromium, for the tests")
    browser = options.parse_args().browser
    try:
        use_new_enough_python()
        make_venv()
        install_packages()
        bring_system_parts(browser=browser)
    except Stop as sentence:
        print(sentence, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def say(sentence: str) -> None:
    print(sentence, flush=True)


def use_new_enough_python() -> None:
    """Go on under a newer Python when ``python3`` is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_NAMES:
        found = shutil.which(name)
        if found and works([found, "-c", "pass"], quiet=True):  # a version manager's stand-in may lead nowhere
            os.execv(found, [found, *sys.argv])
    raise Stop(
        f"Python 3.11 이상이 필요합니다(지금은 {platform.python_version()}). 설치한 뒤 다시 실행해 주세요.\n"
        "(Python 3.11 or newer is needed.)"
    )


# --- The virtual environment -------------------------------------------------------------------


def fingerprint() -> str:
    """Changes whenever ``.venv`` must be looked at again; a moved folder counts."""
    parts = [str(PROJECT), sys.version, platform.machine(), LOCK.read_text("utf-8"), UV_LOCK.read_text("utf-8")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def up_to_date() -> bool:
    return STAMP.exists() and PYTHON.exists() and STAMP.read_text("utf-8") == fingerprint()


def make_venv() -> None:
    if up_to_date():
        return
    usable = PYTHON.exists() and works(
        [str(PYTHON), "-c", "import sys, pip; sys.exit(sys.prefix != sys.argv[1])", str(VENV)]
    )
    if usable and same_python():
        return
    say("가상환경(.venv)을 만듭니다.")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if not works([sys.executable, "-c", "import ensurepip, venv"]) or not works(command):
        apt_install([f"python3.{sys.version_info.minor}-venv"], "Python의 venv 모듈")
        if not works(command):
            raise Stop(
                "가상환경을 만들지 못했습니다. 위의 오류를 확인해 주세요. (The virtual environment could not be made.)"
            )


def same_python() -> bool:
    shown = subprocess.run(
        [str(PYTHON), "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() == sys.version.strip()


def install_packages() -> None:
    """Install the locked packages by hash: with uv where pip can bring it, else with pip."""
    if up_to_date():
        return
    say("패키지를 설치합니다. 처음에는 1분쯤 걸릴 수 있습니다.")
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    with_pip = [*pip, "install", "--quiet", "--require-hashes", "-r", str(LOCK)]
    has_uv = works(
        [*pip, "install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r", str(UV_LOCK)], quiet=True
    )
    uv = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--python", str(PYTHON), "--compile-bytecode"]
    uv += ["--require-hashes", "-r", str(LOCK)]
    if not (has_uv and works(uv, environment=uv_environment(pip), quiet=True)):
        say("uv를 쓸 수 없어 pip로 설치합니다.")
        if not works(with_pip):
            raise Stop(
                "패키지를 설치하지 못했습니다. 인터넷 연결과 pip 설정(PIP_INDEX_URL 등)을 확인해 주세요.\n"
                "(The packages could not be installed; see the lines above.)"
            )
    STAMP.write_text(fingerprint(), "utf-8")


def uv_environment(pip: list[str]) -> dict[str, str]:
    """pip's index, mirror and certificate settings in uv's words, for uv reads none of pip's.

    A setting that the environment gives uv directly wins. pip looks at all indexes alike, and so
    does uv when told to; the hashes decide what is let in.
    """
    environment = dict(os.environ)
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        key, _, quoted = line.partition("=")
        section, _, name = key.strip().partition(".")
        variable = PIP_TO_UV.get(name)
        if variable and section in {"global", "install", ":env:"}:
            value = " ".join(quoted.strip().strip("'\"").replace("\\n", " ").split())
            environment.setdefault(variable, value)
    return environment


# --- What the system must bring ----------------------------------------------------------------


def bring_system_parts(*, browser: bool) -> None:
    missing: dict[str, str] = {}  # package -> what it is for
    for library, package in PAPER_LIBRARIES.items():
        if not loads(library):
            missing[package] = "PDF를 만드는 Pango"
    for server in missing_servers():
        missing[SERVER_PACKAGES[server]] = server
    if browser and not any(shutil.which(name) for name in BROWSERS):
        missing["chromium"] = "테스트에 쓰는 Chromium"
    if missing:
        apt_install(sorted(missing), ", ".join(sorted(set(missing.values()))))


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_servers() -> list[str]:
    """Which servers have neither an address nor a binary; asked of the portal's own search."""
    code = (
        "from gumcheon_portal.embedded import broker, postgres;"
        "print('' if postgres.binaries() else 'PostgreSQL', '' if broker.binary() else 'Redis')"
    )
    asked = subprocess.run([str(PYTHON), "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    addresses = {"PostgreSQL": "DATABASE_URL", "Redis": "REDIS_URL"}
    return [server for server in asked.stdout.split() if not os.environ.get(addresses[server])]


def apt_install(packages: list[str], what: str) -> None:
    """Install Debian packages when allowed; else stop with the one line that does.

    Raises:
        Stop: not Debian, not allowed, or apt-get failed.
    """
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    line = "sudo " + " ".join(install)
    asked = f"{what}이(가) 필요합니다. 다음 한 줄을 실행한 뒤 다시 시도해 주세요:\n  {line}\n(Missing system packages; run the line above.)"
    if not shutil.which("apt-get"):
        raise Stop(f"{what}이(가) 필요합니다. 이 시스템의 방법으로 다음 패키지를 설치해 주세요: {' '.join(packages)}")
    if os.geteuid() == 0:
        prefix: list[str] = []
    elif shutil.which("sudo") and works(["sudo", "-n", "true"], quiet=True):
        prefix = ["sudo", "-n"]
    else:
        raise Stop(asked)
    say(f"시스템 패키지를 설치합니다({what}): {' '.join(packages)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if works([*prefix, *install], environment=quiet, quiet=True):
        return
    if not (
        works([*prefix, "apt-get", "update", "-qq"], environment=quiet)
        and works([*prefix, *install], environment=quiet)
    ):
        raise Stop(asked)


def works(command: list[str], *, environment: dict[str, str] | None = None, quiet: bool = False) -> bool:
    """Run a command in the project folder; whether it ended well."""
    output = subprocess.DEVNULL if quiet or command[1:2] == ["-c"] else None
    done = subprocess.run(command, cwd=PROJECT, env=environment, stdout=output, stderr=output, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
