from __future__ import annotations

from django.urls import path

from intake import views

app_name = "intake"
urlpatterns = [
    path("strikes/", views.strikes, name="strikes"),
    path("strikes/<int:pk>/appeal/", views.appeal, name="appeal"),
    path("letters/<int:pk>/", views.letter, name="letter"),
    path("students/<int:pk>/code/", views.code, name="code"),
    path("refer/", views.refer, name="refer"),
    path("refer/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
]
