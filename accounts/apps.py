from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "이용자"

    def ready(self) -> None:
        from accounts import retention  # noqa: F401, PLC0415  (it registers itself)

        autodiscover_modules("steps")  # what every room says on 나의 페이지
