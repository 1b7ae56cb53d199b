from __future__ import annotations

from django.urls import path

from centre import views

app_name = "centre"
urlpatterns = [
    path("", views.about, name="about"),
    path("directions/", views.directions, name="directions"),
    path("hours/", views.hours, name="hours"),
    path("policies/<slug:kind>/", views.policy, name="policy"),
    path("policies/<slug:kind>/<int:version>/", views.policy_version, name="policy_version"),
    path("policies/<slug:kind>/<int:version>/changes/", views.policy_changes, name="policy_changes"),
]
