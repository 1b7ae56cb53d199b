from __future__ import annotations

import io

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

OURS = [
    config.label
    for config in apps.get_app_configs()
    if config.path.startswith(str(settings.BASE_DIR)) and ".venv" not in config.path
]


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_each_app_has_one_leaf_and_everything_is_applied():
    loader = MigrationLoader(connection)
    assert loader.detect_conflicts() == {}
    assert {key for key in loader.disk_migrations if key[0] in OURS} <= set(loader.applied_migrations)


@pytest.mark.django_db
def test_no_migration_needs_an_extension():
    """Any PostgreSQL must do, the embedded one too (docs/decisions)."""
    out = io.StringIO()
    for (app, name), migration in MigrationLoader(connection).disk_migrations.items():
        if app in OURS:
            out.writelines(
                f"{app}.{name}: {type(op).__name__}\n"
                for op in migration.operations
                if "Extension" in type(op).__name__
            )
    assert out.getvalue() == ""
