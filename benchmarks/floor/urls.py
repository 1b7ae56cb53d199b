from __future__ import annotations

from django.urls import path

from benchmarks.floor import views

urlpatterns = [
    path("", views.page),
    path("claim/<int:pk>/", views.claim),
]
