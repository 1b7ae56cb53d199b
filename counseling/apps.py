from __future__ import annotations

from django.apps import AppConfig


class CounselingConfig(AppConfig):
    name = "counseling"
    verbose_name = "상담"

    def ready(self) -> None:
        from counseling import (  # noqa: PLC0415 (they register themselves)
            departures,  # noqa: F401
            disclosure,  # noqa: F401
            programme_clashes,  # noqa: F401
            questionnaires,  # noqa: F401
            referrals,  # noqa: F401
            retention,  # noqa: F401
            room_names,  # noqa: F401
            sheets,  # noqa: F401
            shut_days,  # noqa: F401
            waiting_notices,  # noqa: F401
        )
