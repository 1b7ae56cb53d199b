from __future__ import annotations

from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "lifecycle"
    verbose_name = "기록과 보존"

    def ready(self) -> None:
        from lifecycle import checks, kinds  # noqa: F401, PLC0415  (they register themselves)
