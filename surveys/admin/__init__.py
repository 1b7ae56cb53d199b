from __future__ import annotations

from surveys.admin import comments, surveys  # noqa: F401  (they register their pages)
