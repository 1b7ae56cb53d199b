"""The base classes of every admin page of the house, and the pages of this room itself."""

from __future__ import annotations

from lifecycle.admin import approvals, destruction, records, work  # noqa: F401  (they register their pages)
from lifecycle.admin.base import AppendOnlyAdmin, CappedPaginator, StaffAdmin
from lifecycle.admin.masked import MaskedAdmin
from lifecycle.admin.trail import TrailInline

__all__ = ["AppendOnlyAdmin", "CappedPaginator", "MaskedAdmin", "StaffAdmin", "TrailInline"]
