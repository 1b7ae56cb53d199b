"""Backup and restore of sealed records and uploaded files, drilled with the house's own use cases."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from gumcheon_portal.embedded import pair
from tests.setup.conftest import command
from tests.setup.sealed_house import MEMOS

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]


@pytest.fixture(scope="module")
def var(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("sealed") / "var"


@pytest.fixture(scope="module")
def portal(var) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    with pair.at_hand(var, "test"):
        run = partial(succeeds, var)
        run("migrate", "-v0")
        act(run, "furnish")
        yield run


def succeeds(var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = command(var, *arguments)
    assert done.returncode == 0, done.stderr
    return done


def act(run, what: str) -> str:
    return run("shell", "--no-imports", "-c", f"from tests.setup import sealed_house; sealed_house.{what}()").stdout


def look(run) -> dict[str, list[str]]:
    return json.loads(act(run, "look").splitlines()[-1])


@pytest.fixture(scope="module")
def before(portal) -> dict[str, list[str]]:
    """What everything was when it was backed up."""
    found = look(portal)
    assert found["records"] == list(MEMOS)
    assert len(set(found["files"])) == 2
    return found


@pytest.fixture(scope="module")
def backup(portal, before, var) -> Path:
    file = var.parent / "portal.tar"
    portal("backup", str(file))
    return file


def stored(var: Path) -> set[str]:
    return {path.name for path in (var / "uploads").rglob("*") if path.is_file()}


def test_the_backup_holds_nothing_that_anybody_could_read(backup):
    content = backup.read_bytes()
    assert not any(memo.encode() in content for memo in MEMOS)
    assert content.count(b"sealed1:") >= 2  # the files; the database is packed
    assert b"%PDF" not in content


def test_with_the_same_keys_everything_opens_again(portal, backup, before):
    restored = portal("restore", str(backup))
    assert restored.stderr == ""
    assert look(portal) == before


def test_with_other_keys_a_sentence_says_so_and_nothing_is_lost(portal, backup, before, var):
    ring = var / "keys" / "field_keys"
    kept = ring.read_text(encoding="utf-8")
    ring.unlink()
    try:
        portal("shell", "--no-imports", "-c", "")  # a new house makes keys of its own
        assert ring.read_text(encoding="utf-8") != kept
        restored = portal("restore", str(backup))
        found, files = look(portal), stored(var)
    finally:
        ring.write_text(kept, encoding="utf-8")

    assert f"keys/field_keys:{kept[:8]}" in restored.stderr and "읽을 수 없습니다" in restored.stderr
    for sentence in [*found["records"], *found["files"]]:
        assert f"이 자료를 봉인한 키({kept[:8]})가 이 서버에 없어" in sentence
    assert len(files) == 2
    assert look(portal) == before


def test_what_was_destroyed_since_is_destroyed_again_with_its_file(portal, backup, before, var):
    if look(portal) == before:
        act(portal, "forget")
    kept = stored(var)
    assert len(kept) == 1
    after = look(portal)
    assert after == {"records": before["records"][:1], "files": before["files"][:1]}

    portal("restore", str(backup))
    assert look(portal) == after
    assert stored(var) == kept


def test_control_without_the_list_of_what_was_destroyed_it_comes_back(portal, backup, before, var):
    if look(portal) == before:
        act(portal, "forget")
    if look(portal) == before:
        act(portal, "forget")
    destroyed = var / "destroyed.jsonl"
    kept = destroyed.read_text(encoding="utf-8")
    destroyed.unlink()
    portal("restore", str(backup))
    destroyed.write_text(kept, encoding="utf-8")
    assert look(portal) == before
    assert len(stored(var)) == 2
