from __future__ import annotations

from django.urls import path

from programs import views

app_name = "programs"
urlpatterns = [
    path("", views.ProgramList.as_view(), name="list"),
    path("<int:pk>/", views.detail, name="detail"),
]
