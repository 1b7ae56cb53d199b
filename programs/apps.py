from __future__ import annotations

from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    name = "programs"
    verbose_name = "프로그램"

    def ready(self) -> None:
        from programs import (  # noqa: PLC0415 (they register themselves)
            room_names,  # noqa: F401
        )
