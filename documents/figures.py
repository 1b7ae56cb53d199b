"""What a paper says, as text that is stored, hashed and read back without loss.

The press works from the stored form only, so a paper that was interrupted is finished from the very
figures that its number was given to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from tables.values import HIDDEN, Column, Kind, Ratio, Row, Table, Unit

MARK = "$"  # a key that begins with it names a type


def dumps(figures: Mapping[str, Any]) -> str:
    """The one way in which these figures are written down.

    Raises:
        TypeError: a value that this module does not know; papers hold plain values, no models.
    """
    return json.dumps(_pack(figures), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def loads(text: str) -> dict[str, Any]:
    """The figures that ``dumps`` wrote."""
    return _unpack(json.loads(text))


def digest(*parts: str) -> str:
    """SHA-256 over texts, each with its length, so that no two lists of parts look alike."""
    whole = b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)
    return hashlib.sha256(whole).hexdigest()


def tables_in(figures: Any) -> Iterator[Table]:
    """Every table among the figures, in the order of their keys."""
    if isinstance(figures, Table):
        yield figures
    elif isinstance(figures, Mapping):
        for key in sorted(figures):
            yield from tables_in(figures[key])
    elif isinstance(figures, list | tuple):
        for one in figures:
            yield from tables_in(one)


def _pack(value: Any) -> Any:  # noqa: PLR0911 -- one line per type
    match value:
        case None | bool() | int():
            return value
        case str() | Promise():
            return str(value)
        case Decimal():
            return {"$decimal": str(value)}
        case datetime():
            return {"$datetime": value.isoformat()}
        case date():
            return {"$date": value.isoformat()}
        case Ratio():
            return {"$ratio": [value.numerator, value.denominator]}
        case _ if value is HIDDEN:
            return {"$hidden": True}
        case Table() | Column() | Row():
            kept = {one.name: _pack(getattr(value, one.name)) for one in fields(value) if one.name != "unit"}
            if isinstance(value, Table):
                kept["unit"] = value.unit.value
            return {f"${type(value).__name__.lower()}": kept}
        case Mapping():
            if wrong := [key for key in value if not isinstance(key, str) or key.startswith(MARK)]:
                raise TypeError(f"No key of a paper's figures: {wrong[0]!r}")
            return {key: _pack(one) for key, one in value.items()}
        case list() | tuple():
            return [_pack(one) for one in value]
    raise TypeError(f"A paper cannot hold a {type(value).__name__}.")


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (key := next(iter(value))).startswith(MARK):
        return READERS[key](value[key])
    return {key: _unpack(one) for key, one in value.items()}


def _column(kept: dict[str, Any]) -> Column:
    return Column(**{**kept, "kind": Kind(kept["kind"])})


def _row(kept: dict[str, Any]) -> Row:
    return Row(**{**kept, "cells": tuple(_unpack(kept["cells"]))})


def _table(kept: dict[str, Any]) -> Table:
    read = {key: _unpack(value) for key, value in kept.items()}
    sequences = {key: tuple(read[key]) for key in ("columns", "rows", "notes")}
    return Table(**{**read, **sequences, "unit": Unit(kept["unit"])})


READERS = {
    "$decimal": Decimal,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$ratio": lambda pair: Ratio(*pair),
    "$hidden": lambda _: HIDDEN,
    "$column": _column,
    "$row": _row,
    "$table": _table,
}
