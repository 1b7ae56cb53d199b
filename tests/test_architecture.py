"""Imports point down: the layers of docs/architecture.md, read from the syntax trees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)

# Top to bottom; an app imports only from lower rows, never from its own row.
LAYERS = [
    {"reports"},
    {"surveys", "budget"},
    {"counseling"},
    {"programs", "newsletter"},
    {"intake"},
    {"questionnaires"},
    {"accounts"},
    {"notices", "documents"},
    {"centre"},
    {"lifecycle"},
    {"tables", "krds"},
]
DEPTH = {app: depth for depth, apps in enumerate(LAYERS) for app in apps}
# The composition root imports anyone and is imported by nobody.
ROOT_APP = "gumcheon_portal"
# What an app keeps to itself: other rooms enter through its models and use cases.
PRIVATE = {"forms", "views", "tasks", "urls", "admin"}
DUMPING_GROUNDS = {"utils", "util", "helpers", "helper", "common", "services", "selectors", "signals", "misc"}

HOUSE = [ROOT / app for app in sorted(DEPTH) if (ROOT / app).is_dir()]


def modules_in(tree: ast.AST) -> list[str]:
    """Every module that a syntax tree imports, local imports included."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the layer"
            found += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def wrong_imports(app: str, source: str) -> list[str]:
    """The imports in ``source``, a module of ``app``, that break the layers."""
    wrong = []
    for module in modules_in(ast.parse(source)):
        other, *rest = module.split(".")
        if other == ROOT_APP:
            wrong.append(f"{module}: nobody imports the composition root")
        if other == app or other not in DEPTH:
            continue
        if DEPTH[other] <= DEPTH[app]:
            wrong.append(f"{module}: not below {app}")
        elif rest and rest[0] in PRIVATE and not (other in {"lifecycle", "krds"} and rest[0] == "admin"):
            wrong.append(f"{module}: private to {other}")
    return wrong


@pytest.mark.parametrize("folder", HOUSE, ids=lambda folder: folder.name)
def test_imports_point_downwards_only(folder):
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in folder.rglob("*.py")
        if "migrations" not in path.parts and (found := wrong_imports(folder.name, path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("app", "source"),
    [
        ("notices", "from accounts.models import User"),
        ("programs", "import newsletter.models"),
        ("counseling", "def late():\n    from budget import ledger"),
        ("accounts", "from gumcheon_portal import demo"),
        ("counseling", "from accounts.forms import StudentForm"),
        ("counseling", "from accounts import views"),
    ],
)
def test_a_wrong_import_is_seen(app, source):
    """The control: a check that cannot fail proves nothing."""
    assert wrong_imports(app, source)


def test_there_are_no_dumping_grounds_and_no_signal_receivers():
    paths = [path for folder in [*HOUSE, ROOT / ROOT_APP] for path in folder.rglob("*.py")]
    assert [p for p in paths if p.stem in DUMPING_GROUNDS or p.parent.name in DUMPING_GROUNDS] == []
    assert [p for p in paths if "@receiver(" in p.read_text(encoding="utf-8")] == []


def test_only_documents_imports_weasyprint():
    users = {
        path.relative_to(ROOT).parts[0]
        for folder in [*HOUSE, ROOT / ROOT_APP]
        for path in folder.rglob("*.py")
        if any(
            module.split(".")[0] == "weasyprint" for module in modules_in(ast.parse(path.read_text(encoding="utf-8")))
        )
    }
    assert users <= {"documents"}


def test_every_room_stands_in_a_layer():
    installed = {name.split(".")[0] for name in settings.INSTALLED_APPS if (ROOT / name.split(".")[0]).is_dir()}
    assert installed - {ROOT_APP} <= set(DEPTH)
