from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from gumcheon_portal.keys import SHORTEST, secret

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
