"""Counting the rows of many tables in one statement."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import EmptyResultSet
from django.db import connection, models


def counts(querysets: Iterable[models.QuerySet]) -> list[int]:
    """How many rows each has, in their order; a slice counts at most its length."""
    asked, params = ["0"], []
    for rows in querysets:
        try:
            sql, values = rows.values("pk").query.sql_with_params()
        except EmptyResultSet:  # nothing can match, such as what somebody without a right may see
            sql, values = "SELECT 1 WHERE false", ()
        asked.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 -- Django's own SQL
        params += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(asked)}", params)
        return list(cursor.fetchone()[1:])
