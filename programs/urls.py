from __future__ import annotations

from django.urls import path

from programs.views import catalogue

app_name = "programs"
urlpatterns = [
    path("", catalogue.ProgramList.as_view(), name="list"),
    path("<int:pk>/", catalogue.detail, name="detail"),
]
