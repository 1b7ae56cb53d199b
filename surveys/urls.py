from __future__ import annotations

from django.urls import path

from surveys import views

app_name = "surveys"
urlpatterns = [
    path("", views.public, name="results"),
    path("<int:pk>/<str:half>/<int:place>.<str:form>", views.public_file, name="file"),
    path("qr/<str:code>/", views.visitor, name="visitor"),
    path("answer/<str:token>/", views.answer, name="answer"),
]
