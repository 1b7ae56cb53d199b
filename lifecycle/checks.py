from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from lifecycle import retention


@checks.register
def retention_names_known_kinds(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """A period for a kind that does not exist would silently change nothing."""
    known = {kind.code for kind in retention.kinds()}
    return [
        checks.Error(f"RETENTION에 없는 자료 구분이 있습니다: {code}", id="lifecycle.E001")
        for code in sorted(set(settings.RETENTION) - known)
    ]
