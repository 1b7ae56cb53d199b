"""Figures are stored, hashed and read back without loss."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from documents.figures import digest, dumps, loads, tables_in


def test_what_is_read_is_what_was_written(table):
    at = datetime(2026, 11, 24, 14, 0, tzinfo=ZoneInfo("Asia/Seoul"))
    said = {
        "tables": [table],
        "day": date(2026, 1, 2),
        "at": at,
        "share": Decimal("1.50"),
        "none": None,
        "n": 3,
        "yes": True,
    }

    read = loads(dumps(said))

    assert read == said
    assert dumps(read) == dumps(said)


def test_the_order_of_the_keys_changes_nothing():
    assert dumps({"a": 1, "b": {"d": 1, "c": 2}}) == dumps({"b": {"c": 2, "d": 1}, "a": 1})


@pytest.mark.parametrize("wrong", [{"who": object()}, {"share": 0.1}, {"$date": "2026-01-01"}, {1: "one"}])
def test_what_could_not_be_read_back_is_refused(wrong):
    with pytest.raises(TypeError):
        dumps(wrong)


def test_parts_of_a_digest_do_not_run_together():
    assert digest("ab", "c") != digest("a", "bc")


def test_tables_are_found_wherever_they_stand(table):
    assert list(tables_in({"b": [table, "x"], "a": {"inner": table}})) == [table, table]
