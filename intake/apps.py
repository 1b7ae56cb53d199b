from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = "이용 규칙"

    def ready(self) -> None:
        from intake import departures, disclosure, retention  # noqa: F401, PLC0415 (they register themselves)
