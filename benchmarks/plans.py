"""How PostgreSQL answers what the portal asks: plans with what they touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True)
class Plan:
    """One statement as it was carried out."""

    milliseconds: float
    pages: int  # of 8 kB, from memory or disk
    nodes: tuple[dict[str, Any], ...]

    @property
    def scanned(self) -> set[str]:
        """Tables that were read from end to end."""
        return {node["Relation Name"] for node in self.nodes if node["Node Type"] == "Seq Scan"}


def of(ask: Callable[[], object]) -> list[Plan]:
    """The plan of every SELECT that ``ask`` makes, each carried out once more."""
    with CaptureQueriesContext(connection) as asked:
        ask()
    return [_explained(query["sql"]) for query in asked.captured_queries if "SELECT" in query["sql"]]


def _explained(statement: str) -> Plan:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
        answer = cursor.fetchone()[0]
    [found] = json.loads(answer) if isinstance(answer, str) else answer
    return Plan(
        found["Execution Time"],
        found["Plan"]["Shared Hit Blocks"] + found["Plan"]["Shared Read Blocks"],
        tuple(_nodes(found["Plan"])),
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)
