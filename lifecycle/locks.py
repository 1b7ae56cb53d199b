"""Row locks that wait politely, and database refusals turned into one friendly sentence.

``docs/locks.md`` says which row guards what, and in which order rows are taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import Error, connection, models, transaction
from django.db.backends.utils import CursorWrapper

LOCK_TIMEOUT_MS = 5_000

M = TypeVar("M", bound=models.Model)

# exclusion, unique and check violations; deadlock; lock timeout; serialization failure
CONTENDED = frozenset({"23P01", "23505", "23514", "40P01", "55P03", "40001"})


class Refused(Exception):
    """An expected refusal. ``str()`` is a Korean sentence fit to show to the person."""


def lock(queryset: models.QuerySet[M], pk: int) -> M:
    """Hold one row until commit; wait at most ``LOCK_TIMEOUT_MS`` for it.

    ``FOR NO KEY UPDATE``, so that foreign-key checks of others do not queue behind it.

    Raises:
        DoesNotExist: there is no such row.
        TransactionManagementError: called outside ``transaction.atomic()``.
        OperationalError: the wait was too long (55P03); see ``contended()``.
    """
    with _patient_cursor():
        return queryset.select_for_update(no_key=True, of=("self",)).get(pk=pk)


def lock_key(model: type[models.Model], pk: int) -> None:
    """Like ``lock`` for a row that is only waited for and not read.

    Raises:
        as ``lock``
    """
    table, key = model._meta.db_table, model._meta.pk.column
    with _patient_cursor() as cursor:
        cursor.execute(f'SELECT 1 FROM "{table}" WHERE "{key}" = %s FOR NO KEY UPDATE', [pk])  # noqa: S608
        if cursor.fetchone() is None:
            raise model.DoesNotExist(f"{model._meta.label} {pk}")


def share(model: type[models.Model], pks: Iterable[int]) -> None:
    """Keep rows as they are until commit: others may keep them too, and whoever wants to ``lock`` one waits.

    Raises:
        as ``lock``, but for rows that are gone
    """
    table, key = model._meta.db_table, model._meta.pk.column
    with _patient_cursor() as cursor:
        cursor.execute(
            f'SELECT 1 FROM "{table}" WHERE "{key}" = ANY(%s) ORDER BY "{key}" FOR SHARE',  # noqa: S608
            [sorted(set(pks))],
        )


@contextmanager
def _patient_cursor() -> Iterator[CursorWrapper]:
    """A cursor of a transaction whose locks are waited for, but not for ever."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A lock lives in a transaction; open one first.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_TIMEOUT_MS}ms"])
        yield cursor


def lock_all(queryset: models.QuerySet[M], pks: Iterable[int]) -> list[M]:
    """Hold several rows until commit, in the order of their keys; rows that are gone are left out. As ``lock``."""
    rows = queryset.filter(pk__in=sorted(set(pks))).order_by("pk")
    with _patient_cursor():
        return list(rows.select_for_update(no_key=True, of=("self",)))


@contextmanager
def contended(sentence: str, refusal: type[Refused] = Refused) -> Iterator[None]:
    """Turn a lost race into ``refusal(sentence)``; every other database error passes untouched.

    Put it *around* ``transaction.atomic()``: the transaction is over when the sentence is raised.
    """
    try:
        yield
    except Error as error:
        if getattr(error.__cause__, "pgcode", None) in CONTENDED:
            raise refusal(sentence) from error
        raise
