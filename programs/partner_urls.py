"""``/partner/``: what a partner's people see of the runs they take part in."""

from __future__ import annotations

from django.urls import path

from programs.views import partners

app_name = "partner"
urlpatterns = [
    path("", partners.home, name="home"),
    path("runs/<int:pk>/", partners.run, name="run"),
    path("runs/<int:pk>/roster/", partners.roster, name="roster"),
    path("runs/<int:pk>/roster.<slug:form>", partners.roster_file, name="roster_file"),
]
