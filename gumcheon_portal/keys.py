"""Secrets: from the environment, from a file that it names, or made once for a one-machine portal."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from lifecycle import keyring

SHORTEST = 50  # characters; what `check --deploy` asks of SECRET_KEY


def secret(name: str, *, folder: Path, may_make: bool, environ: Mapping[str, str] = os.environ) -> str:
    """Read ``name`` from the environment, else from the file in ``name_FILE``, else make it once.

    Args:
        folder: where a made secret is kept, one file each, readable by its owner alone.
        may_make: only one machine may make its own; several must be given the same.

    Raises:
        ImproperlyConfigured: missing, unreadable or too short.
    """
    value = environ.get(name, "")
    path = environ.get(f"{name}_FILE", "")
    if not value and path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE이 가리키는 파일을 읽을 수 없습니다: {path}") from error
    if not value and may_make:
        value = _made_once(folder / name.lower(), secrets.token_urlsafe(64))
    if not value:
        raise ImproperlyConfigured(
            f"{name}(또는 {name}_FILE)이 필요합니다. 무작위 문자열을 만들어 모든 서버에 같은 값을 지정해 주세요."
        )
    if len(value) < SHORTEST:
        raise ImproperlyConfigured(f"{name}은(는) 무작위 {SHORTEST}자 이상이어야 합니다(지금 {len(value)}자).")
    return value


def field_keys(*, folder: Path, may_make: bool, environ: Mapping[str, str] = os.environ) -> tuple[str, Path]:
    """The keys that seal fields and files: as given by ``FIELD_KEYS``, and the file where they lie otherwise.

    Args:
        folder: where the file is made on the first start, unless ``FIELD_KEYS_FILE`` names another.
        may_make: as for ``secret``.

    Raises:
        ImproperlyConfigured: missing, unreadable or malformed.
    """
    path = Path(environ.get("FIELD_KEYS_FILE", "") or folder / "field_keys")
    if given := environ.get("FIELD_KEYS", ""):
        keyring.parse(given)
        return given, path
    if may_make:
        _made_once(path, keyring.fresh().line)
    try:
        keyring.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ImproperlyConfigured(
            f"FIELD_KEYS(또는 FIELD_KEYS_FILE)가 필요합니다. 읽을 수 없는 파일: {path}."
            " 새 키는 ‘python -m lifecycle.keyring’으로 만듭니다(docs/operations.md)."
        ) from error
    return "", path


def _made_once(path: Path, text: str) -> str:
    """The secret in ``path``; two processes that make it at once end with the same one."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(text, encoding="utf-8")
            try:
                os.link(draft, path)  # fails when another process was first
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"비밀 키 파일을 만들거나 읽을 수 없습니다: {path}") from error
