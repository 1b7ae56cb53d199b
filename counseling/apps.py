from __future__ import annotations

from django.apps import AppConfig


class CounselingConfig(AppConfig):
    name = "counseling"
    verbose_name = "상담"

    def ready(self) -> None:
        from counseling import departures, disclosure, retention, room_names  # noqa: F401, PLC0415 (they register themselves)
