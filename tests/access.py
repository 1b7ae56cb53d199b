"""Reads the URL tree and says what each kind of visitor gets; ``test_access.py`` compares it with the table.

One letter per answer, so that a row fits a line:

    .  200                      L  sent to log in          2  sent to prove a second factor
    R  redirected elsewhere     -  404, it does not exist   x  403
    P  405, only for POST       G  410, it is over
    !  anything else
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

TABLE = Path(__file__).with_name("access_table.txt")
VISITORS = (
    "anonymous", "stranger", "parent", "student", "teacher", "partner", "counselor", "programs",
    "budget", "newsletter", "approver", "privacy", "auditor", "admin",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One URL pattern: its full name, and the route as it stands in ``urls.py``."""

    name: str
    route: str

    @property
    def key(self) -> str:
        return self.name or self.route


def places(resolver: URLResolver | None = None, prefix: str = "", space: str = "") -> Iterator[Place]:
    """Every URL pattern of the site, the admin's included."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from places(entry, route, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            yield Place(f"{space}{entry.name}" if entry.name else "", route)


def argument_names(route: str) -> list[str]:
    """The names of the arguments in a route: ``["pk"]`` of ``bookings/<int:pk>/``."""
    return re.findall(r"<(?:\w+:)?(\w+)>", route) + re.findall(r"\(\?P<(\w+)>", route)


def admin_model(name: str) -> type[models.Model] | None:
    """The model that an admin URL name such as ``admin:accounts_student_change`` speaks of."""
    if match := re.fullmatch(r"admin:([a-z]+)_([a-z]+)_[a-z_]+", name):
        try:
            return apps.get_model(*match.groups())
        except LookupError:
            return None
    return None


def answer(client: Client, url: str) -> str:
    """One letter for what ``GET url`` gives this client."""
    response = client.get(url)
    if response.status_code in {301, 302, 303}:
        target = response.headers["Location"]
        if "/login" in target:
            return "L"
        return "2" if "/2fa/" in target or "/mfa/" in target else "R"
    return {200: ".", 404: "-", 403: "x", 405: "P", 410: "G"}.get(response.status_code, "!")


def url_of(place: Place, kwargs: dict[str, Any]) -> str:
    """Where this place is; the admin's own patterns take their arguments by position."""
    try:
        return reverse(place.name, kwargs=kwargs)
    except NoReverseMatch:
        return reverse(place.name, args=list(kwargs.values()))


def read_table() -> dict[str, str]:
    rows = (
        line.split() for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    )
    return {key: letters for letters, key in rows}


def write_table(rows: dict[str, str]) -> None:
    """Write the table anew; a person reads the difference before it is committed."""
    heads = [f"# {'|' * n}{'+'}-- {visitor}".replace("+", "\\") for n, visitor in enumerate(VISITORS)]
    lines = [
        "# What each visitor gets for GET, one letter each (the letters are explained in access.py).",
        "#",
        *heads,
        "#",
    ]
    lines += [f"{letters}  {key}" for key, letters in sorted(rows.items(), key=lambda row: row[0])]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
