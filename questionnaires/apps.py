from __future__ import annotations

from django.apps import AppConfig


class QuestionnairesConfig(AppConfig):
    name = "questionnaires"
    verbose_name = "질문지"

    def ready(self) -> None:
        from questionnaires import departures, disclosure, retention  # noqa: F401, PLC0415 (they register themselves)
