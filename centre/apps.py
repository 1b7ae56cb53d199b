from __future__ import annotations

from django.apps import AppConfig


class CentreConfig(AppConfig):
    name = "centre"
    verbose_name = "센터"
