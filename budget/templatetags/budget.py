"""``{% load budget %}``: money as officials write it."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def won(value: int | None) -> str:
    """``1,250,000``; △ before what is less than nothing; nothing for ``None``."""
    if value is None:
        return ""
    return f"△{-value:,}" if value < 0 else f"{value:,}"
