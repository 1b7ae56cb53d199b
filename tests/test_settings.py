"""An impossible value stops the start-up with a sentence, never with a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of its own, as every start-up does."""
    inherited = {key: value for key, value in os.environ.items() if key not in {"DEMO", "DEBUG", "SITE_OFFICIAL"}}
    return subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        cwd=settings.BASE_DIR,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"),
        ("TRUSTED_PROXIES", "two"),
        ("DATABASE_URL", "mysql://somewhere/else"),
        ("SMS_PROVIDER", "pigeon"),
        ("CONN_MAX_AGE", "long"),
    ],
)
def test_an_impossible_value_stops_the_start_with_a_sentence(name, value):
    run = start(**{name: value})

    assert run.returncode != 0
    assert name in run.stderr
    assert "Traceback" not in run.stderr


def test_an_official_site_shows_no_invented_people():
    run = start(SITE_OFFICIAL="on", DEMO="on")

    assert run.returncode != 0
    assert "DEMO" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_defaults_start():
    assert start().returncode == 0
