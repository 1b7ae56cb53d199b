from __future__ import annotations

from django.urls import path

from questionnaires import views

app_name = "questionnaires"
urlpatterns = [
    path("files/<int:pk>/", views.file, name="file"),
    path("files/<int:pk>/delete/", views.delete_file, name="delete_file"),
    path("<slug:code>/<int:pk>/", views.fill, name="fill"),
]
