from __future__ import annotations

from questionnaires.admin import answers, files, forms  # noqa: F401 (they register themselves)
