from __future__ import annotations

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "surveys"
    verbose_name = "만족도 조사"

    def ready(self) -> None:
        from surveys import disclosure, retention  # noqa: F401, PLC0415 (they register themselves)
