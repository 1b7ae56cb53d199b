"""The environment, read strictly: an impossible value stops the start-up with a sentence."""

from __future__ import annotations

import os
import sys
from datetime import time
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

YES = frozenset({"true", "on", "ok", "y", "yes", "1"})
NO = frozenset({"false", "off", "n", "no", "0"})
WORDS = {int: "정수", float: "숫자"}


class Environment(environ.Env):
    """django-environ that names the variable at fault, and takes an empty value for an absent one."""

    def __init__(self) -> None:
        super().__init__()
        self.ENVIRON = {name: value for name, value in os.environ.items() if value != ""}

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False
    ) -> Any:
        try:
            return super().get_value(var, cast=cast, default=default, parse_default=parse_default)
        except ValueError as error:
            wanted = WORDS.get(cast, "올바른 값")
            raise ImproperlyConfigured(f"{var}은(는) {wanted}이어야 합니다: {self.ENVIRON.get(var)!r}") from error

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> bool:
        given = self.ENVIRON.get(var)
        if given is not None and given.lower() not in YES | NO:
            raise ImproperlyConfigured(f"{var}은(는) true 또는 false여야 합니다: {given!r}")
        return super().bool(var, default=default)

    def postgres(self, var: str) -> dict[str, Any]:
        """The database address; PostgreSQL only, for its locks and exclusions are the design."""
        given = self.ENVIRON[var]
        scheme, _, rest = given.partition("://")
        if scheme not in {"postgres", "postgresql"} or not rest.strip("/"):
            raise ImproperlyConfigured(
                f"{var}은(는) postgres://사용자:비밀번호@서버:5432/이름 형식이어야 합니다(지금 형식: {scheme.partition(':')[0]!r})."
            )
        return self.db_url(var)

    def redis(self, var: str, default: str) -> str:
        """The broker's address."""
        given = self.ENVIRON.get(var, default)
        if given.partition("://")[0] not in {"redis", "rediss", "unix"}:
            raise ImproperlyConfigured(f"{var}은(는) redis://서버:6379/0 형식이어야 합니다.")
        return given

    def choice(self, var: str, choices: set[str], default: str) -> str:
        """One of a few words."""
        given = self.ENVIRON.get(var, default)
        if given not in choices:
            raise ImproperlyConfigured(f"{var}은(는) {', '.join(sorted(choices))} 가운데 하나여야 합니다: {given!r}")
        return given

    def smtp(self, var: str) -> dict[str, Any]:
        """The mail server's address as Django's settings."""
        scheme = self.ENVIRON[var].partition("://")[0]
        if scheme not in {"smtp", "smtps", "smtp+tls", "smtp+ssl"}:
            raise ImproperlyConfigured(f"{var}은(는) smtp+tls://사용자:비밀번호@서버:587 형식이어야 합니다.")
        return self.email_url(var)

    def hours(self, var: str, default: str) -> tuple[time, time]:
        """A span of the clock, ``21:00-08:00``; it may pass midnight."""
        given = self.ENVIRON.get(var, default)
        try:
            begin, end = (time.fromisoformat(part.strip()) for part in given.split("-"))
        except ValueError as error:
            raise ImproperlyConfigured(f"{var}은(는) 21:00-08:00 형식이어야 합니다: {given!r}") from error
        return begin, end

    def from_file(self, var: str) -> str:
        """A password from the variable itself, or from the file that ``var_FILE`` names."""
        path = self.ENVIRON.get(f"{var}_FILE")
        if not path:
            return self.ENVIRON.get(var, "")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{var}_FILE이 가리키는 파일을 읽을 수 없습니다: {path}") from error

    def need(self, *names: str) -> None:
        """Stop unless every one of ``names`` has a value."""
        if missing := [name for name in names if not self.ENVIRON.get(name)]:
            raise ImproperlyConfigured(f"값이 필요합니다: {', '.join(missing)}")


def enter() -> None:
    """Read the settings, the first thing of every process; stop with a sentence when they are impossible."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gumcheon_portal.settings")
    from django.conf import settings

    try:
        _ = settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(f"설정을 확인해 주세요: {error}")
