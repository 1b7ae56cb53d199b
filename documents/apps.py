from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class DocumentsConfig(AppConfig):
    name = "documents"
    verbose_name = "문서"

    def ready(self) -> None:
        autodiscover_modules("papers")  # every room's papers.py declares what that room issues
        from documents import checks, retention  # noqa: F401, PLC0415 (they register themselves)
