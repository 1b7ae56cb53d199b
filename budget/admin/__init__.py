"""The officials' pages; importing them registers them."""

from __future__ import annotations

from budget.admin import entries, plan, published

__all__ = ["entries", "plan", "published"]
