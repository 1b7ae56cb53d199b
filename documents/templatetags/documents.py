"""``{% load documents %}``: what print templates share."""

from __future__ import annotations

from typing import Any

from django import template

from tables.values import Kind, Table

register = template.Library()


@register.inclusion_tag("documents/_table.html")
def printed(table: Table, *, titled: bool = True) -> dict[str, Any]:
    """``{% printed table %}``: a table value on paper, with unit, 기준일, repeated heads and footnotes.

    ``titled=False`` where the paper itself is called like its only table.
    """
    rows = [{"row": row, "cells": list(table.shown(row))} for row in table.rows]
    return {"table": table, "rows": rows, "text": Kind.TEXT, "titled": titled}
