from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from django.utils import timezone

from programs.models import Program, Run, Session

NOW = "2026-11-24 10:00+09:00"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def make_program(db) -> Callable[..., Program]:
    def make(title: str = "별 관찰 교실", **fields: object) -> Program:
        values = {
            "area": Program.Area.CAREER,
            "kind": Program.Kind.EXPERIENCE,
            "summary": "망원경으로 별을 봅니다.",
            "audience": ["student"],
            "published_at": timezone.now(),
        }
        return Program.objects.create(title=title, **{**values, **fields})

    return make


@pytest.fixture
def make_run(db) -> Callable[..., Run]:
    """A run on 12 December 2026, 10:00 to 12:00, applied for from 1 to 10 December; it meets once, as at a commit."""

    def make(program: Program, title: str = "1회", **fields: object) -> Run:
        values: dict[str, object] = {
            "starts_at": "2026-12-12 10:00",
            "ends_at": "2026-12-12 12:00",
            "opens_at": "2026-12-01 09:00",
            "closes_at": "2026-12-10 18:00",
            "published_at": timezone.now(),
            **fields,
        }
        values = {
            name: timezone.make_aware(datetime.fromisoformat(value))
            if isinstance(value, str) and value[:2] == "20"
            else value
            for name, value in values.items()
        }
        run = Run.objects.create(program=program, title=title, **values)
        first = {"starts_at": run.starts_at, "ends_at": run.ends_at}
        Session.objects.get_or_create(run=run, number=1, defaults=first)
        return run

    return make
