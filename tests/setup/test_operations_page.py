"""``docs/operations.md`` names every variable that the settings read."""

from __future__ import annotations

import ast
import re

from tests.setup.conftest import PROJECT


def variables_read() -> set[str]:
    """The first argument of every ``env.…("NAME")`` and ``secret("NAME")`` in the settings."""
    found = set()
    for node in ast.walk(ast.parse((PROJECT / "gumcheon_portal" / "settings.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            value = node.args[0].value
            if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z_]+", value):
                reads = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "env"
                if reads or getattr(node.func, "id", "") == "secret":
                    found.add(value)
    return found


def test_every_variable_is_on_the_page():
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")

    assert variables_read()
    assert sorted(name for name in variables_read() if f"`{name}`" not in page) == []
