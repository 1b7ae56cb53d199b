from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from gumcheon_portal.keys import SHORTEST, field_keys, secret
from lifecycle import keyring

GOOD = "k" * SHORTEST


def test_the_environment_comes_first(tmp_path):
    assert secret("KEY", folder=tmp_path, may_make=False, environ={"KEY": GOOD}) == GOOD


def test_a_file_may_carry_it(tmp_path):
    (tmp_path / "given").write_text(f"{GOOD}\n")

    assert secret("KEY", folder=tmp_path, may_make=False, environ={"KEY_FILE": str(tmp_path / "given")}) == GOOD


def test_a_made_key_stays_the_same_and_is_readable_by_its_owner_alone(tmp_path):
    first = secret("KEY", folder=tmp_path / "keys", may_make=True, environ={})

    assert secret("KEY", folder=tmp_path / "keys", may_make=True, environ={}) == first
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["key"]
    assert (tmp_path / "keys" / "key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("environ", "words"),
    [({}, "KEY"), ({"KEY": "k" * (SHORTEST - 1)}, "50"), ({"KEY_FILE": "no/such/file"}, "KEY_FILE")],
)
def test_missing_short_and_unreadable_keys_stop_with_a_sentence(tmp_path, environ, words):
    with pytest.raises(ImproperlyConfigured, match=words):
        secret("KEY", folder=tmp_path, may_make=False, environ=environ)


def test_field_keys_are_made_once_and_never_from_another_secret(tmp_path):
    text, path = field_keys(folder=tmp_path / "keys", may_make=True, environ={})
    first = path.read_text()

    assert (text, path) == ("", tmp_path / "keys" / "field_keys")
    assert len(keyring.parse(first).keys) == 1
    assert field_keys(folder=tmp_path / "keys", may_make=True, environ={})[1].read_text() == first
    assert path.stat().st_mode & 0o077 == 0


def test_several_machines_are_given_their_field_keys(tmp_path):
    line = keyring.fresh().line

    assert field_keys(folder=tmp_path, may_make=False, environ={"FIELD_KEYS": line})[0] == line
    (tmp_path / "given").write_text(line)
    assert field_keys(folder=tmp_path, may_make=False, environ={"FIELD_KEYS_FILE": str(tmp_path / "given")}) == (
        "",
        tmp_path / "given",
    )


@pytest.mark.parametrize("environ", [{}, {"FIELD_KEYS": "short"}, {"FIELD_KEYS_FILE": "no/such/file"}])
def test_missing_and_spoilt_field_keys_stop_with_a_sentence(tmp_path, environ):
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        field_keys(folder=tmp_path, may_make=False, environ=environ)
