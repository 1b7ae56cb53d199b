from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class NoticesConfig(AppConfig):
    name = "notices"
    verbose_name = "알림"

    def ready(self) -> None:
        autodiscover_modules("notices")  # every room's notices.py declares what that room says
        from notices import checks, long_work, mailing, retention  # noqa: F401, PLC0415 (they register themselves)
