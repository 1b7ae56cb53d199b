from __future__ import annotations

from django.apps import AppConfig


class BudgetConfig(AppConfig):
    name = "budget"
    verbose_name = "예산"

    def ready(self) -> None:
        from budget import overrun, years  # noqa: PLC0415
        from budget.extracts import reconciling  # noqa: PLC0415
        from budget.grants import (  # noqa: PLC0415 (they register themselves)
            deciding,
            disclosure,  # noqa: F401
            notices,  # noqa: F401
            papers,  # noqa: F401
            retention,  # noqa: F401
        )
        from lifecycle import approval  # noqa: PLC0415

        for kind in (overrun.OVERRUN, years.CLOSE, years.REOPEN, deciding.DECIDE, reconciling.SIGN):
            approval.register(kind)
