"""What set-up does on a bare system; apt-get, sudo and uv are played by scripts, for they would change this one."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.setup.conftest import PATIENCE, PROJECT


@pytest.fixture
def project(tmp_path) -> Path:
    """A clone with nothing made yet."""
    root = tmp_path / "새 복제본"
    (root / "scripts").mkdir(parents=True)
    for name in ("scripts/bootstrap.py", "scripts/uv.txt", "requirements-dev.txt"):
        shutil.copy(PROJECT / name, root / name)
    return root


@pytest.fixture
def bootstrap(project) -> ModuleType:
    """The script as a module, for what needs no fresh process."""
    spec = importlib.util.spec_from_file_location("bootstrap", project / "scripts" / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def system(tmp_path, monkeypatch) -> Path:
    """A folder of commands that stands before all others; ``called`` there lists what was asked of them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def play(system: Path, name: str, *, ends: int) -> None:
    script = system / name
    script.write_text(f'#!/bin/sh\necho "{name} $*" >> "{system}/called"\nexit {ends}\n')
    script.chmod(0o755)


def called(system: Path) -> str:
    return (system / "called").read_text() if (system / "called").exists() else ""


def run(project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(project / "scripts" / "bootstrap.py")],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_without_the_venv_module_the_one_line_is_printed(project, system):
    (system / "ensurepip.py").write_text("raise ImportError('Debian packs it apart')\n")
    play(system, "apt-get", ends=100)
    play(system, "sudo", ends=1)

    stopped = run(project, PYTHONPATH=str(system))

    assert stopped.returncode == 1
    line = f"sudo apt-get install -y --no-install-recommends python3.{sys.version_info.minor}-venv"
    assert line in stopped.stderr
    assert "Traceback" not in stopped.stderr


@pytest.mark.parametrize(("root", "prefix"), [(True, "apt-get install"), (False, "sudo -n apt-get install")])
def test_a_missing_library_is_installed_when_allowed(bootstrap, system, monkeypatch, root, prefix):
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(bootstrap, "PAPER_LIBRARIES", {"libno-such-thing.so.0": "libno-such-thing"})
    monkeypatch.setattr(bootstrap, "missing_servers", list)
    play(system, "apt-get", ends=0)
    play(system, "sudo", ends=0)

    bootstrap.bring_system_parts(browser=False)

    assert f"{prefix} -y --no-install-recommends libno-such-thing" in called(system)


def test_a_missing_library_is_a_sentence_with_the_one_line_when_not_allowed(bootstrap, system, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "PAPER_LIBRARIES", {"libno-such-thing.so.0": "libno-such-thing"})
    monkeypatch.setattr(bootstrap, "missing_servers", lambda: ["Redis"])
    play(system, "apt-get", ends=0)
    play(system, "sudo", ends=1)

    with pytest.raises(bootstrap.Stop) as stopped:
        bootstrap.bring_system_parts(browser=False)

    assert "  sudo apt-get install -y --no-install-recommends libno-such-thing redis-server\n" in str(stopped.value)
    assert "Pango" in str(stopped.value)
    assert "install" not in called(system).replace("sudo -n true", "")


def test_only_the_tests_ask_for_a_browser(bootstrap, system, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "BROWSERS", ("no-such-browser",))
    monkeypatch.setattr(bootstrap, "missing_servers", list)
    play(system, "apt-get", ends=0)
    play(system, "sudo", ends=1)

    bootstrap.bring_system_parts(browser=False)
    with pytest.raises(bootstrap.Stop, match="chromium"):
        bootstrap.bring_system_parts(browser=True)


def test_an_address_spares_the_server(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(bootstrap, "PROJECT", PROJECT)
    monkeypatch.setenv("DATABASE_URL", "postgres://portal@database.example/portal")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example/0")

    assert bootstrap.missing_servers() == []


def test_pips_own_settings_reach_uv(bootstrap, tmp_path, monkeypatch):
    (tmp_path / "pip.conf").write_text("[global]\nextra-index-url =\n    file:///a/simple\n    file:///b/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX", raising=False)

    environment = bootstrap.uv_environment([sys.executable, "-m", "pip"])

    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert environment["UV_INDEX"].split()[-2:] == ["file:///a/simple", "file:///b/simple"]


def test_what_uv_is_told_itself_wins(bootstrap, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://other.example/simple")

    assert bootstrap.uv_environment([sys.executable, "-m", "pip"])["UV_DEFAULT_INDEX"] == "https://other.example/simple"


def test_a_changed_lock_or_a_moved_folder_is_looked_at_again(bootstrap, project, monkeypatch):
    before = bootstrap.fingerprint()

    with (project / "requirements-dev.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    changed = bootstrap.fingerprint()
    monkeypatch.setattr(bootstrap, "PROJECT", project.parent / "moved")

    assert len({before, changed, bootstrap.fingerprint()}) == 3
