"""The floor stays where it is, and stands on the same ground as the portal."""

from __future__ import annotations

import importlib.util

from django.conf import settings

from benchmarks.floor import pin


def test_the_floor_is_the_one_that_was_pinned():
    assert not pin.changed(), f"benchmarks/floor changed; if it must, pin {pin.digest()} and say why in the commit"


def floor_settings(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres:///floor")
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    spec = importlib.util.spec_from_file_location("floor_settings_read", pin.FOLDER / "settings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_floor_does_nothing_per_request_that_the_portal_does_not(monkeypatch):
    assert set(floor_settings(monkeypatch).MIDDLEWARE) <= set(settings.MIDDLEWARE)


def test_the_floor_keeps_its_database_connections_as_the_portal_does(monkeypatch):
    floor, portal = floor_settings(monkeypatch).DATABASES["default"], settings.DATABASES["default"]
    for name in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS"):
        assert floor[name] == portal[name]


def test_a_changed_file_changes_the_pin(monkeypatch, tmp_path):
    """The control: a hash that misses a file proves nothing."""
    (tmp_path / "views.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(pin, "FOLDER", tmp_path)
    before = pin.digest()
    (tmp_path / "views.py").write_text("import time\n", encoding="utf-8")
    assert pin.digest() != before
