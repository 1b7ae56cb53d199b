"""Tables that are only ever added to, kept so by the database itself.

UPDATE is refused, but for the rotation of keys, which writes sealed columns anew (``sealed``). DELETE is open to one caller, the retention (``expiring()``). TRUNCATE
is open only where a test database says so (``portal.truncate``), since that is how tests clean up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pgtrigger
from django.db import connection, transaction

REFUSE = "RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';"


def append_only(*, sealed: Sequence[str] = ()) -> list[pgtrigger.Trigger]:
    """Triggers for a model's ``Meta.triggers``; a refused statement raises ``IntegrityError``.

    ``sealed`` names the columns that a rotation of keys (``lifecycle.sealed.rotation``) may replace.
    """
    columns = ", ".join(f"'{name}'" for name in sealed)
    renewed = f"""
                IF TG_OP = 'UPDATE' AND current_setting('portal.resealing', true) = 'on'
                    AND to_jsonb(NEW) - ARRAY[{columns}] = to_jsonb(OLD) - ARRAY[{columns}] THEN RETURN NEW;
                END IF;"""
    resealing = renewed if sealed else ""
    return [
        pgtrigger.Trigger(
            name="append_only_rows",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=f"""
                IF TG_OP = 'DELETE' AND current_setting('portal.retention', true) = 'on' THEN RETURN OLD; END IF;{resealing}
                {REFUSE}
            """,
        ),
        pgtrigger.Trigger(
            name="append_only_table",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=f"IF current_setting('portal.truncate', true) = 'on' THEN RETURN NULL; END IF; {REFUSE}",
        ),
    ]


@contextmanager
def expiring() -> Iterator[None]:
    """Let this transaction delete expired rows of append-only tables. For the retention alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.retention', 'on', true)")
        yield
        cursor.execute("SELECT set_config('portal.retention', 'off', true)")
