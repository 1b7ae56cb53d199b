"""The portal without its row locks: the control of the stampede. Nothing outside the benchmarks loads this."""

from __future__ import annotations

from typing import TypeVar

from django.core.handlers.wsgi import WSGIHandler
from django.db import models

M = TypeVar("M", bound=models.Model)


def without_locks() -> WSGIHandler:
    """The portal's application, in which ``lifecycle.locks`` reads rows and holds nothing."""
    from lifecycle import locks  # noqa: PLC0415 - replaced before the rooms import it by name

    locks.lock, locks.lock_key = _unlocked, lambda model, pk: None
    from gumcheon_portal.wsgi import application  # noqa: PLC0415

    return application


def _unlocked(queryset: models.QuerySet[M], pk: int) -> M:
    return queryset.get(pk=pk)
