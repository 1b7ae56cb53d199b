from __future__ import annotations

from django.apps import AppConfig


class KrdsConfig(AppConfig):
    name = "krds"
    verbose_name = "화면 구성 요소"
