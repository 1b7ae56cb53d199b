from __future__ import annotations

from django.urls import path

from budget import views

app_name = "budget"
urlpatterns = [
    path("", views.home, name="home"),
    path("papers/<int:pk>/", views.paper, name="paper"),
    path("data/datapackage.json", views.package, name="package"),
    path("data/budget.<str:form>", views.data, name="data"),
]
