"""The demo shows attendance."""

from __future__ import annotations

from programs.models import Mark


def test_the_demo_has_runs_with_attendance(town, db):
    assert Mark.objects.count() > 20
