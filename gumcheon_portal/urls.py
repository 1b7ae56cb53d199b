from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from gumcheon_portal.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("counseling/", include("counseling.urls")),
    path("krds/", include("krds.urls")),
]
