"""Backup and restore, drilled on a data folder of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg2
import pytest

from gumcheon_portal.embedded import pair
from gumcheon_portal.embedded.places import DataFolder
from tests.setup.conftest import command

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("backup")


@pytest.fixture(scope="module")
def portal(scratch) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """A portal with tables, one row and one upload; its servers run for all tests, as for one command."""
    var = scratch / "var"
    with pair.at_hand(var, "test"):
        done = command(var, "migrate", "-v0")
        assert done.returncode == 0, done.stderr
        ask(var, "INSERT INTO auth_group (name) VALUES ('처음') RETURNING name")
        uploads = var / "uploads" / "깊은 곳"
        uploads.mkdir(parents=True)
        (uploads / "서류.txt").write_text("처음", encoding="utf-8")
        yield partial(command, var)


@pytest.fixture(scope="module")
def backup(portal, scratch) -> Path:
    file = scratch / "portal.tar"
    made = portal("backup", str(file))
    assert made.returncode == 0, made.stderr
    return file


def connected(var: Path) -> psycopg2.extensions.connection:
    return psycopg2.connect(host=str(DataFolder(var).sockets), user="portal", dbname="portal")


def ask(var: Path, sql: str) -> list[str]:
    line = connected(var)
    try:
        with line, line.cursor() as cursor:
            cursor.execute(sql)
            return [row[0] for row in cursor.fetchall()]
    finally:
        line.close()


def groups(scratch: Path) -> set[str]:
    return set(ask(scratch / "var", "SELECT name FROM auth_group"))


def change_everything(scratch: Path) -> None:
    sql = "DELETE FROM auth_group WHERE name IN ('처음', '나중'); INSERT INTO auth_group (name) VALUES ('나중') RETURNING name"
    ask(scratch / "var", sql)
    (scratch / "var" / "uploads" / "깊은 곳" / "서류.txt").write_text("나중", encoding="utf-8")
    (scratch / "var" / "uploads" / "새것.txt").write_text("나중", encoding="utf-8")


def files(scratch) -> dict[str, str]:
    root = scratch / "var" / "uploads"
    return {str(p.relative_to(root)): p.read_text(encoding="utf-8") for p in root.rglob("*") if p.is_file()}


def test_what_was_backed_up_comes_back_and_what_came_later_is_gone(portal, backup, scratch):
    change_everything(scratch)

    restored = portal("restore", str(backup))

    assert restored.returncode == 0, restored.stderr
    assert "처음" in groups(scratch)
    assert "나중" not in groups(scratch)
    assert files(scratch) == {"깊은 곳/서류.txt": "처음"}
    assert portal("migrate", "--check").returncode == 0
    left = {path.name for path in (scratch / "var").iterdir()}
    assert not {name for name in left if "restoring" in name or "replaced" in name}


def test_a_backup_holds_no_keys_no_sessions_and_is_nobody_elses_to_read(backup, scratch):
    with tarfile.open(backup) as archive:
        names = archive.getnames()
        manifest = json.load(archive.extractfile("manifest.json"))
    keys = [path.read_bytes() for path in (scratch / "var" / "keys").iterdir()]

    assert names == ["database.dump", "uploads/깊은 곳/서류.txt", "manifest.json"]
    assert keys
    assert not any(key in backup.read_bytes() for key in keys)
    assert set(manifest["keys"]) == {"secret_key", f"field_keys:{field_key(scratch)}"}
    assert backup.stat().st_mode & 0o077 == 0


def test_a_key_that_is_not_the_same_any_more_is_told(portal, backup, scratch):
    key = scratch / "var" / "keys" / "secret_key"
    kept = key.read_text(encoding="utf-8")
    key.write_text("k" * 64, encoding="utf-8")

    restored = portal("restore", str(backup))

    key.write_text(kept, encoding="utf-8")

    assert restored.returncode == 0
    assert "keys/secret_key" in restored.stderr


def field_key(scratch: Path) -> str:
    return (scratch / "var" / "keys" / "field_keys").read_text(encoding="utf-8")[:8]


def test_field_keys_may_grow_and_one_that_is_missing_is_named(portal, backup, scratch):
    ring = scratch / "var" / "keys" / "field_keys"
    kept, name = ring.read_text(encoding="utf-8"), field_key(scratch)

    rotated = portal("rotate_field_keys")
    assert rotated.returncode == 0, rotated.stderr
    grown = portal("restore", str(backup))
    assert (grown.returncode, grown.stderr) == (0, "")
    retired = portal("rotate_field_keys", "--retire")
    assert retired.returncode == 0, retired.stderr
    told = portal("restore", str(backup))

    (ring.with_name("field_keys.retired")).unlink()
    ring.write_text(kept, encoding="utf-8")
    assert told.returncode == 0
    assert f"keys/field_keys:{name}" in told.stderr


def rewritten(backup: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    """The same archive with one thing changed in it."""
    target = backup.with_name("changed.tar")
    with tarfile.open(backup) as source, tarfile.open(target, "w") as archive:
        for entry in source:
            name, content = change(entry.name, source.extractfile(entry).read())
            changed = tarfile.TarInfo(name)
            changed.size = len(content)
            archive.addfile(changed, io.BytesIO(content))
    return target


CHANGES = {
    "a damaged upload": lambda name, content: (name, b"x" if name.startswith("uploads") else content),
    "a damaged dump": lambda name, content: (name, content[:-9] if name == "database.dump" else content),
    "a way out of the folder": lambda name, content: (name.replace("깊은 곳", "../.."), content),
    "no manifest": lambda name, content: (name.replace("manifest.json", "uploads/manifest.json"), content),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_backup_is_refused_and_everything_stays(portal, backup, scratch, change):
    broken = rewritten(backup, CHANGES[change])
    change_everything(scratch)
    before = files(scratch)

    refused = portal("restore", str(broken))

    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert groups(scratch) >= {"나중"}
    assert files(scratch) == before


def test_a_file_that_is_no_archive_and_one_that_is_not_there_are_sentences(portal, scratch):
    (scratch / "letter.txt").write_text("안녕하세요", encoding="utf-8")

    for arguments in (["restore", str(scratch / "letter.txt")], ["restore", str(scratch / "nothing")], ["restore"]):
        refused = portal(*arguments)
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
        assert "백업" in refused.stderr


def test_nothing_is_restored_under_somebody_who_works(portal, backup, scratch):
    worker = connected(scratch / "var")
    try:
        refused = portal("restore", str(backup))
    finally:
        worker.close()

    assert refused.returncode == 1
    assert "멈춘 뒤" in refused.stderr


def test_a_backup_past_its_time_is_removed_and_nothing_else(portal, scratch):
    folder = scratch / "var" / "backups"
    folder.mkdir(exist_ok=True)
    for name in ("portal-20250101-000000.tar", "portal-letter.tar"):
        (folder / name).write_bytes(b"")
        os.utime(folder / name, (0, 0))

    made = portal("backup")

    assert made.returncode == 0, made.stderr
    names = {path.name for path in folder.iterdir()}
    assert "portal-20250101-000000.tar" not in names
    assert "portal-letter.tar" in names
    assert len(names) == 2


def test_a_backup_without_its_database_leaves_no_file_behind(portal, scratch):
    failed = portal("backup", str(scratch / "other.tar"), DATABASE_URL="postgres://portal@127.0.0.1:1/portal")

    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert list(scratch.glob("other*")) == []
