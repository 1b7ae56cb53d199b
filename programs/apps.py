from __future__ import annotations

from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    name = "programs"
    verbose_name = "프로그램"

    def ready(self) -> None:
        from programs import (  # noqa: PLC0415 (they register themselves)
            audiences,  # noqa: F401
            camp_privacy,  # noqa: F401
            certificates,  # noqa: F401
            departures,  # noqa: F401
            disclosure,  # noqa: F401
            partner_disclosure,  # noqa: F401
            partner_retention,  # noqa: F401
            retention,  # noqa: F401
            room_names,  # noqa: F401
            shut_days,  # noqa: F401
        )
