"""A public page asks the database as often for 10,000 rows as for 10."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import public, stage
from benchmarks.measure import Effort
from benchmarks.portal import Portal
from benchmarks.report import Report

FEW, MANY = 10, 10_000


def run(portal: Portal, report: Report, effort: Effort) -> None:
    with portal.copy("queries"):
        stage.everything(FEW)
        few = counted()
        stage.everything(MANY)
        stage.analyse()
        many = counted()
    report.table(
        f"Queries of a page with {FEW} rows of everything, and with {MANY:,} more",
        [{"page": path, "few": few[path], "many": many[path]} for path in few],
    )
    report.exactly("pages that ask more with more rows", [path for path in few if few[path] != many[path]], [])


def counted() -> dict[str, int]:
    """The number of queries of each public page, asked a second time, when nothing is left to be looked up once."""
    client = Client(headers={"host": "127.0.0.1"})
    numbers = {}
    for path in public.addresses():
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path)
        if response.status_code == 200:
            numbers[path] = len(queries)
    return numbers
