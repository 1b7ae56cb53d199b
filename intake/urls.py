from __future__ import annotations

from django.urls import path

from intake import views

app_name = "intake"
urlpatterns = [
    path("strikes/", views.strikes, name="strikes"),
]
