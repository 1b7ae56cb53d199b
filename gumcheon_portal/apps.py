from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class PortalConfig(AppConfig):
    """The composition root: it knows every room, and no room knows it."""

    name = "gumcheon_portal"
    verbose_name = "포털"

    def ready(self) -> None:
        from gumcheon_portal import celery  # noqa: F401 - tasks are sent through the app that is made there


class AdminConfig(DjangoAdminConfig):
    default_site = "gumcheon_portal.admin_site.StaffSite"
