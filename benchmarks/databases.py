"""Databases of the benchmark's own, on the server of ``DATABASE_URL`` or on the embedded one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from gumcheon_portal.embedded import pair
from gumcheon_portal.embedded.places import DataFolder

PREFIX = f"bench_{os.getpid()}_"  # of every database that is made and dropped here; two runs never meet


class Databases:
    """One database server. Every database here is scratch: it is dropped with the server's block."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address)
        self._made: set[str] = set()

    def url(self, name: str) -> str:
        return self._at(f"{PREFIX}{name}")

    def create(self, name: str, *, copy_of: str = "template1") -> str:
        """A fresh database, empty or the copy of one to which nobody is connected; return its URL."""
        self.drop(name)
        template = copy_of if copy_of == "template1" else f"{PREFIX}{copy_of}"
        self._say(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(f"{PREFIX}{name}"), sql.Identifier(template)
            )
        )
        self._made.add(name)
        return self.url(name)

    def drop(self, name: str) -> None:
        self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(f"{PREFIX}{name}")))
        self._made.discard(name)

    def drop_all(self) -> None:
        for name in sorted(self._made):
            self.drop(name)

    @contextmanager
    def cursor(self, name: str) -> Iterator[psycopg2.extensions.cursor]:
        """A cursor in one database, committing each statement by itself."""
        with self._connected(f"{PREFIX}{name}") as cursor:
            yield cursor

    def version(self) -> str:
        with self._connected("postgres") as cursor:
            cursor.execute("SHOW server_version")
            return cursor.fetchone()[0]

    def _at(self, database: str) -> str:
        query = f"?{self._address.query}" if self._address.query else ""
        return f"postgres://{self._address.netloc}/{database}{query}"

    @contextmanager
    def _connected(self, database: str) -> Iterator[psycopg2.extensions.cursor]:
        connection = psycopg2.connect(self._at(database))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def _say(self, statement: sql.Composed) -> None:
        with self._connected("postgres") as cursor:
            cursor.execute(statement)


@contextmanager
def at_hand(folder: Path) -> Iterator[Databases]:
    """The server to use: the given one, or an embedded one in ``folder`` for the length of the block."""
    if address := os.environ.get("DATABASE_URL"):
        databases = Databases(address)
        try:
            yield databases
        finally:
            databases.drop_all()
        return
    with pair.at_hand(folder, "bench"):
        own = DataFolder(folder).database()
        # The socket's folder goes to libpq by the environment: no URL, so no quoting of odd paths.
        os.environ.update(PGHOST=own["HOST"], PGPORT=own["PORT"], PGUSER=own["USER"])
        databases = Databases("postgres:///")
        try:
            yield databases
        finally:
            databases.drop_all()
