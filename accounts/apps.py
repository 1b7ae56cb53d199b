from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "이용자"

    def ready(self) -> None:
        from accounts import retention  # noqa: F401, PLC0415  (it registers itself)
