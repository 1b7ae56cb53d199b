from __future__ import annotations

from django.urls import path

from programs.views import catalogue, partners

app_name = "programs"
urlpatterns = [
    path("", catalogue.ProgramList.as_view(), name="list"),
    path("<int:pk>/", catalogue.detail, name="detail"),
    path("partners/", partners.directory, name="partners"),
    path("runs/<int:pk>/roster/", partners.notice, name="roster_notice"),
]
