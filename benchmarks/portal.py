"""The portal on databases of its own: staged once, then copied for every part that would change it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

from benchmarks.broker import Broker
from benchmarks.databases import Databases
from benchmarks.web import Web, served

STAGED = "portal"
APPLICATION = "gumcheon_portal.wsgi"
FLOOR = "benchmarks.floor.wsgi"
CEILING_WON = 10**9  # the sandbox counts what its messages would cost


class Portal:
    """The portal as production runs it, and the floor beside it."""

    def __init__(self, databases: Databases, broker: Broker, folder: Path) -> None:
        self.databases = databases
        self.broker = broker
        self.folder = folder
        self.environ = {
            "PORTAL_DATA": str(folder),
            "SECRET_KEY": secrets.token_urlsafe(64),
            "REDIS_URL": broker.url,
            "DEBUG": "false",
            "DEMO": "false",
            "LOG_LEVEL": "INFO",  # a line for every request, as in production
            "SMS_CEILING_WON_A_MONTH": str(CEILING_WON),
        }

    def stage(self) -> None:
        """Make the staged database with the plan's data, and set Django up on it, in this process."""
        os.environ.update(self.environ, DATABASE_URL=self.databases.create(STAGED), LOG_LEVEL="WARNING")
        os.environ["DJANGO_SETTINGS_MODULE"] = "gumcheon_portal.settings"
        django.setup()
        for command in ("migrate", "createcachetable", "sync_roles", "load_plan"):
            call_command(command, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)

    @contextmanager
    def copy(self, name: str) -> Iterator[str]:
        """A copy of the staged database; Django in this process speaks to it for the length of the block."""
        connection.close()
        url = self.databases.create(name, copy_of=STAGED)
        staged = connection.settings_dict["NAME"]
        connection.settings_dict["NAME"] = url.partition("?")[0].rpartition("/")[2]
        try:
            yield url
        finally:
            connection.close()
            connection.settings_dict["NAME"] = staged
            self.databases.drop(name)

    @contextmanager
    def served(self, url: str, application: str = APPLICATION) -> Iterator[Web]:
        """The portal under gunicorn on the database at ``url``."""
        environ = {**self.environ, "DATABASE_URL": url}
        with served(application, environ, self.folder / "log" / "web.log") as web:
            yield web

    @contextmanager
    def floor(self) -> Iterator[tuple[Web, list[str]]]:
        """The floor under the same gunicorn, with the session keys of its visitors."""
        environ = {**self.environ, "DATABASE_URL": self.databases.create("floor")}
        staged = subprocess.run(
            [sys.executable, "-m", "django", "stage", "--settings", "benchmarks.floor.settings"],
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        with served(FLOOR, environ, self.folder / "log" / "floor.log") as web:
            yield web, staged.stdout.split()
