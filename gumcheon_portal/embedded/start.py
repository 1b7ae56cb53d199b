"""The way into every command: servers first where the command needs them, sentences for failures."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from gumcheon_portal.embedded import pair
from gumcheon_portal.embedded.sentences import CannotStart

PROJECT = Path(__file__).resolve().parent.parent.parent
# They never ask the database; "run" brings the servers up itself and keeps them alive.
WITHOUT_SERVERS = {
    *("", "help", "version", "--help", "--version", "run"),
    *("check", "collectstatic", "compilemessages", "makemessages", "diffsettings", "findstatic"),
    "verify_draw",
}


def data_folder() -> Path:
    """The data folder as the settings read it; asked before there are settings."""
    return Path(os.environ.get("PORTAL_DATA") or PROJECT / "var").resolve()


def main(argv: Sequence[str]) -> int:
    """Run one command of Django; return the exit code."""
    if importlib.util.find_spec("django") is None:
        print("Django가 없습니다. 먼저 'make setup'을 실행하고 .venv/bin/python으로 실행해 주세요.", file=sys.stderr)
        return 1
    try:
        with servers_for(argv):
            return _django(argv)
    except CannotStart as sentence:
        print(sentence, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def servers_for(argv: Sequence[str]) -> AbstractContextManager[None]:
    """The embedded pair when this command needs a database and no address is set."""
    command = argv[1] if len(argv) > 1 else ""
    wanted = pair.needed() and command not in WITHOUT_SERVERS and "--help" not in argv
    return pair.at_hand(data_folder(), command) if wanted else nullcontext()


def _django(argv: Sequence[str]) -> int:
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        _ = settings.INSTALLED_APPS  # an impossible value speaks up here, before anything has begun
        execute_from_command_line(list(argv))
    except ImproperlyConfigured as error:
        if "--traceback" in argv:
            raise
        print(f"설정을 확인해 주세요: {error}", file=sys.stderr)
        return 1
    except OperationalError as error:
        if "--traceback" in argv or _reached_the_server(error):
            raise
        print(unreachable(error), file=sys.stderr)
        return 1
    return 0


def _reached_the_server(error: Exception) -> bool:
    """Whether the server itself answered: then the error is the command's, not the address's."""
    return getattr(error.__cause__, "pgcode", None) is not None


def unreachable(error: Exception) -> str:
    """The sentence for a database that cannot be reached; libpq never repeats the password."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return (
        "데이터베이스에 연결하지 못했습니다. DATABASE_URL의 주소, 계정, 비밀번호와 서버 상태를 확인해 주세요.\n"
        f"(The database cannot be reached: {reason})"
    )
