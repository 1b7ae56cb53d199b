from __future__ import annotations

from django.urls import path

from krds import views

app_name = "krds"
urlpatterns = [
    path("", views.guide, name="guide"),
    path("display/", views.display, name="display"),
]
