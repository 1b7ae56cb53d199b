from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from gumcheon_portal import views
from gumcheon_portal.demo import views as demo
from gumcheon_portal.health import healthz
from notices.views import demo_inbox

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("my/", views.my_page, name="my"),
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.entrance")),
    path("accounts/me/", include("accounts.urls")),
    path("accounts/me/notices/", include("notices.urls")),
    path("counseling/", include("counseling.urls")),
    path("intake/", include("intake.urls")),
    path("programs/", include("programs.urls")),
    path("partner/", include("programs.partner_urls")),
    path("grants/", include("budget.grants.urls")),
    path("news/", include("newsletter.urls")),
    path("surveys/", include("surveys.urls")),
    path("budget/", include("budget.urls")),
    path("centre/", include("centre.urls")),
    path("forms/", include("questionnaires.urls")),
    path("documents/", include("documents.urls")),
    path("krds/", include("krds.urls")),
    path("demo/", demo.logins, name="demo-logins"),
    path("demo/inbox/", demo_inbox, name="demo-inbox"),
]
