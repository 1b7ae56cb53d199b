from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.utils import timezone

from newsletter.models import Post


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-24 10:00+09:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def make_post(db) -> Callable[..., Post]:
    def make(title: str = "정시 일정 안내", **fields: object) -> Post:
        values = {"kind": Post.Kind.ADMISSIONS, "body": "본문입니다.", "published_at": timezone.now()}
        return Post.objects.create(title=title, **{**values, **fields})

    return make
