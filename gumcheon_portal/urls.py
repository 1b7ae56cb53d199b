from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from gumcheon_portal import views
from gumcheon_portal.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.entrance")),
    path("accounts/me/", include("accounts.urls")),
    path("counseling/", include("counseling.urls")),
    path("programs/", include("programs.urls")),
    path("news/", include("newsletter.urls")),
    path("centre/", include("centre.urls")),
    path("krds/", include("krds.urls")),
]
