from __future__ import annotations

from django.urls import path

from documents import views

app_name = "documents"
urlpatterns = [
    path("verify/", views.verify, name="verify"),
    path("verify/<str:code>/", views.verified, name="verified"),
    path("<int:pk>/", views.paper, name="paper"),
    path("<int:pk>/file/", views.file, name="file"),
    path("<int:pk>/lend/", views.lend, name="lend"),
    path("lent/<str:token>/", views.lent, name="lent"),
]
