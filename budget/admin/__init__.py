"""The officials' pages; importing them registers them."""

from __future__ import annotations

from budget.admin import calls, entries, extracts, grants, plan, published

__all__ = ["calls", "entries", "extracts", "grants", "plan", "published"]
