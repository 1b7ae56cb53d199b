"""``{% load tables %}{% figures table %}``: a table value as an accessible HTML table."""

from __future__ import annotations

from typing import Any

from django import template

from tables.values import Kind, Table

register = template.Library()


@register.inclusion_tag("tables/table.html")
def figures(table: Table) -> dict[str, Any]:
    """Caption, heads with ``scope``, right-aligned figures, footnotes; scrolls sideways by itself on a phone."""
    rows = [{"row": row, "cells": list(table.shown(row))} for row in table.rows]
    return {"table": table, "rows": rows, "text": Kind.TEXT}
